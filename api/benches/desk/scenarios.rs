//! The main part of the benchmark: all measurements of one database.

use std::time::Duration;

use anyhow::{Context, Result};
use api::db::DatabaseUrl;

use crate::{
    baseline, client,
    client::Request,
    daily_file,
    database::wait_for_background_tasks,
    figures::{Aim, Figure, Topic},
    outbox, report,
    requests::Requests,
    search,
    seed::{EMAIL, Size, seed, seed_with},
    server::Server,
    sign_in,
};

/// Duration of each loop.
pub(crate) const TIME: Duration = Duration::from_secs(3);
/// Duration of each loop of `--quick`.
const QUICK_TIME: Duration = Duration::from_secs(1);

/// Measures everything.
pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    seed(url)?;
    let mut figures = requests(database, url, TIME)?;
    figures.extend(others(database, url)?);
    Ok(figures)
}

/// Measures search, signing in, daily files and the outbox.
fn others(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    eprintln!("  searching");
    let mut figures = printed(search::measure(database, url)?)?;
    eprintln!("  signing in");
    figures.extend(printed(sign_in::measure(database, url)?)?);
    eprintln!("  importing daily files");
    figures.extend(printed(daily_file::measure(database, url)?)?);
    eprintln!("  emptying the outbox");
    figures.extend(printed(outbox::measure(database, url)?)?);
    Ok(figures)
}

/// Measures the requests only, with fewer closed conversations, which they do not read.
pub(crate) fn measure_quickly(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    seed_with(url, Size { conversations: 50_000, messages: 5, team_of_closed: 2, is_searched: false })?;
    requests(database, url, QUICK_TIME)
}

/// Measures the requests, the start of the server, and its memory.
fn requests(database: &str, url: &DatabaseUrl, time: Duration) -> Result<Vec<Figure>> {
    // Measures the second start, when the database file is in the page cache and no background task has work left.
    let server = Server::start(url)?;
    wait_for_background_tasks(url)?;
    drop(server);
    let server = Server::start(url)?;
    let token = sign_in(&server)?;
    let requests = Requests { database, server: &server, token: &token, time };
    let mut figures = printed(requests.of_8_clients(url)?)?;
    if time == TIME {
        figures.extend(printed(requests.of_one_client()?)?);
    }
    let startup = server.startup.as_secs_f64() * 1000.0;
    let mut memory =
        Figure::new(Topic::Server, database, "resident memory after the requests", server.memory()?, "MiB");
    memory.aim = (database == "SQLite").then_some(Aim::AtMost(60.0));
    figures.extend(printed(vec![
        Figure::new(Topic::Server, database, "from the start to the first response", startup, "ms"),
        memory,
    ])?);
    Ok(figures)
}

/// Prints the figures, so that they are visible before all measurements are complete. Returns them.
pub(crate) fn printed(figures: Vec<Figure>) -> Result<Vec<Figure>> {
    let mut text = String::new();
    report::table(&mut text, &figures.iter().collect::<Vec<_>>())?;
    eprintln!("{text}");
    Ok(figures)
}

/// Runs `work` in a closed loop without HTTP.
pub(crate) fn in_process<F, E>(clients: usize, work: impl Fn() -> F) -> Result<client::Figures>
where
    F: Future<Output = Result<(), E>>,
    anyhow::Error: From<E>,
{
    baseline::in_process(clients, TIME, work)
}

pub(crate) fn sign_in(server: &Server) -> Result<String> {
    let body = format!(r#"{{"email":"{EMAIL}","password":"{}"}}"#, api::demo::DEMO_PASSWORD);
    let request = Request::post("/api/v1/sessions", "application/json", "", &body);
    let response = server.connect()?.send(&request)?;
    let session: serde_json::Value = serde_json::from_slice(&response.body)?;
    let token = session.get("access_token").and_then(|token| token.as_str());
    Ok(token.with_context(|| format!("no token: {} {session}", response.status))?.to_owned())
}
