//! Webhooks out: how many a second get from the event log to a receiver that answers at once. Compared with the same
//! requests that the benchmark sends by itself.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use api::db::DatabaseUrl;

use crate::{
    client::{Request, closed_loop},
    database::{count, execute},
    figures::{Aim, Figure, Topic},
    scenarios::{TIME, sign_in},
    server::Server,
};

/// Time after which the benchmark fails.
const TIMEOUT: Duration = Duration::from_secs(120);

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    let receiver = Receiver::start()?;
    execute(url, r#"UPDATE accounts SET permissions = '["reply","close","search","import","manage_team"]'"#)?;
    let server = start(url)?;
    let token = sign_in(&server)?;
    let endpoint = format!(r#"{{"url":"http://{}/","event_types":["message.received"]}}"#, receiver.address);
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let request = Request::post("/api/v1/teams/1/webhook_endpoints", "application/json", &bearer, &endpoint);
    server.connect()?.send(&request)?.check(201)?;
    drop(server);

    let events = add_events(url)?;
    let server = start(url)?;
    let started = Instant::now();
    let (first, last) = loop {
        if let Some(times) = receiver.times_of(events) {
            break times;
        }
        ensure!(started.elapsed() < TIMEOUT, "the receiver did not get {events} webhooks");
        std::thread::sleep(Duration::from_millis(2));
    };
    drop(server);
    execute(
        url,
        r#"DELETE FROM webhook_endpoints;
           UPDATE accounts SET permissions = '["reply","close","search","import"]'"#,
    )?;

    let per_second = f64::from(events) / (last - first).as_secs_f64();
    let body = "x".repeat(1_000);
    let bare = closed_loop(&receiver.address, 8, TIME, 204, move |_| {
        Request::post("/", "application/json", "", &body)
    })?;
    let figure = Figure::new(Topic::Webhooks, database, "webhooks delivered", per_second, "/s");
    Ok(vec![
        figure.aim(Aim::AtLeast(1_000.0)).compared_with("8 clients that only send requests", bare.per_second),
    ])
}

fn start(url: &DatabaseUrl) -> Result<Server> {
    Server::start_with(url, |command| {
        command.env("SMS_CHAT_WEBHOOK_PRIVATE_ADDRESSES", "on");
    })
}

/// Writes an event for each open conversation into the log, as if a message had just been received. Returns their number.
fn add_events(url: &DatabaseUrl) -> Result<u32> {
    let now = api::clock::Clock::System.now();
    let now = match url {
        DatabaseUrl::Sqlite(_) => now.timestamp_micros().to_string(),
        DatabaseUrl::Postgres(_) => format!("TIMESTAMPTZ '{}'", now.to_rfc3339()),
    };
    let before = count(url, "events")?;
    execute(
        url,
        &format!(
            "INSERT INTO events (kind, team_id, conversation_id, message_id, at)
                SELECT 'message_received', 1, c.id, max(m.id), {now} FROM conversations c
                JOIN messages m ON m.conversation_id = c.id AND m.direction = 'inbound'
                WHERE c.team_id = 1 AND c.status = 'open' GROUP BY c.id"
        ),
    )?;
    Ok(u32::try_from(count(url, "events")? - before)?)
}

/// A server that answers every request with 204 (No Content).
struct Receiver {
    address: String,
    received: Arc<Mutex<Received>>,
}

#[derive(Default)]
struct Received {
    count: u32,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Receiver {
    fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let received = Arc::new(Mutex::new(Received::default()));
        let counted = Arc::clone(&received);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counted = Arc::clone(&counted);
                // An error only ends its connection: the count shows what is missing.
                std::thread::spawn(move || answer(stream, &counted));
            }
        });
        Ok(Self { address, received })
    }

    /// Returns when the first and the last request arrived, once there are `count`.
    fn times_of(&self, count: u32) -> Option<(Instant, Instant)> {
        let received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        received.first.zip(received.last).filter(|_| received.count >= count)
    }
}

fn answer(mut stream: TcpStream, received: &Mutex<Received>) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let read = stream.read(&mut chunk)?;
        if read == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(chunk.get(..read).unwrap_or_default());
        while let Some(end) = end_of_request(&bytes).filter(|end| *end <= bytes.len()) {
            bytes.drain(..end);
            let mut received = received.lock().unwrap_or_else(PoisonError::into_inner);
            received.count += 1;
            received.first.get_or_insert_with(Instant::now);
            received.last = Some(Instant::now());
            drop(received);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
        }
    }
}

/// Returns the length of the first request, once its head has arrived.
fn end_of_request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let text = std::str::from_utf8(bytes.get(..head)?).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    Some(head + 4 + length.unwrap_or(0))
}
