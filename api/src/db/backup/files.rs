//! The files of backups: opened without being created, written under a temporary name, and renamed when they are
//! complete and on the disk.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs::{self, File, OpenOptions},
    io::{self, Read as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use diesel::{Connection as _, SqliteConnection};

use super::BackupError;
use crate::db::{DbConnection, DbError};

/// The first bytes of every SQLite database.
const HEADER: &[u8; 16] = b"SQLite format 3\0";

/// How a file is opened.
#[derive(Clone, Copy, Debug)]
pub(super) enum Access {
    /// For reading. The file must not change, and a write-ahead log is ignored.
    Immutable,
    /// As a database that others may use.
    Shared,
}

/// Opens an SQLite file that exists.
pub(super) fn open(path: &Path, access: Access) -> Result<DbConnection, DbError> {
    let mut uri = "file:".to_owned();
    for character in path.to_string_lossy().chars() {
        match character {
            // The characters that have a meaning in a URI.
            '%' | '?' | '#' => {
                let _ = write!(uri, "%{:02X}", u32::from(character));
            }
            other => uri.push(other),
        }
    }
    uri += match access {
        Access::Immutable => "?mode=ro&immutable=1",
        Access::Shared => "?mode=rw",
    };
    let conn = SqliteConnection::establish(&uri).map_err(|error| DbError::Unreachable(error.to_string()))?;
    Ok(DbConnection::Sqlite(conn))
}

/// Whether the file begins like an SQLite database.
pub(super) fn is_sqlite(path: &Path) -> io::Result<bool> {
    let mut start = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut start)?;
    Ok(start == HEADER)
}

/// A file under a temporary name, readable only by its owner. Deleted when dropped, unless it was renamed.
#[derive(Debug)]
pub(super) struct TemporaryFile {
    pub(super) path: PathBuf,
    is_renamed: bool,
}

impl TemporaryFile {
    /// Creates the file in the folder of `beside`.
    pub(super) fn beside(beside: &Path) -> Result<Self, BackupError> {
        let mut name = OsString::from(".");
        name.push(beside.file_name().unwrap_or_default());
        name.push(format!(".{}.tmp", std::process::id()));
        let path = beside.with_file_name(name);
        let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
        created.map_err(|error| BackupError::Unwritable(beside.display().to_string(), error))?;
        Ok(Self { path, is_renamed: false })
    }

    /// Writes the file to the disk and gives it its name.
    pub(super) fn rename(mut self, to: &Path) -> Result<(), BackupError> {
        let renamed = File::open(&self.path)
            .and_then(|file| file.sync_all())
            .and_then(|()| fs::rename(&self.path, to))
            .and_then(|()| sync_folder_of(to));
        renamed.map_err(|error| BackupError::Unwritable(to.display().to_string(), error))?;
        self.is_renamed = true;
        Ok(())
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.is_renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Makes the names in the folder of a file survive a power cut.
fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
