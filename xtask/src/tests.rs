//! All tests, in one command: the Rust ones on both databases, then the browser's. Must never skip one silently: what
//! wasn't run is said.

use anyhow::Result;
use clap::Args;

use crate::browser;
use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::steps::Summary;
use crate::web;
use crate::workspace::Workspace;

/// Which tests to run.
#[derive(Args)]
pub(crate) struct Selection {
    /// Without the browser tests.
    #[arg(long, conflicts_with = "only_browser")]
    no_browser: bool,
    /// Only the browser tests; the filters are then Playwright's.
    #[arg(long)]
    only_browser: bool,
    /// Only the Rust tests whose names contain one of these (and no browser tests).
    filters: Vec<String>,
}

/// Runs them, and ends with what each step took.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let mut summary = Summary::default();
    ensure_native_libraries()?;
    let prepared = summary.run("Single-page app", || web::build(workspace)).is_some()
        && summary.run("Compiling", || compile(workspace, selection)).is_some();
    if prepared && !selection.only_browser {
        rust_tests(workspace, selection, &mut summary);
    }
    if prepared && !selection.no_browser && (selection.only_browser || selection.filters.is_empty()) {
        if browser::has_tests(workspace) {
            let server = workspace.server(false);
            summary.run("Browser tests", || browser::run(workspace, &server, &selection.filters));
        } else {
            println!("Browser tests: none yet in e2e/tests");
        }
    }
    summary.finish()
}

/// Compiled before anything is started, so that a compiler error comes first; this builds the server too.
fn compile(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let mut command = cargo(&workspace.root);
    if selection.only_browser {
        command.args(["build", "--package", "api", "--bin", "sms-chat"]);
    } else {
        command.args(["test", "--no-run", "--quiet"]).arg("--workspace");
    }
    succeed(&mut command)
}

fn rust_tests(workspace: &Workspace, selection: &Selection, summary: &mut Summary) {
    let Some(postgres) = summary.run("PostgreSQL of the tests' own", || Postgres::start(Purpose::Tests))
    else {
        return;
    };
    summary.run("Rust tests, on SQLite and PostgreSQL", || {
        let mut command = cargo(&workspace.root);
        command.args(["test", "--no-fail-fast"]).arg("--workspace");
        if !selection.filters.is_empty() {
            command.arg("--").args(&selection.filters);
        }
        succeed(command.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url))
    });
}
