//! Runs the browser tests: Playwright from npm, with the system's Chromium. Playwright downloads no browser, since a
//! closed network could not (`PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD` in `packages`).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::packages::{ensure_npm, install};
use crate::process::{command, find, succeed, succeed_quietly};
use crate::temporary::TemporaryFolder;
use crate::workspace::Workspace;

/// The folder of the generator of the API's types.
const SCHEMA: &str = "e2e/schema";

/// Runs Playwright against a compiled server. The arguments choose specs and tests; the failures of chosen tests leave a
/// trace, which `npx playwright show-trace` displays.
pub(crate) fn run(workspace: &Workspace, server: &Path, arguments: &[String]) -> Result<()> {
    ensure_npm(workspace, SCHEMA, "the integrators' guide generates a client")?;
    ensure_guide_programs()?;
    let trace = (!arguments.is_empty()).then_some("--trace=retain-on-failure");
    playwright(workspace, server, |command| command.args(arguments).args(trace))
}

/// Takes the pictures of the screenshot book into a folder.
pub(crate) fn make_book(workspace: &Workspace, server: &Path, folder: &Path) -> Result<()> {
    playwright(workspace, server, |command| command.arg("--config=book.config.ts").env("SCREENSHOTS", folder))
}

fn playwright(
    workspace: &Workspace,
    server: &Path,
    complete: impl FnOnce(&mut Command) -> &mut Command,
) -> Result<()> {
    let temporary = TemporaryFolder::create()?;
    ensure_npm(workspace, "e2e", "Playwright drives the browser")?;
    let e2e = workspace.root.join("e2e");
    let mut command = command(e2e.join("node_modules/.bin/playwright"), &e2e);
    command
        .arg("test")
        .env("SMS_CHAT_BIN", server)
        .env("CHROMIUM", chromium()?)
        .env("TMPDIR", temporary.path());
    succeed(complete(&mut command))
}

/// Checks the types of the browser tests, which Playwright strips without a check. Generates the types of the API first.
pub(crate) fn check_types(workspace: &Workspace) -> Result<()> {
    ensure_npm(workspace, SCHEMA, "openapi-typescript generates the types of the API")?;
    let generate = ["run", "--silent", "generate"];
    succeed_quietly(command("npm", &workspace.root.join(SCHEMA)).args(generate))?;
    ensure_npm(workspace, "e2e", "TypeScript checks the browser tests")?;
    succeed_quietly(command("npm", &workspace.root.join("e2e")).args(["run", "--silent", "typecheck"]))
}

/// Installs the programs with which the integrators' guide sends requests, unless they are present.
fn ensure_guide_programs() -> Result<()> {
    let missing: Vec<&str> =
        ["bash", "curl", "jq"].into_iter().filter(|name| find(&[name], &[]).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    install(&missing, "a test runs the commands of the integrators' guide")
}

/// Finds Chromium: the one that `CHROMIUM` names, or the system's. Prefers the headless shell, because a whole browser
/// also draws its own window, and the tests take 1.6 times as long.
fn chromium() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Ok(named.into());
    }
    let programs = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];
    if let Some(found) = find(&programs, &[]) {
        if !found.ends_with("chromium-headless-shell") {
            println!("The Debian package chromium-headless-shell makes the browser tests faster");
        }
        return Ok(found);
    }
    let why = "the browser tests run in Chromium (or set CHROMIUM to one)";
    install(&["chromium-headless-shell"], why).or_else(|_| install(&["chromium"], why))?;
    find(&programs, &[]).context("Chromium was installed, but cannot be found in PATH")
}
