//! Runs the benchmark `api/benches/desk`, after building and starting what it needs.

use anyhow::Result;

use crate::packages::ensure_native_libraries;
use crate::postgres::{Postgres, Purpose};
use crate::process::{cargo, succeed};
use crate::web;
use crate::workspace::Workspace;

/// Runs it on SQLite and on a temporary PostgreSQL.
pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    ensure_native_libraries()?;
    web::build(workspace)?;
    let mut build = cargo(&workspace.root);
    succeed(build.args(["bench", "--package", "api", "--bench", "desk", "--no-run"]))?;
    let postgres = Postgres::start(Purpose::Bench)?;
    let mut bench = cargo(&workspace.root);
    bench.args(["bench", "--package", "api", "--bench", "desk"]);
    succeed(bench.env("SMS_CHAT_BENCH_POSTGRES_URL", &postgres.url))
}
