//! The paths of the workspace, independent of the current folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The folders of this checkout.
pub(crate) struct Workspace {
    /// The folder of the workspace's `Cargo.toml`.
    pub(crate) root: PathBuf,
    /// Cargo's target folder; the tasks keep their stamps and caches in it too.
    pub(crate) target: PathBuf,
}

impl Workspace {
    /// Finds the workspace from xtask's manifest: the one named at run time first, since a checkout can be moved.
    pub(crate) fn find() -> Result<Self> {
        let manifest =
            std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&manifest).parent().context("xtask lies outside a workspace")?.to_path_buf();
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => root.join(folder),
            None => root.join("target"),
        };
        std::fs::create_dir_all(&target).with_context(|| format!("making {}", target.display()))?;
        Ok(Self { root, target })
    }

    /// Path of the compiled server.
    pub(crate) fn server(&self, release: bool) -> PathBuf {
        self.target.join(if release { "release" } else { "debug" }).join("sms-chat")
    }

    /// Displays a path relative to the root.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> std::path::Display<'a> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
