//! Runs the benchmark `api/benches/desk`, after building and starting what it needs.

use anyhow::Result;
use clap::Args;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, command, succeed};
use crate::web;
use crate::workspace::Workspace;

/// The part of the benchmark that is run.
#[derive(Args)]
#[group(multiple = false)]
pub(crate) struct Selection {
    /// Measures a million conversations, with ten million messages, compared with ten thousand. Needs 10 GB of disk.
    #[arg(long)]
    scale: bool,
    /// Measures 1,000 and 10,000 live streams.
    #[arg(long)]
    live: bool,
    /// Measures two servers on one database, a backup under load, and the move of a million messages.
    #[arg(long)]
    operations: bool,
    /// Measures the export of a million messages, and webhooks to an endpoint that answers at once.
    #[arg(long)]
    integrations: bool,
    /// Measures the main requests for less than three minutes, and compares them with docs/benchmarks.json. Writes
    /// nothing.
    #[arg(long)]
    quick: bool,
}

impl Selection {
    fn argument(&self) -> Option<&'static str> {
        let arguments = [
            (self.scale, "--scale"),
            (self.live, "--live"),
            (self.operations, "--operations"),
            (self.integrations, "--integrations"),
            (self.quick, "--quick"),
        ];
        arguments.into_iter().find_map(|(is_chosen, argument)| is_chosen.then_some(argument))
    }
}

/// Runs it on SQLite and on a temporary PostgreSQL.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    ensure_native_libraries()?;
    web::build(workspace)?;
    let mut build = cargo(&workspace.root);
    succeed(build.args(["bench", "--package", "api", "--bench", "desk", "--no-run"]))?;
    let postgres = Postgres::start(Purpose::Bench)?;
    // Ten thousand live streams need as many open files, in the benchmark and in the server that it starts.
    let mut bench = command("sh", &workspace.root);
    bench.args(["-c", r#"ulimit -n "$(ulimit -H -n)"; exec "$@""#, "sh"]);
    bench.arg(cargo(&workspace.root).get_program());
    bench.args(["bench", "--package", "api", "--bench", "desk", "--"]).args(selection.argument());
    succeed(bench.env("SMS_CHAT_BENCH_POSTGRES_URL", &postgres.url))
}
