//! The server: built with the single-page app inside, and started. Must never leave a process behind: the server
//! replaces this one, so that signals reach it directly.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::packages::ensure_native_libraries;
use crate::process::{cargo, command, succeed};
use crate::web;
use crate::workspace::Workspace;

/// Builds the app first, because the server embeds it when it is compiled, and then the server.
pub(crate) fn build(workspace: &Workspace, release: bool) -> Result<()> {
    ensure_native_libraries()?;
    web::build(workspace)?;
    let mut build = cargo(&workspace.root);
    build.args(["build", "--package", "api", "--bin", "sms-chat"]);
    if release {
        build.arg("--release");
    }
    println!("Server: building what has changed");
    succeed(&mut build)
}

/// Builds, and becomes the server.
pub(crate) fn run(workspace: &Workspace, release: bool, arguments: &[String]) -> Result<()> {
    build(workspace, release)?;
    let server = workspace.server(release);
    println!("Starting {}", workspace.shown(&server));
    let fault = command(&server, &workspace.root).args(["serve", "--demo-when-new"]).args(arguments).exec();
    Err(fault).with_context(|| format!("could not start {}", server.display()))
}
