//! Checks the server against its OpenAPI document, with a validator and Schemathesis (`xtask/schemathesis`).

use std::path::Path;

use anyhow::Result;
use clap::Args;

use crate::packages::ensure_native_libraries;
use crate::process::{command, succeed};
use crate::python::ensure_python;
use crate::temporary::TemporaryFolder;
use crate::workspace::Workspace;
use crate::{server, web};

/// How much to test.
#[derive(Args)]
pub(crate) struct Options {
    /// Seeds of the generated requests, each on a new server.
    #[arg(long, num_args = 1.., default_values_t = [1, 2, 3])]
    seeds: Vec<u32>,
    /// Number of generated requests for each operation.
    #[arg(long, default_value_t = 25)]
    examples: u32,
    /// Further arguments for `schemathesis run`, such as `--include-operation-id create_message`.
    #[arg(last = true)]
    passed_on: Vec<String>,
}

impl Options {
    /// The part that runs with the tests.
    pub(crate) fn quick() -> Self {
        Self { seeds: vec![1], examples: 3, passed_on: Vec::new() }
    }
}

/// Builds the server and checks it.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> Result<()> {
    ensure_native_libraries()?;
    if !web::exists(workspace) {
        web::build(workspace)?;
    }
    server::compile(workspace, false)?;
    check(workspace, &workspace.server(false), options)
}

/// Checks a compiled server.
pub(crate) fn check(workspace: &Workspace, server: &Path, options: &Options) -> Result<()> {
    let scripts = workspace.root.join("xtask").join("schemathesis");
    let why = "Schemathesis tests the server against its OpenAPI document";
    let python = ensure_python(workspace, &scripts.join("requirements.txt"), why)?;
    let temporary = TemporaryFolder::create()?;
    let mut command = command(python, &scripts);
    command.arg("check.py").arg("--server").arg(server).arg("--examples").arg(options.examples.to_string());
    command.arg("--seeds").args(options.seeds.iter().map(u32::to_string));
    command.arg("--").args(&options.passed_on);
    // Keeps compiled Python files out of the sources.
    command.env("PYTHONDONTWRITEBYTECODE", "1").env("TMPDIR", temporary.path());
    succeed(&mut command)
}
