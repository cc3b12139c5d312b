//! The folder for the databases and browser profiles of the tests.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{capture, command};

/// The file system in memory that Linux mounts for shared memory.
const IN_MEMORY: &str = "/dev/shm";
/// Minimum free space, in KiB: PostgreSQL and the databases and profiles of two concurrent tests fit.
const NEEDED_KIB: u64 = 2 * 1024 * 1024;
/// The folder's name begins with this and ends with the id of the process that uses it.
const PREFIX: &str = "sms-chat-tests-";

/// A folder that is deleted when it is dropped, or else by the next run.
pub(crate) struct TemporaryFolder(PathBuf);

impl TemporaryFolder {
    /// Creates a folder in [`parent`], and deletes those of processes that were killed.
    pub(crate) fn create() -> Result<Self> {
        let parent = parent();
        for entry in fs::read_dir(&parent).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let process = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
            if process.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
                let _ = fs::remove_dir_all(entry.path());
            }
        }
        let folder = parent.join(format!("{PREFIX}{}", std::process::id()));
        fs::create_dir_all(&folder).with_context(|| format!("creating {}", folder.display()))?;
        Ok(Self(folder))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TemporaryFolder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

/// Returns a folder in memory if there is room, otherwise the system's temporary folder. Creating a PostgreSQL database
/// takes 30 ms in memory and 200 to 600 ms on a disk.
pub(crate) fn parent() -> PathBuf {
    let folder = Path::new(IN_MEMORY);
    if free_kib(folder).is_some_and(|free| free >= NEEDED_KIB) {
        folder.to_path_buf()
    } else {
        std::env::temp_dir()
    }
}

/// Returns the free space of the file system at `folder`, unless there is no such folder.
fn free_kib(folder: &Path) -> Option<u64> {
    let mut df = command("df", Path::new("/"));
    let printed = folder.is_dir().then(|| capture(df.args(["-k", "--output=avail"]).arg(folder)))?.ok()?;
    printed.lines().last()?.trim().parse().ok()
}
