//! Builds the single-page app whenever its sources change, and keeps running when a build fails. Polls twice a second,
//! which needs no library and costs little.

use std::path::PathBuf;
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::web::{build, fingerprint};
use crate::workspace::Workspace;

/// Builds after every change, until interrupted.
pub(crate) fn watch(workspace: &Workspace) -> ! {
    loop {
        // Read before the build, so that a change during the build causes another one.
        let before = times(workspace);
        if let Err(error) = build(workspace) {
            eprintln!("Build failed: {error:#}");
        }
        println!("Watching web/ and shared/ (Ctrl+C to stop)");
        while times(workspace) == before {
            sleep(Duration::from_millis(500));
        }
    }
}

/// Modification times of the inputs; empty when a folder disappears while it is read, which counts as a change.
fn times(workspace: &Workspace) -> Vec<(PathBuf, Option<SystemTime>)> {
    let time = |file: &PathBuf| file.metadata().and_then(|metadata| metadata.modified()).ok();
    let files = fingerprint::inputs(workspace).unwrap_or_default();
    files.into_iter().map(|file| (file.clone(), time(&file))).collect()
}
