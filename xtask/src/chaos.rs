//! Runs the chaos test of `api` with more kills and any seed.

use anyhow::Result;
use clap::Args;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::workspace::Workspace;

/// The name of the test with several servers.
const WITH_REPLICAS: &str = "with_replicas";

/// How the servers are disturbed.
#[derive(Args)]
pub(crate) struct Selection {
    /// Seed of the random choices; the summary prints it, so that a run can be repeated.
    #[arg(long)]
    seed: Option<u64>,
    /// Number of times a server is killed.
    #[arg(long, default_value_t = 50)]
    kills: u64,
    /// Runs this many servers on one PostgreSQL database. One or all of them are killed or frozen, and the database is
    /// restarted now and then.
    #[arg(long, value_parser = clap::value_parser!(u64).range(2..=8))]
    replicas: Option<u64>,
    /// Kills the server while it sends a campaign with this many rows, instead of under the load of conversations.
    #[arg(long, conflicts_with = "replicas")]
    campaign: Option<u64>,
}

/// Runs the test on SQLite and on a temporary PostgreSQL, or with several servers on the latter.
pub(crate) fn run(workspace: &Workspace, selection: &Selection) -> Result<()> {
    ensure_native_libraries()?;
    let test = ["test", "--quiet", "--workspace", "--test", "api"];
    succeed(cargo(&workspace.root).args(test).arg("--no-run"))?;
    let postgres = Postgres::start(Purpose::Chaos)?;
    // Any number will do: the test prints it, so that the run can be repeated.
    let seed = selection.seed.unwrap_or_else(|| u64::from(std::process::id()));
    let mut chaos = cargo(&workspace.root);
    if let Some(rows) = selection.campaign {
        chaos.args(test).args(["--", "campaigns::kills", "--nocapture", "--test-threads", "1"]);
        chaos.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url);
        chaos.env("SMS_CHAT_CAMPAIGN_ROWS", rows.to_string());
        chaos.env("SMS_CHAT_CAMPAIGN_KILLS", selection.kills.to_string());
        return succeed(&mut chaos);
    }
    chaos.args(test).args(["--", "chaos::", "--nocapture"]);
    match selection.replicas {
        None => chaos.args(["--skip", WITH_REPLICAS]),
        Some(replicas) => chaos
            .args(["--skip", "on_sqlite", "--skip", "on_postgres"])
            .env("SMS_CHAT_CHAOS_REPLICAS", replicas.to_string())
            .env("SMS_CHAT_CHAOS_RESTART_DATABASE", &postgres.restart_script),
    };
    chaos.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url);
    chaos.env("SMS_CHAT_CHAOS_SEED", seed.to_string());
    chaos.env("SMS_CHAT_CHAOS_KILLS", selection.kills.to_string());
    succeed(&mut chaos)
}
