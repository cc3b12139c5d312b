//! Both databases have the same migrations, and each has an `up.sql` and a `down.sql`. A test of `api` compares the
//! schemas that they produce.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Violation;

/// Returns the files that are missing.
pub(super) fn check(root: &Path) -> Result<Vec<Violation>> {
    let sqlite = names(&root.join("migrations/sqlite"))?;
    let postgres = names(&root.join("migrations/postgres"))?;
    let mut violations = Vec::new();
    let mut missing = |file: PathBuf, rule| {
        if !root.join(&file).is_file() {
            violations.push(Violation::new(&file, 1, rule));
        }
    };
    for name in sqlite.union(&postgres) {
        for database in ["sqlite", "postgres"] {
            let folder = Path::new("migrations").join(database).join(name);
            missing(folder.join("up.sql"), "missing: both databases have the same migrations");
            missing(folder.join("down.sql"), "missing: every migration can be reverted");
        }
    }
    Ok(violations)
}

/// Returns the names of the migrations' folders; none when `folder` does not exist.
fn names(folder: &Path) -> Result<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                names.insert(entry.file_name().to_string_lossy().into_owned());
            }
        }
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_files_and_missing_migrations_are_found() {
        let root = std::env::temp_dir().join(format!("sms-chat-migrations-{}", std::process::id()));
        for file in ["sqlite/1_a/up.sql", "sqlite/1_a/down.sql", "postgres/1_a/up.sql", "postgres/2_b/up.sql"]
        {
            let path = root.join("migrations").join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let found = check(&root).unwrap();
        std::fs::remove_dir_all(&root).unwrap();

        let files: Vec<_> = found.iter().map(|violation| violation.file.display().to_string()).collect();
        assert_eq!(
            files,
            [
                "migrations/postgres/1_a/down.sql",
                "migrations/sqlite/2_b/up.sql",
                "migrations/sqlite/2_b/down.sql",
                "migrations/postgres/2_b/down.sql",
            ]
        );
    }
}
