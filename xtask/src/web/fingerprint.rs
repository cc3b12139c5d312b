//! Content hashes: of the single-page app's inputs, to skip a build that would change nothing, and of its outputs, for
//! their file names. File times are not used, since a checkout changes them.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{capture, command};
use crate::workspace::Workspace;

/// Folders in `web/` that are built or installed.
const OUTPUTS: [&str; 2] = ["dist", "node_modules"];
/// The files and folders that the app's bytes depend on; `xtask/src/web` because it builds the app.
const INPUTS: [&str; 7] = [
    "web",
    "shared",
    "xtask/src/web",
    ".cargo/config.toml",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
];

/// Returns a short hash of some bytes, which is the same on every machine: `DefaultHasher::new` has fixed keys.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

/// Returns every input file, sorted.
pub(crate) fn inputs(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&workspace.root.join(input), &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// Hashes the inputs' names and contents and the compiler's version.
pub(crate) fn of_inputs(workspace: &Workspace) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    hasher.write(capture(command("rustc", &workspace.root).arg("--version"))?.as_bytes());
    for file in inputs(workspace)? {
        let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(&workspace.root).unwrap_or(&file);
        hasher.write(name.as_os_str().as_encoded_bytes());
        // The length separates the end of one file from the start of the next.
        hasher.write_usize(bytes.len());
        hasher.write(&bytes);
    }
    Ok(format!("{:016x}", hasher.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    if path.is_file() {
        files.push(path.to_path_buf());
    }
    if !path.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(path).with_context(|| format!("listing {}", path.display()))? {
        let entry = entry?;
        let name = entry.file_name();
        // Names with a dot are an editor's temporary files.
        if !OUTPUTS.iter().any(|output| name == *output) && !name.as_encoded_bytes().starts_with(b".") {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}
