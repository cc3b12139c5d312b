//! Runs the tests: the Rust tests on both databases, the check of the OpenAPI document, then the browser tests. Names choose among them, and then only the
//! targets that contain a test of that name are compiled.

mod rust;
mod specs;

use anyhow::{Result, bail};
use clap::Args;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::schemathesis::{self, Options};
use crate::steps::Summary;
use crate::temporary::TemporaryFolder;
use crate::workspace::Workspace;
use crate::{browser, server, sources, web};
use rust::RustTests;

/// Which tests to run.
#[derive(Args)]
pub(crate) struct Selection {
    /// Skips the browser tests.
    #[arg(long, conflicts_with = "only_browser")]
    no_browser: bool,
    /// Runs only the browser tests.
    #[arg(long)]
    only_browser: bool,
    /// Runs only matching tests: part of a Rust test's path (`reply::`), a browser spec (`queue`), or words of a
    /// browser test's title ("the note stays"). `schemathesis` is the check of the OpenAPI document.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
}

/// The tests that a selection chooses; `None` where it chooses none.
struct Plan {
    rust: Option<RustTests>,
    /// Whether to check the server against its OpenAPI document.
    document: bool,
    /// Playwright's arguments.
    browser: Option<Vec<String>>,
}

impl Plan {
    fn of(workspace: &Workspace, selection: &Selection) -> Result<Self> {
        let Selection { no_browser, only_browser, names } = selection;
        let mut plan = Self { rust: None, document: false, browser: None };
        if names.is_empty() {
            plan.rust = (!only_browser).then(RustTests::all);
            plan.document = !only_browser;
            plan.browser = (!no_browser).then(Vec::new);
            return Ok(plan);
        }
        if !only_browser {
            plan.rust = RustTests::named(&rust::targets(workspace)?, &sources::read(&workspace.root)?, names);
        }
        plan.document = !only_browser && names.iter().any(|name| name == "schemathesis");
        if !no_browser {
            plan.browser = specs::arguments(&specs::read(&workspace.root)?, names, *only_browser);
        }
        if plan.rust.is_none() && plan.browser.is_none() && !plan.document {
            bail!("no test is named {}", names.join(" or "));
        }
        Ok(plan)
    }
}

/// Runs the selected tests and prints how long each step took.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    let plan = Plan::of(workspace, selection)?;
    let mut summary = Summary::default();
    ensure_native_libraries()?;
    // The server embeds the app. Compiling the app can take minutes, so a named Rust test uses the one that exists.
    let serves_app = plan.document || plan.rust.as_ref().is_some_and(|tests| tests.of_api);
    let needs_app =
        plan.browser.is_some() || selection.names.is_empty() || (serves_app && !web::exists(workspace));
    if !needs_app {
        println!("Single-page app: not built again, since no browser test runs");
    }
    let prepared = (!needs_app || summary.run("Single-page app", || web::build(workspace)).is_some())
        && summary.run("Compiling", || compile(workspace, &plan)).is_some();
    if prepared {
        if let Some(tests) = &plan.rust {
            run_rust(workspace, tests, &selection.names, &mut summary)?;
        }
        if plan.document {
            let check = || schemathesis::check(workspace, &workspace.server(false), &Options::quick());
            summary.run("OpenAPI document, with Schemathesis", check);
        }
        if let Some(arguments) = &plan.browser {
            let server = workspace.server(false);
            summary.run("Browser tests", || browser::run(workspace, &server, arguments));
        }
    }
    summary.finish()
}

/// Compiles before anything starts, so that compiler errors come first.
fn compile(workspace: &Workspace, plan: &Plan) -> Result<()> {
    if let Some(tests) = &plan.rust {
        succeed(rust_command(workspace, tests).args(["--no-run", "--quiet"]))?;
    }
    // The tests of `api` compile the server as well.
    let has_server = plan.rust.as_ref().is_some_and(|tests| tests.of_api);
    let needs_server = plan.browser.is_some() || plan.document;
    if needs_server && !has_server { server::compile(workspace, false) } else { Ok(()) }
}

fn run_rust(workspace: &Workspace, tests: &RustTests, names: &[String], summary: &mut Summary) -> Result<()> {
    let temporary = TemporaryFolder::create()?;
    let mut command = rust_command(workspace, tests);
    command.arg("--no-fail-fast").arg("--").args(names).env("TMPDIR", temporary.path());
    // The tests connect to loopback addresses without TLS. Reading the system's certificates takes a server longer than
    // the rest of its start. Only for the tests: cargo needs the certificates to download packages.
    command.env("SSL_CERT_FILE", "/dev/null");
    if !tests.of_api {
        summary.run("Rust tests", || succeed(&mut command));
        return Ok(());
    }
    let start = || Postgres::start(Purpose::Tests);
    if let Some(postgres) = summary.run("Starting PostgreSQL for the tests", start) {
        command.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url);
        summary.run("Rust tests, on SQLite and PostgreSQL", || succeed(&mut command));
    }
    Ok(())
}

/// Always `--workspace`: with `--package`, cargo chooses other features for shared dependencies and compiles them
/// again.
fn rust_command(workspace: &Workspace, tests: &RustTests) -> std::process::Command {
    let mut command = cargo(&workspace.root);
    command.args(["test", "--workspace"]).args(&tests.targets);
    command
}
