//! The outbox: how fast it sends thousands of queued messages, with their receipts, to a gateway that takes 20 ms for
//! each, and whether a slow or unreachable gateway slows down other requests.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use api::db::DatabaseUrl;
use simulator::Simulator;

use crate::{
    client::{Connection, Figures, Request, closed_loop},
    database::{count, execute},
    figures::{Figure, Topic},
    scenarios::{TIME, sign_in},
    server::{ACCOUNT_SID, AUTH_TOKEN, Server},
};

/// Number of queued messages.
const MESSAGES: u32 = 5_000;
/// Time that the gateway takes for each message.
const LATENCY: Duration = Duration::from_millis(20);
/// Maximum time for sending them all, after which the benchmark fails.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(300);

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let gateway = Simulator::start(simulator::Settings {
        account_sid: ACCOUNT_SID.to_owned(),
        auth_token: AUTH_TOKEN.to_owned(),
        latency: LATENCY,
        ..simulator::Settings::default()
    })?;
    let queue = |what: &str, measured: &Figures| {
        Figure::new(Topic::Outbox, database, what, measured.p99, "ms").with_latency(measured)
    };
    let before = measure_queue(url, &gateway.url())?;
    let mut figures = vec![queue("p99 of `GET /queue`, no messages wait", &before)];
    fill(url)?;
    let server = start(url, &gateway.url())?;
    let started = Instant::now();
    while count(url, "outbox")? > 0 {
        ensure!(started.elapsed() < DRAIN_TIMEOUT, "{} messages are still queued", count(url, "outbox")?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let per_second = f64::from(MESSAGES) / started.elapsed().as_secs_f64();
    drop(server);
    figures.insert(0, Figure::new(Topic::Outbox, database, "messages sent", per_second, "/s"));

    fill(url)?;
    let no_response = r#"{"fault": "latency", "ms": 600000, "times": null}"#;
    let request = Request::post("/simulator/faults", "application/json", "", no_response);
    Connection::to(&gateway.address().to_string())?.send(&request)?;
    let silent = measure_queue(url, &gateway.url())?;
    let unreachable = measure_queue(url, "http://127.0.0.1:1")?;
    empty(url)?;
    for (what, measured) in [
        ("p99 of `GET /queue`, the gateway never answers", silent),
        ("p99 of `GET /queue`, the gateway cannot be reached", unreachable),
    ] {
        figures.push(queue(what, &measured).compared_with("no messages wait", before.p99));
    }
    Ok(figures)
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
    execute(
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
    execute(
        url,
        "DELETE FROM outbox; UPDATE messages SET status = 'sent' WHERE status IN ('queued', 'sending');
         DELETE FROM gateway_refusals;",
    )
}
