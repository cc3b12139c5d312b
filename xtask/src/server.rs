//! Builds the server with the single-page app inside, and starts it in place of this process, so that signals reach the
//! server directly.

use std::os::unix::process::CommandExt;

use anyhow::{Context, Result};

use crate::packages::ensure_native_libraries;
use crate::process::{cargo, command, succeed};
use crate::web;
use crate::workspace::Workspace;

/// Builds the single-page app, and then the server, which embeds it.
pub(crate) fn build(workspace: &Workspace, release: bool) -> Result<()> {
    ensure_native_libraries()?;
    web::build(workspace)?;
    println!("Server: building what has changed");
    compile(workspace, release)
}

/// Compiles the server alone.
pub(crate) fn compile(workspace: &Workspace, release: bool) -> Result<()> {
    let mut build = cargo(&workspace.root);
    build.arg("build");
    if release {
        build.args(["--package", "api", "--bin", "sms-chat", "--release"]);
    } else {
        // Cargo compiles dependencies once for each set of features. With the whole workspace, and an example, which
        // counts the development dependencies in, the set is that of the tests: run and test share all they compile.
        build.args(["--workspace", "--bin", "sms-chat", "--example", "handset"]);
    }
    succeed(&mut build)
}

/// Builds the server and replaces this process with it.
pub(crate) fn run(workspace: &Workspace, release: bool, arguments: &[String]) -> Result<()> {
    build(workspace, release)?;
    let server = workspace.server(release);
    println!("Starting {}", workspace.shown(&server));
    let error = command(&server, &workspace.root).args(["serve", "--demo-when-new"]).args(arguments).exec();
    Err(error).with_context(|| format!("could not start {}", server.display()))
}
