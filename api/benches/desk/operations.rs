//! `--operations`: events between two servers on one PostgreSQL, a backup under load, and the move of a million messages.

use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use api::db::DatabaseUrl;

use crate::{
    client::PacedClient,
    database::{Separate, count, wait_for_background_tasks},
    figures::{Figure, Topic},
    live,
    scenarios::printed,
    seed::{Size, seed_with},
    server::Server,
    webhook,
};

const SIZE: Size = Size { conversations: 100_000, messages: 10, team_of_closed: 1, is_searched: true };
/// Interval of the webhooks during a backup.
const INTERVAL: Duration = Duration::from_millis(5);
/// Time of the webhooks without a backup.
const ALONE: Duration = Duration::from_secs(3);

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            eprintln!("  seeding {} conversations, {} messages each", SIZE.conversations, SIZE.messages);
            seed_with(url, SIZE)?;
            let mut figures = printed(back_up(database, url, path)?)?;
            figures.extend(printed(move_both_ways(database, url)?)?);
            Ok(figures)
        }
        DatabaseUrl::Postgres(_) => printed(live::between_servers(database, url)?),
    }
}

/// Measures a backup while messages arrive.
fn back_up(database: &str, url: &DatabaseUrl, path: &Path) -> Result<Vec<Figure>> {
    let server = Server::start(url)?;
    wait_for_background_tasks(url)?;
    let address = server.address.clone();
    let messages = || {
        let address = address.clone();
        let request =
            move |n| webhook::request(&address, webhook::in_conversation(webhook::open_conversation(n)));
        Ok::<_, anyhow::Error>(PacedClient::start(server.connect()?, INTERVAL, 200, request))
    };
    let alone = messages()?;
    std::thread::sleep(ALONE);
    let alone = alone.stop()?;
    let folder = tempfile::tempdir_in(path.parent().context("no folder")?)?;
    let copied = folder.path().join("copy.db");
    let started = Instant::now();
    fs::copy(path, &copied)?;
    let copy = started.elapsed();
    let meanwhile = messages()?;
    let backup = folder.path().join("backup.db");
    let elapsed = run(Command::new(sms_chat()).args(["backup".as_ref(), backup.as_os_str()]), url)?;
    let meanwhile = meanwhile.stop()?;
    #[expect(clippy::cast_precision_loss, reason = "a few gigabytes")]
    let size = backup.metadata()?.len() as f64 / 1024.0 / 1024.0;
    let figure =
        |what: &str, value: f64, unit: &str| Figure::new(Topic::Operations, database, what, value, unit);
    let speed = |elapsed: Duration| size / elapsed.as_secs_f64();
    Ok(vec![
        figure(&format!("`sms-chat backup` of {size:.0} MiB, verified"), speed(elapsed), "MiB/s")
            .compared_with("`cp`", speed(copy)),
        figure("p99 of an inbound webhook, 200 a second", alone.p99, "ms").with_latency(&alone),
        figure("p99 of an inbound webhook during the backup", meanwhile.p99, "ms")
            .with_latency(&meanwhile)
            .compared_with("no backup", alone.p99),
    ])
}

/// Measures `sms-chat move` to PostgreSQL, and from there to a new SQLite database.
fn move_both_ways(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let Ok(postgres) = std::env::var("SMS_CHAT_BENCH_POSTGRES_URL") else { return Ok(Vec::new()) };
    let target = Separate::create("moved", &DatabaseUrl::Postgres(postgres))?;
    let back = Separate::create("moved_back", url)?;
    let mut figures = Vec::new();
    for (what, from, to) in [
        ("`sms-chat move` to PostgreSQL", url, &target.url),
        ("`sms-chat move` from PostgreSQL to SQLite", &target.url, &back.url),
    ] {
        let mut command = Command::new(sms_chat());
        command.args(["move", "--from", &text(from), "--to", &text(to)]);
        let elapsed = run(&mut command, to)?;
        let (mut rows, tables) = (0, ["conversations", "messages", "conversation_texts"]);
        for table in tables {
            let moved = count(to, table)?;
            ensure!(moved == count(from, table)?, "{table} differs");
            rows += moved;
        }
        #[expect(clippy::cast_precision_loss, reason = "a few million rows")]
        let per_second = rows as f64 / elapsed.as_secs_f64();
        figures.push(Figure::new(Topic::Operations, database, what, per_second, "rows/s"));
        let seconds = elapsed.as_secs_f64();
        figures.push(Figure::new(Topic::Operations, database, &format!("{what}: {rows} rows"), seconds, "s"));
    }
    Ok(figures)
}

fn sms_chat() -> &'static str {
    env!("CARGO_BIN_EXE_sms-chat")
}

fn text(url: &DatabaseUrl) -> String {
    match url {
        DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
        DatabaseUrl::Postgres(url) => url.clone(),
    }
}

/// Runs a command to its successful end. Returns the time that it took.
fn run(command: &mut Command, url: &DatabaseUrl) -> Result<Duration> {
    let started = Instant::now();
    let output = command.env("SMS_CHAT_DATABASE_URL", text(url)).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(started.elapsed())
}
