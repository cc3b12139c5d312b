//! Reads the workspace's Rust sources, without build outputs and installed packages.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A Rust file.
pub(crate) struct Source {
    /// Relative to the workspace's root.
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// Reads every `.rs` file below the root.
pub(crate) fn read(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    collect(root, root, &mut sources)?;
    sources.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(sources)
}

fn collect(root: &Path, folder: &Path, sources: &mut Vec<Source>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| format!("listing {}", folder.display()))? {
        let entry = entry?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if entry.file_type()?.is_dir() {
            if !name.starts_with('.') && !["target", "node_modules", "dist", "data"].contains(&&*name) {
                collect(root, &path, sources)?;
            }
        } else if name.ends_with(".rs") {
            let text =
                std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
            sources.push(Source { path: path.strip_prefix(root).unwrap_or(&path).to_path_buf(), text });
        }
    }
    Ok(())
}
