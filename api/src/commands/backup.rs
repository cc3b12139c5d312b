//! `sms-chat backup` and `sms-chat restore`: verified copies of the SQLite database, and the age of the newest backup.

use std::{
    io,
    path::{Path, PathBuf},
};

use api::{
    clock::Clock,
    db::{
        DatabaseUrl,
        backup::{self, Verified},
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use super::CommandError;

#[derive(Debug, Args)]
pub(super) struct MakeBackup {
    /// The file to create. It must not exist.
    #[arg(value_name = "FILE", required_unless_present = "newest")]
    file: Option<PathBuf>,
    /// Makes no backup. Checks the age of a file, or of the newest file in a folder, and exits with 1 if it is too old.
    #[arg(long, value_name = "PATH", conflicts_with = "file")]
    newest: Option<PathBuf>,
    /// The greatest age for --newest.
    #[arg(long, value_name = "HOURS", default_value_t = 26, requires = "newest")]
    max_age: u32,
}

#[derive(Debug, Args)]
pub(super) struct RestoreBackup {
    /// The backup.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replaces the existing database, which is kept under another name.
    #[arg(long)]
    replace: bool,
}

pub(super) fn back_up(url: &DatabaseUrl, wanted: &MakeBackup) -> Result<(), CommandError> {
    if let Some(path) = &wanted.newest {
        println!("{}", check_age(path, TimeDelta::hours(wanted.max_age.into()), Clock::System.now())?);
        return Ok(());
    }
    let Some(file) = &wanted.file else { return Ok(()) };
    match url {
        DatabaseUrl::Sqlite(database) => {
            let verified = backup::back_up(database, file)?;
            println!("{}: a complete copy of {url}.", file.display());
            print(&verified);
            Ok(())
        }
        DatabaseUrl::Postgres(_) => Err(format!(
            "no backup was made, because PostgreSQL has its own programs: pg_dump --format=custom --file='{}' '{}' \
             for this database, or pg_basebackup --wal-method=stream --format=tar --gzip --pgdata=FOLDER for its server",
            file.display(),
            for_programs(url)
        )
        .into()),
    }
}

pub(super) fn restore(url: &DatabaseUrl, wanted: &RestoreBackup) -> Result<(), CommandError> {
    let DatabaseUrl::Sqlite(database) = url else {
        return Err(format!(
            "nothing was restored, because PostgreSQL has its own program: pg_restore --no-owner --exit-on-error \
             --dbname='{}' '{}', with an empty database",
            for_programs(url),
            wanted.file.display()
        )
        .into());
    };
    let kept = wanted.replace.then(|| {
        let mut name = database.as_os_str().to_owned();
        name.push(Clock::System.now().format(".replaced-%Y%m%dT%H%M%SZ").to_string());
        PathBuf::from(name)
    });
    let restored = backup::restore(&wanted.file, database, kept)?;
    println!("{url}: restored from {}.", wanted.file.display());
    print(&restored.verified);
    if let Some(kept) = restored.kept {
        println!("  The database that it replaces is now {}.", kept.display());
        if let Some(error) = restored.unreadable {
            println!("  That database cannot be read: {error}");
        }
    }
    Ok(())
}

/// Returns the URL for PostgreSQL's programs, without the password.
fn for_programs(url: &DatabaseUrl) -> String {
    url.without_password().unwrap_or_else(|| url.to_string())
}

fn print(verified: &Verified) {
    let Verified { bytes, schema, pending, tables } = verified;
    println!("  Integrity and references: checked, no problem.");
    match pending {
        0 => println!("  Schema: {schema}, current."),
        pending => println!("  Schema: {schema}; the server runs {pending} migrations at its next start."),
    }
    println!("  Size: {bytes} bytes, {} rows.", verified.rows());
    for (name, rows) in tables.iter().filter(|(_, rows)| *rows > 0) {
        println!("    {name:<20} {rows:>12} rows");
    }
}

/// Returns a sentence about the newest file of a path.
fn check_age(path: &Path, max_age: TimeDelta, now: DateTime<Utc>) -> Result<String, CommandError> {
    let newest = newest(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
    let Some((changed, file)) = newest else {
        return Err(format!("there is no backup in {}", path.display()).into());
    };
    let age = now - changed;
    let found = format!("{} is {} hours old", file.display(), age.num_hours());
    if age > max_age {
        return Err(format!("the newest backup, {found}; at most {} are allowed", max_age.num_hours()).into());
    }
    Ok(format!("The newest backup, {found}."))
}

/// Returns the newest file that is not empty, with the time of its last change. Hidden files are unfinished backups.
fn newest(path: &Path) -> io::Result<Option<(DateTime<Utc>, PathBuf)>> {
    let metadata = path.metadata()?;
    if !metadata.is_dir() {
        let changed = DateTime::from(metadata.modified()?);
        return Ok((metadata.len() > 0).then(|| (changed, path.to_owned())));
    }
    let mut found = None;
    for entry in path.read_dir()? {
        let entry = entry?;
        if !entry.file_name().to_string_lossy().starts_with('.') {
            found = found.max(newest(&entry.path())?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_newest_backup_of_a_folder_must_not_be_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let check = |hours, now| check_age(folder.path(), TimeDelta::hours(hours), now);
        std::fs::write(folder.path().join("empty.db"), "").unwrap();
        std::fs::write(folder.path().join(".unfinished.db"), "a part").unwrap();
        let error = check(26, Clock::System.now()).unwrap_err().to_string();
        assert!(error.starts_with("there is no backup in "), "{error}");

        std::fs::create_dir(folder.path().join("weekly")).unwrap();
        std::fs::write(folder.path().join("weekly/monday.db"), "a backup").unwrap();
        let now = Clock::System.now();
        assert!(check(1, now).unwrap().contains("monday.db is 0 hours old"));
        let error = check(26, now + TimeDelta::hours(30)).unwrap_err().to_string();
        assert!(error.ends_with("monday.db is 30 hours old; at most 26 are allowed"), "{error}");
        assert!(check(31, now + TimeDelta::hours(30)).is_ok());
        let error =
            check_age(Path::new("/nowhere/at/all"), TimeDelta::hours(1), now).unwrap_err().to_string();
        assert!(error.contains("/nowhere/at/all cannot be read"), "{error}");
    }

    #[test]
    fn of_two_backups_the_one_that_was_changed_last_is_the_newest() {
        let folder = tempfile::tempdir().unwrap();
        let now = Clock::System.now();
        for ages in [[2, 5], [5, 2]] {
            for (name, hours) in ["a.db", "b.db"].into_iter().zip(ages) {
                let file = std::fs::File::create(folder.path().join(name)).unwrap();
                (&file).write_all(b"a backup").unwrap();
                file.set_modified((now - TimeDelta::hours(hours)).into()).unwrap();
            }
            let newest = if ages[0] == 2 { "a.db" } else { "b.db" };
            let found = check_age(folder.path(), TimeDelta::hours(3), now).unwrap();
            assert!(found.ends_with(&format!("{newest} is 2 hours old.")), "{found}");
        }
    }
}
