//! Runs the chaos test of `api` with more kills and any seed.

use anyhow::Result;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::workspace::Workspace;

/// Runs the test on SQLite and on a temporary PostgreSQL.
pub(crate) fn run(workspace: &Workspace, seed: Option<u64>, kills: u64) -> Result<()> {
    ensure_native_libraries()?;
    let test = ["test", "--quiet", "--workspace", "--test", "api"];
    succeed(cargo(&workspace.root).args(test).arg("--no-run"))?;
    let postgres = Postgres::start(Purpose::Tests)?;
    // Any number will do: the test prints it, so that the run can be repeated.
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let mut chaos = cargo(&workspace.root);
    chaos.args(test).args(["--", "chaos::", "--nocapture"]);
    chaos.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url);
    chaos.env("SMS_CHAT_CHAOS_SEED", seed.to_string()).env("SMS_CHAT_CHAOS_KILLS", kills.to_string());
    succeed(&mut chaos)
}
