//! The folder for the databases and browser profiles of the tests.

use std::path::{Path, PathBuf};

use crate::process::{capture, command};

/// The file system in memory that Linux mounts for shared memory.
const IN_MEMORY: &str = "/dev/shm";
/// Free space, in KiB, with which the tests do not fill it: PostgreSQL, and the databases and profiles of two tests.
const NEEDED_KIB: u64 = 2 * 1024 * 1024;

/// Returns a folder in memory if there is room, otherwise the system's temporary folder. Creating a PostgreSQL database
/// takes 30 ms in memory and 200 to 600 ms on a disk.
pub(crate) fn folder() -> PathBuf {
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
