//! Errors of temporary files. A failed import leaves nothing behind, and the previous file stays current.

use std::io;

/// Why a temporary file cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TempFileError {
    /// The disk is full.
    #[error("The server's disk is full. The previous file is still in use. Tell an administrator.")]
    DiskFull(#[source] io::Error),
    /// Another error of the disk.
    #[error("a temporary file failed: {0}")]
    Failed(#[source] io::Error),
}

impl From<io::Error> for TempFileError {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::StorageFull { Self::DiskFull(error) } else { Self::Failed(error) }
    }
}
