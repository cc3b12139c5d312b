//! The browser tests: Playwright from npm, driving the system's Chromium. Must never let Playwright download a browser
//! of its own, which a closed network doesn't have.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::packages::{ensure_npm, install};
use crate::process::{command, find, succeed};
use crate::workspace::Workspace;

/// Whether there is anything to run.
pub(crate) fn has_tests(workspace: &Workspace) -> bool {
    holds_specs(&workspace.root.join("e2e").join("tests"))
}

/// Runs the specs, or those whose names match, against a compiled server.
pub(crate) fn run(workspace: &Workspace, server: &Path, filters: &[String]) -> Result<()> {
    ensure_npm(workspace, "e2e", "Playwright drives the browser")?;
    let e2e = workspace.root.join("e2e");
    succeed(
        command(e2e.join("node_modules/.bin/playwright"), &e2e)
            .arg("test")
            .args(filters)
            .env("SMS_CHAT_BIN", server)
            .env("CHROMIUM", chromium()?),
    )
}

fn holds_specs(folder: &Path) -> bool {
    std::fs::read_dir(folder).into_iter().flatten().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() { holds_specs(&path) } else { path.to_string_lossy().ends_with(".spec.ts") }
    })
}

/// The system's Chromium, or the one that the environment names.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let programs = ["chromium", "chromium-browser", "google-chrome"];
    if let Some(found) = find(&programs, &[]) {
        return Ok(found);
    }
    install(&["chromium"], "the browser tests run in Chromium (or set CHROMIUM to one)")?;
    find(&programs, &[]).context("Chromium was installed, but is nowhere to be found")
}
