//! `cargo xtask bench`: measures the release binary over HTTP on both databases, compares it with the same work without
//! HTTP, and writes `docs/benchmarks.md` and `docs/benchmarks.json`. No figure makes it fail.
//!
//! Without an argument it measures the main part. `--live` measures live streams, `--operations` two servers,
//! backups and moves, `--integrations` exports and webhooks out, `--scale` a million conversations; each replaces its own
//! part of the document. `--quick` compares a short run with the stored figures.
//!
//! Reading order: `seed` (the data), `server` (the binary), `client` (the closed loop), `requests` and `baseline` (what
//! is measured, and what it is compared with), `scenarios` (the main part), `live`, `operations`, `integrations`, `scale`,
//! `figures`, `report` and `compare` (the results).

mod baseline;
mod client;
mod compare;
mod daily_file;
mod database;
mod export;
mod figures;
mod integrations;
mod live;
mod operations;
mod outbox;
mod report;
mod requests;
mod scale;
mod scenarios;
mod screens;
mod search;
mod seed;
mod server;
mod sign_in;
mod webhook;
mod webhook_deliveries;

use anyhow::Result;
use api::db::DatabaseUrl;

use crate::figures::{Figure, Part, Record, Run};

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has("--quick") {
        let run = Run::new(on_both(scenarios::measure_quickly)?)?;
        compare::print(&run, &Record::load()?);
        return Ok(());
    }
    let (part, figures) = if has("--live") {
        (Part::Live, on_both(live::measure)?)
    } else if has("--operations") {
        (Part::Operations, on_both(operations::measure)?)
    } else if has("--integrations") {
        (Part::Integrations, on_both(integrations::measure)?)
    } else if has("--scale") {
        (Part::Scale, on_both(scale::measure)?)
    } else {
        (Part::Main, on_both(scenarios::measure)?)
    };
    let mut record = Record::load()?;
    record.runs.insert(part, Run::new(figures)?);
    record.save()?;
    std::fs::write(figures::path("benchmarks.md"), report::document(&record)?)?;
    eprintln!("Wrote docs/benchmarks.md and docs/benchmarks.json.");
    Ok(())
}

/// Measures on SQLite and then on PostgreSQL.
fn on_both(measure: fn(&str, &DatabaseUrl) -> Result<Vec<Figure>>) -> Result<Vec<Figure>> {
    let folder = tempfile::tempdir()?;
    let mut databases = vec![("SQLite", DatabaseUrl::Sqlite(folder.path().join("bench.db")))];
    if let Ok(url) = std::env::var("SMS_CHAT_BENCH_POSTGRES_URL") {
        databases.push(("PostgreSQL", DatabaseUrl::Postgres(url)));
    }
    let mut figures = Vec::new();
    for (name, url) in databases {
        eprintln!("{name}");
        figures.extend(measure(name, &url)?);
    }
    Ok(figures)
}
