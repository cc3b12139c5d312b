//! The outbox: how fast it sends thousands of queued messages, with their receipts, to a gateway that takes 20 ms for
//! each, and whether a slow or unreachable gateway slows down other requests.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use api::db::DatabaseUrl;
use diesel::{
    Connection as _, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types::BigInt,
};
use simulator::Simulator;

use crate::{
    client::{Connection, Figures, Request, closed_loop},
    scenarios::{TIME, sign_in},
    server::{ACCOUNT_SID, AUTH_TOKEN, Server},
};

/// Number of queued messages.
const MESSAGES: u32 = 5_000;
/// Time that the gateway takes for each message.
const LATENCY: Duration = Duration::from_millis(20);
/// Maximum time for sending them all, after which the benchmark fails.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(300);

/// The measured figures.
pub(crate) struct Outbox {
    drained_in: Duration,
    /// Requests for the queue, by the state of the gateway meanwhile.
    queue: Vec<(&'static str, Figures)>,
}

pub(crate) fn measure(url: &DatabaseUrl) -> Result<Outbox> {
    let gateway = Simulator::start(simulator::Settings {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        latency: LATENCY,
        ..simulator::Settings::default()
    })?;
    let mut queue = vec![("no messages wait", measure_queue(url, &gateway.url())?)];
    fill(url)?;
    let server = start(url, &gateway.url())?;
    let started = Instant::now();
    while outbox_size(url)? > 0 {
        ensure!(started.elapsed() < DRAIN_TIMEOUT, "{} messages are still queued", outbox_size(url)?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let drained_in = started.elapsed();
    drop(server);

    fill(url)?;
    let no_response = r#"{"fault": "latency", "ms": 600000, "times": null}"#;
    let request = Request::post("/simulator/faults", "application/json", "", no_response);
    Connection::to(&gateway.address().to_string())?.send(&request)?;
    queue.push(("5,000 messages wait, the gateway never answers", measure_queue(url, &gateway.url())?));
    queue.push((
        "5,000 messages wait, the gateway cannot be reached",
        measure_queue(url, "http://127.0.0.1:1")?,
    ));
    empty(url)?;
    Ok(Outbox { drained_in, queue })
}

/// Writes the figures into the document.
pub(crate) fn report(text: &mut String, measured: &Outbox) -> std::fmt::Result {
    let seconds = measured.drained_in.as_secs_f64();
    writeln!(
        text,
        "{MESSAGES} waiting messages, sent to a gateway that takes {} ms for each and returns three receipts: \
         {seconds:.1} s, {:.0} a second.\n\nRequests for the queue by 8 clients meanwhile:\n\n\
         | Meanwhile | Per second | p50 ms | p95 ms | p99 ms | p99 / first p99 |\n|---|--:|--:|--:|--:|--:|",
        LATENCY.as_millis(),
        f64::from(MESSAGES) / seconds
    )?;
    let first = measured.queue.first().map_or(f64::NAN, |(_, figures)| figures.p99);
    for (what, Figures { per_second, p50, p95, p99, .. }) in &measured.queue {
        writeln!(text, "| {what} | {per_second:.0} | {p50:.2} | {p95:.2} | {p99:.2} | {:.2} |", p99 / first)?;
    }
    writeln!(text)
}

fn start(url: &DatabaseUrl, gateway: &str) -> Result<Server> {
    Server::start_with(url, |command| {
        command.env("SMS_CHAT_GATEWAY", "twilio").env("TWILIO_API_URL", gateway);
    })
}

fn measure_queue(url: &DatabaseUrl, gateway: &str) -> Result<Figures> {
    let server = start(url, gateway)?;
    let token = sign_in(&server)?;
    closed_loop(&server.address, 8, TIME, 200, move |_| Request::get("/api/v1/queue", Some(&token)))
}

/// Queues messages, each to a different number, as if they had just been written.
fn fill(url: &DatabaseUrl) -> Result<()> {
    let now = api::clock::Clock::System.now();
    let now = match url {
        DatabaseUrl::Sqlite(_) => now.timestamp_micros().to_string(),
        DatabaseUrl::Postgres(_) => format!("TIMESTAMPTZ '{}'", now.to_rfc3339()),
    };
    run(
        url,
        &format!(
            "DELETE FROM outbox;
             INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
                SELECT id, 'outbound', 'system', 'A text that waits.', 1, 'gsm7', 'queued', {now} FROM conversations
                WHERE team_id = 1 AND status = 'open' ORDER BY id LIMIT {MESSAGES};
             INSERT INTO outbox (message_id, team_number, number, due_at)
                SELECT m.id, c.team_number, c.number, {now} FROM messages m JOIN conversations c ON c.id = conversation_id
                WHERE m.status = 'queued';"
        ),
    )
}

/// Empties the outbox.
fn empty(url: &DatabaseUrl) -> Result<()> {
    run(
        url,
        "DELETE FROM outbox; UPDATE messages SET status = 'sent' WHERE status IN ('queued', 'sending');
         DELETE FROM gateway_refusals;",
    )
}

fn run(url: &DatabaseUrl, sql: &str) -> Result<()> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute("PRAGMA busy_timeout = 60000")?;
            conn.batch_execute(&format!("BEGIN IMMEDIATE; {sql} COMMIT;"))?;
        }
        DatabaseUrl::Postgres(url) => PgConnection::establish(url)?.batch_execute(sql)?,
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

fn outbox_size(url: &DatabaseUrl) -> Result<i64> {
    let query = sql_query("SELECT count(*) AS count FROM outbox");
    let row: Count = match url {
        DatabaseUrl::Sqlite(path) => {
            query.get_result(&mut SqliteConnection::establish(&path.to_string_lossy())?)?
        }
        DatabaseUrl::Postgres(url) => query.get_result(&mut PgConnection::establish(url)?)?,
    };
    Ok(row.count)
}
