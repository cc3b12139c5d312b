//! The project's own tasks, as `cargo xtask <task>`. In reading order: `workspace` (where things are), `process` and
//! `steps` (running and telling), `packages` and `toolchain` (what a fresh machine lacks), `web` (the single-page
//! app), `server`, `tests` with `postgres` and `browser`, `chaos`, `lint`, `bench`. Must never need sudo, nor anything that a fresh
//! checkout and cargo don't bring or fetch.

mod bench;
mod browser;
mod chaos;
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
    /// Kills the server again and again under load, with every fault of the gateway, and compares what came of it.
    Chaos {
        /// What is done depends on it alone; the summary tells it.
        #[arg(long)]
        seed: Option<u64>,
        /// How often.
        #[arg(long, default_value_t = 50)]
        kills: u64,
    },
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
        Task::Chaos { seed, kills } => chaos::run(&workspace, seed, kills),
    }
}
