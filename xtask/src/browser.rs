//! Runs the browser tests: Playwright from npm, with the system's Chromium. Playwright downloads no browser, since a
//! closed network could not (`PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD` in `packages`).

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::packages::{ensure_npm, install};
use crate::process::{command, find, succeed, succeed_quietly};
use crate::temporary;
use crate::workspace::Workspace;

/// Runs Playwright against a compiled server; the arguments choose specs and tests.
pub(crate) fn run(workspace: &Workspace, server: &Path, arguments: &[String]) -> Result<()> {
    ensure_npm(workspace, "e2e", "Playwright drives the browser")?;
    let e2e = workspace.root.join("e2e");
    succeed(
        command(e2e.join("node_modules/.bin/playwright"), &e2e)
            .arg("test")
            .args(arguments)
            .env("SMS_CHAT_BIN", server)
            .env("CHROMIUM", chromium()?)
            .env("TMPDIR", temporary::folder()),
    )
}

/// Checks the types of the browser tests, which Playwright strips without a check.
pub(crate) fn check_types(workspace: &Workspace) -> Result<()> {
    ensure_npm(workspace, "e2e", "TypeScript checks the browser tests")?;
    succeed_quietly(command("npm", &workspace.root.join("e2e")).args(["run", "--silent", "typecheck"]))
}

/// Finds Chromium: the one that `CHROMIUM` names, or the system's.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let programs = ["chromium", "chromium-browser", "google-chrome"];
    if let Some(found) = find(&programs, &[]) {
        return Ok(found);
    }
    install(&["chromium"], "the browser tests run in Chromium (or set CHROMIUM to one)")?;
    find(&programs, &[]).context("Chromium was installed, but cannot be found in PATH")
}
