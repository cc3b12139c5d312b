//! The project's tasks, run as `cargo xtask <task>`. In reading order: `workspace` (paths), `process` and `steps`
//! (running commands and printing progress), `packages`, `python` and `toolchain` (installing what is missing), `web` (the
//! single-page app), `server`, `tests` with `postgres`, `schemathesis` and `browser`, `screenshots`, `chaos`, `lint`, `bench`. A fresh
//! checkout and cargo are enough to run them: they fetch the rest, without sudo.

mod bench;
mod browser;
mod chaos;
mod lint;
mod packages;
mod postgres;
mod process;
mod python;
mod schemathesis;
mod screenshots;
mod server;
mod sources;
mod steps;
mod temporary;
mod tests;
mod toolchain;
mod web;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// SMS Chat's tasks.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds what has changed and starts the server; a new database gets the demo world.
    Run {
        /// With optimisations.
        #[arg(long)]
        release: bool,
        /// Further arguments for `sms-chat serve`.
        #[arg(last = true)]
        server: Vec<String>,
    },
    /// Builds the single-page app and the server that carries it.
    Build {
        /// With optimisations.
        #[arg(long)]
        release: bool,
    },
    /// Builds the single-page app into web/dist.
    Web {
        /// Keeps running, and builds again after every change.
        #[arg(long)]
        watch: bool,
    },
    /// Runs the tests: on SQLite, on a temporary PostgreSQL, and in a browser.
    Test(tests::Selection),
    /// Runs the benchmarks of the release build, and writes docs/benchmarks.md.
    Bench(bench::Selection),
    /// Makes the screenshot book in target/screenshots: every page and dialog in light and dark, at four widths.
    Screenshots,
    /// Kills the server repeatedly under load, with every gateway fault, and checks that no message is lost or sent
    /// twice.
    Chaos(chaos::Selection),
    /// Validates the OpenAPI document, and tests every operation of a server against it with generated requests.
    Schemathesis(schemathesis::Options),
    /// Checks formatting, Clippy, documentation, dependencies and the project's own rules.
    Lint {
        /// Only checks the layers of `api`, and prints them as a Mermaid diagram (UPDATE_DOCS=1 writes it into
        /// ARCHITECTURE.md).
        #[arg(long)]
        graph: bool,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Run { release, server } => server::run(&workspace, release, &server),
        Task::Build { release } => server::build(&workspace, release),
        Task::Web { watch: false } => web::build(&workspace),
        Task::Web { watch: true } => web::watch(&workspace),
        Task::Test(selection) => tests::run(&workspace, &selection),
        Task::Lint { graph: false } => lint::run(&workspace),
        Task::Lint { graph: true } => lint::show_layers(&workspace),
        Task::Schemathesis(options) => schemathesis::run(&workspace, &options),
        Task::Screenshots => screenshots::run(&workspace),
        Task::Bench(selection) => bench::run(&workspace, &selection),
        Task::Chaos(selection) => chaos::run(&workspace, &selection),
    }
}
