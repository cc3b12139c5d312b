//! `cargo xtask bench`: measures the release binary over HTTP in a closed loop with 1 and 8 clients, measures the same
//! work without HTTP for comparison, and writes `docs/benchmarks.md`. No figure makes it fail.
//!
//! Reading order: `seed` (the data), `server` (the binary), `client` (the closed loop), `scenarios` (the requests),
//! `report` (the document).

mod client;
mod daily_file;
mod outbox;
mod report;
mod scenarios;
mod search;
mod seed;
mod server;
mod sign_in;

use anyhow::Result;
use api::db::DatabaseUrl;

fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let sqlite = DatabaseUrl::Sqlite(folder.path().join("bench.db"));
    let mut databases = vec![("SQLite", sqlite)];
    if let Ok(url) = std::env::var("SMS_CHAT_BENCH_POSTGRES_URL") {
        databases.push(("PostgreSQL", DatabaseUrl::Postgres(url)));
    }
    // `cargo bench -p api --bench desk -- sign-in` measures only that scenario and writes no document.
    let only_sign_in = std::env::args().any(|argument| argument == "sign-in");
    let mut measured = Vec::new();
    for (name, url) in databases {
        eprintln!("{name}: seeding {} conversations", seed::CONVERSATIONS);
        seed::seed(&url)?;
        if only_sign_in {
            let mut text = String::new();
            sign_in::report(&mut text, &sign_in::measure(&url)?)?;
            eprint!("{text}");
            continue;
        }
        measured.push((name, scenarios::measure(&url)?));
    }
    if only_sign_in {
        return Ok(());
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/benchmarks.md");
    std::fs::write(path, report::document(&measured)?)?;
    eprintln!("Wrote docs/benchmarks.md.");
    Ok(())
}
