//! Chaos: the test of that name, with more kills and any seed. Must never judge by itself: the test does.

use anyhow::Result;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::workspace::Workspace;

/// Runs it on SQLite and on a PostgreSQL of its own.
pub(crate) fn run(workspace: &Workspace, seed: Option<u64>, kills: u64) -> Result<()> {
    ensure_native_libraries()?;
    let test = ["test", "--quiet", "--package", "api", "--test", "api"];
    succeed(cargo(&workspace.root).args(test).arg("--no-run"))?;
    let postgres = Postgres::start(Purpose::Tests)?;
    // Any number will do that the summary tells, so that the same can be done again.
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    let mut chaos = cargo(&workspace.root);
    chaos.args(test).args(["--", "chaos::", "--nocapture"]);
    chaos.env("SMS_CHAT_TEST_POSTGRES_URL", &postgres.url);
    chaos.env("SMS_CHAT_CHAOS_SEED", seed.to_string()).env("SMS_CHAT_CHAOS_KILLS", kills.to_string());
    succeed(&mut chaos)
}
