//! Backup and restore of the SQLite file (`sms-chat backup`, `sms-chat restore`). PostgreSQL has programs for both.

mod error;
mod files;
mod verify;

use std::{
    fs,
    path::{Path, PathBuf},
};

use files::{Access, TemporaryFile};

use super::{
    DbConnection, DbError,
    files::{make_folder_of, with_suffix},
    migrate::SchemaState,
    text_query::TextQuery,
};

pub use error::BackupError;
pub use verify::Verified;

/// Copies the database into a new file, while servers use it, and verifies the copy. The copy is the state of one moment.
///
/// # Errors
/// When the file exists, or the copy cannot be written or is not complete. No file remains then.
pub fn back_up(database: &Path, file: &Path) -> Result<Verified, BackupError> {
    if !database.exists() {
        return Err(BackupError::NoDatabase(database.display().to_string()));
    }
    if file.exists() {
        return Err(BackupError::FileExists(file.display().to_string()));
    }
    let mut conn = files::open(database, Access::Shared)?;
    conn.batch("PRAGMA busy_timeout = 10000; PRAGMA temp_store = MEMORY;")?;
    if SchemaState::of(&mut conn)?.newest.is_none() {
        return Err(BackupError::NotOurs(database.display().to_string()));
    }
    let copy = TemporaryFile::beside(file)?;
    // Reads in one transaction, and lets others write. It accepts an existing file that is empty.
    TextQuery::new("VACUUM INTO {}").bind(Some(&copy.path.to_string_lossy())).execute(&mut conn)?;
    let verified = verify::verify(&copy.path, &file.display().to_string())?;
    copy.rename(file)?;
    Ok(verified)
}

/// The ends of the names of a database's files, the database last.
const SUFFIXES: [&str; 3] = ["-wal", "-shm", ""];

/// A database that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What it contains.
    pub verified: Verified,
    /// The new name of the database that it replaces.
    pub kept: Option<PathBuf>,
    /// Why that database could not be read, and so was kept as it was.
    pub unreadable: Option<DbError>,
}

/// Verifies a backup and makes it the database. With `kept`, a database that exists gets this name; without, it is an
/// error.
///
/// # Errors
/// When the backup is not complete, a server uses the existing database, or the file `kept` exists. Nothing has changed then.
pub fn restore(file: &Path, database: &Path, kept: Option<PathBuf>) -> Result<Restored, BackupError> {
    let (name, shown) = (file.display().to_string(), database.display().to_string());
    if !files::is_sqlite(file).map_err(|error| BackupError::Unreadable(name.clone(), error))? {
        return Err(BackupError::NotSqlite(name));
    }
    if with_suffix(file, "-wal").metadata().is_ok_and(|log| log.len() > 0) {
        return Err(BackupError::HasLog(name));
    }
    let exists = SUFFIXES.iter().any(|suffix| with_suffix(database, suffix).exists());
    if exists && kept.is_none() {
        return Err(BackupError::DatabaseExists(shown));
    }
    let unwritable = |error| BackupError::Unwritable(shown.clone(), error);
    make_folder_of(database).map_err(unwritable)?;
    let copy = TemporaryFile::beside(database)?;
    fs::copy(file, &copy.path).map_err(unwritable)?;
    let verified = verify::verify(&copy.path, &name)?;
    let kept = kept.filter(|_| exists);
    let mut unreadable = None;
    if let Some(kept) = &kept {
        if SUFFIXES.iter().any(|suffix| with_suffix(kept, suffix).exists()) {
            return Err(BackupError::KeptExists(kept.display().to_string()));
        }
        unreadable = close_down(database)?;
        move_aside(database, kept).map_err(unwritable)?;
    }
    if let Err(error) = copy.rename(database) {
        if let Some(kept) = &kept {
            let _ = move_aside(kept, database);
        }
        return Err(error);
    }
    Ok(Restored { verified, kept, unreadable })
}

/// Ends the use of a write-ahead log, which fails while another connection is open. A damaged database is left as it is,
/// and the error is returned.
fn close_down(database: &Path) -> Result<Option<DbError>, BackupError> {
    if !database.exists() {
        return Ok(None);
    }
    let closed = files::open(database, Access::Shared).and_then(|mut conn: DbConnection| {
        conn.batch("PRAGMA busy_timeout = 2000; PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; COMMIT;")
    });
    match closed {
        Err(DbError::Busy) => Err(BackupError::InUse(database.display().to_string())),
        closed => Ok(closed.err()),
    }
}

/// Renames the database and its log, which belong together.
fn move_aside(database: &Path, kept: &Path) -> std::io::Result<()> {
    for suffix in SUFFIXES {
        let part = with_suffix(database, suffix);
        if part.exists() {
            fs::rename(part, with_suffix(kept, suffix))?;
        }
    }
    Ok(())
}
