//! The project's own tasks, as `cargo xtask <task>`. In reading order: `workspace` (where things are), `process` and
//! `steps` (running and telling), `packages` and `toolchain` (what a fresh machine lacks), `web` (the single-page
//! app), `server`, `tests` with `postgres` and `browser`, `lint`, `bench`. Must never need sudo, nor anything that a fresh
//! checkout and cargo don't bring or fetch.

mod bench;
mod browser;
mod lint;
mod packages;
mod postgres;
mod process;
mod server;
mod steps;
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
        /// Further arguments of `sms-chat serve`.
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
        /// Goes on, and builds again after every change.
        #[arg(long)]
        watch: bool,
    },
    /// Runs all tests: on SQLite, on a PostgreSQL of their own, and in a browser.
    Test(tests::Selection),
    /// Measures the release binary beside raw work, and writes docs/benchmarks.md.
    Bench,
    /// Checks formatting, lints, documentation and the rules of the house.
    Lint,
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
        Task::Lint => lint::run(&workspace),
        Task::Bench => bench::run(&workspace),
    }
}
