//! Creates the SQLite file and secrets so that only their owner can read them, and restricts existing SQLite files.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;

/// Creates the missing parent folders of a file, accessible only to the owner.
///
/// # Errors
/// When a folder cannot be created.
pub(crate) fn make_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => {
            DirBuilder::new().recursive(true).mode(FOLDER).create(folder)
        }
        _ => Ok(()),
    }
}

/// Creates the database file if it is missing, and removes other users' permissions on it. SQLite creates `-wal` and
/// `-shm` with the permissions of the database file, so only existing ones are checked.
///
/// # Errors
/// When the file cannot be created. A failure to change permissions is only logged: another user owns the file.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    make_folder_of(path)?;
    OpenOptions::new().create(true).append(true).mode(FILE).open(path).or_else(|error| {
        // For a read-only file, SQLite reports the error.
        if path.exists() { fs::File::open(path) } else { Err(error) }
    })?;
    for file in [path.to_owned(), with_suffix(path, "-wal"), with_suffix(path, "-shm")] {
        if let Err(error) = restrict(&file) {
            tracing::warn!(file = %file.display(), %error, "other users can read the database file");
        }
    }
    Ok(())
}

fn restrict(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            tracing::info!(file = %path.display(), "restricted the database file to its owner");
            fs::set_permissions(path, Permissions::from_mode(FILE))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Returns the path with a suffix, such as that of the write-ahead log.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
