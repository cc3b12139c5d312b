//! Files that only the owner may read: the embedded database, what SQLite puts beside it, and secrets.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;

/// Makes the folders to a file that do not exist yet, for the owner alone.
///
/// # Errors
/// When one cannot be made.
pub(crate) fn make_folder_of(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if folder != Path::new("") => {
            DirBuilder::new().recursive(true).mode(FOLDER).create(folder)
        }
        _ => Ok(()),
    }
}

/// Makes the database file if there is none, and takes it from others if they could read it. SQLite gives `-wal` and `-shm`
/// the permissions of the database, so only those that exist already need a look.
///
/// # Errors
/// When the file cannot be made. Permissions that cannot be changed are logged: the file is another user's.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    make_folder_of(path)?;
    OpenOptions::new().create(true).append(true).mode(FILE).open(path).or_else(|error| {
        // A file that may only be read is for SQLite to judge.
        if path.exists() { fs::File::open(path) } else { Err(error) }
    })?;
    for file in [path.to_owned(), beside(path, "-wal"), beside(path, "-shm")] {
        if let Err(error) = restrict(&file) {
            tracing::warn!(file = %file.display(), %error, "the database file can be read by other users");
        }
    }
    Ok(())
}

fn restrict(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            tracing::info!(file = %path.display(), "the database file is now readable by its owner alone");
            fs::set_permissions(path, Permissions::from_mode(FILE))
        }
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
