//! Content hashes: of everything the single-page app is built from, to know in an instant that nothing has to be done,
//! and of what is built, for its file names. Must never depend on times, which a checkout sets anew.

use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process::{capture, command};
use crate::workspace::Workspace;

/// What is built, or installed, inside `web/`: an output, not an input.
const OUTPUTS: [&str; 2] = ["dist", "node_modules"];
/// The files and folders that the app's bytes depend on; `xtask/src/web` because the recipe is there.
const INPUTS: [&str; 7] = [
    "web",
    "shared",
    "xtask/src/web",
    ".cargo/config.toml",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
];

/// A short hash of some bytes, the same on every machine: fixed keys, no seed.
pub(crate) fn hash_of(bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    hasher.write(bytes);
    format!("{:016x}", hasher.finish())
}

/// Every input file, in a fixed order.
pub(crate) fn inputs(workspace: &Workspace) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for input in INPUTS {
        collect(&workspace.root.join(input), &mut files)?;
    }
    files.sort();
    Ok(files)
}

/// One hash of the inputs' names and contents and of the compiler's version.
pub(crate) fn of_inputs(workspace: &Workspace) -> Result<String> {
    let mut hasher = DefaultHasher::new();
    hasher.write(capture(command("rustc", &workspace.root).arg("--version"))?.as_bytes());
    for file in inputs(workspace)? {
        let bytes = std::fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let name = file.strip_prefix(&workspace.root).unwrap_or(&file);
        hasher.write(name.as_os_str().as_encoded_bytes());
        // The length keeps one file's end apart from the next one's beginning.
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
        // An editor's swap file is no input either.
        if !OUTPUTS.iter().any(|output| name == *output) && !name.as_encoded_bytes().starts_with(b".") {
            collect(&entry.path(), files)?;
        }
    }
    Ok(())
}
