//! Builds the single-page app again whenever its sources change. Polls twice a second, because that needs no library
//! and costs nothing that one would notice. Must never end on a fault in the sources: those are what it waits for.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::web::{build, fingerprint};
use crate::workspace::Workspace;

/// Builds, and goes on building after every change, until it is interrupted.
pub(crate) fn watch(workspace: &Workspace) -> ! {
    loop {
        // Taken before the build, so that a change during the build is seen after it.
        let before = times(workspace);
        if let Err(error) = build(workspace) {
            eprintln!("Not built: {error:#}");
        }
        println!("Watching web/ and shared/ (Ctrl+C ends this)");
        while times(workspace) == before {
            sleep(Duration::from_millis(500));
        }
    }
}

/// Empty when a folder vanishes while it is read: that is a change like any other.
fn times(workspace: &Workspace) -> Vec<(PathBuf, Option<SystemTime>)> {
    let time = |file: &PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    let files = fingerprint::inputs(workspace).unwrap_or_default();
    files.into_iter().map(|file| (file.clone(), time(&file))).collect()
}
