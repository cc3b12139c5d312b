//! `--live`: the memory of 1,000 and 10,000 live streams, the delivery of messages to all of them, and how soon all
//! screens have the queue.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use api::db::DatabaseUrl;
use hdrhistogram::Histogram;
use jsonwebtoken::{Algorithm, EncodingKey, Header};

use crate::{
    client::{Connection, Figures, Request, timed},
    database::wait_for_background_tasks,
    figures::{Aim, Figure, Topic},
    requests::QUEUE,
    scenarios::printed,
    screens::Screens,
    seed::{OPEN, Size, add_members, seed_with},
    server::{JWT_SECRET, Server},
    webhook,
};

/// Numbers of live streams.
const STREAMS: [u32; 2] = [1_000, 10_000];
/// Number of live streams of a second server.
const STREAMS_OF_SECOND: u32 = 100;
/// Messages that arrive in each measurement, and the interval between them with 1,000 streams.
const MESSAGES: usize = 200;
const INTERVAL: Duration = Duration::from_millis(50);
/// The same with 10,000 streams.
const FEW_MESSAGES: usize = 20;
const LONG_INTERVAL: Duration = Duration::from_secs(1);
/// Files that both processes need besides the streams.
const OTHER_FILES: u32 = 200;

pub(crate) fn measure(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    eprintln!("  seeding");
    seed_with(url, Size { conversations: OPEN, messages: 5, team_of_closed: 2, is_searched: false })?;
    let [few, many] = STREAMS;
    add_members(url, many)?;
    // The second start has no background task left.
    let server = Server::start(url)?;
    wait_for_background_tasks(url)?;
    drop(server);
    let mut figures = printed(with_streams(database, url, few, true)?)?;
    let open_files = open_files()?;
    if many + OTHER_FILES > open_files {
        eprintln!(
            "  {many} streams need more open files than the limit of {open_files} (ulimit -n); not measured"
        );
        return Ok(figures);
    }
    figures.extend(printed(with_streams(database, url, many, false)?)?);
    Ok(figures)
}

/// Measures with this number of streams, each of another member of the team.
fn with_streams(database: &str, url: &DatabaseUrl, streams: u32, is_busy: bool) -> Result<Vec<Figure>> {
    let server = Server::start(url)?;
    let tokens = (1..=streams).map(|n| access_token(1000 + i64::from(n))).collect::<Result<Vec<_>>>()?;
    let token = tokens.first().context("no streams")?;
    let (mut connection, queue) = (server.connect()?, Request::get(QUEUE, Some(token)));
    for _ in 0..200 {
        timed(&mut connection, &queue, 200)?;
    }
    let before = server.memory()?;
    eprintln!("  opening {streams} streams");
    let screens = Screens::open(&server.address, &tokens, 2 * MESSAGES + 1)?;
    let per_stream = (server.memory()? - before) * 1024.0 * 1.024 / f64::from(streams);
    let figure = |what: &str, value: f64, unit: &str| {
        let what = format!("{streams} streams: {what}");
        Figure::new(Topic::Live, database, &what, value, unit)
    };
    let mut figures = vec![figure("memory for each", per_stream, "kB").aim(Aim::AtMost(10.0))];

    // A new connection, because the server closes idle ones while the streams are opened.
    let connection = server.connect()?;
    let mut gateway = Gateway { screens: &screens, connection, server: &server, next: 1 };
    if is_busy {
        let idle = gateway.deliver(MESSAGES, INTERVAL)?;
        figures.push(
            figure("p99 of delivery, 20 messages a second", idle.delivered.p99, "ms")
                .with_latency(&idle.delivered)
                .aim(Aim::AtMost(250.0)),
        );
        figures.push(figure("processors used meanwhile", idle.processors, "").aim(Aim::AtMost(1.0)));
        screens.refresh(true);
        let busy = gateway.deliver(MESSAGES, INTERVAL)?;
        let refreshed = busy.refreshed.as_ref().context("no screen requested the queue")?;
        let (what, requests) = ("each screen requests the queue", busy.requests);
        figures.extend([
            figure(&format!("p99 of delivery, {what}"), busy.delivered.p99, "ms")
                .with_latency(&busy.delivered)
                .aim(Aim::AtMost(250.0)),
            figure("p99 until all screens have the queue", refreshed.p99, "ms").with_latency(refreshed),
            figure(&format!("processors used while {what}"), busy.processors, "").aim(Aim::AtMost(1.0)),
            figure("requests for the queue meanwhile", requests, "/s"),
        ]);
    } else {
        let idle = gateway.deliver(FEW_MESSAGES, LONG_INTERVAL)?;
        figures.push(
            figure("p99 of delivery, 1 message a second", idle.delivered.p99, "ms")
                .with_latency(&idle.delivered),
        );
        figures.push(figure("processors used meanwhile", idle.processors, ""));
    }
    for (what, count) in
        ["streams that the server closed", "requests refused with 503"].into_iter().zip(screens.faults())
    {
        figures.push(figure(what, f64::from(u32::try_from(count)?), "").aim(Aim::AtMost(0.0)));
    }
    Ok(figures)
}

/// Measures how soon the events of one server are at the streams of another one, on the same database.
pub(crate) fn between_servers(database: &str, url: &DatabaseUrl) -> Result<Vec<Figure>> {
    eprintln!("  seeding");
    seed_with(url, Size { conversations: OPEN, messages: 5, team_of_closed: 2, is_searched: false })?;
    add_members(url, STREAMS_OF_SECOND)?;
    let [first, second] = [Server::start(url)?, Server::start(url)?];
    wait_for_background_tasks(url)?;
    let tokens =
        (1..=STREAMS_OF_SECOND).map(|n| access_token(1000 + i64::from(n))).collect::<Result<Vec<_>>>()?;
    let screens = Screens::open(&second.address, &tokens, MESSAGES + 1)?;
    let mut gateway = Gateway { screens: &screens, connection: first.connect()?, server: &first, next: 1 };
    let delivered = gateway.deliver(MESSAGES, INTERVAL)?.delivered;
    let figure =
        |what: &str, value: f64, unit: &str| Figure::new(Topic::Operations, database, what, value, unit);
    let mut figures = vec![
        figure(
            "p99 of delivery to 100 streams of the other server, 20 messages a second",
            delivered.p99,
            "ms",
        )
        .with_latency(&delivered)
        .aim(Aim::AtMost(250.0)),
    ];
    for (name, server) in [("first", &first), ("second", &second)] {
        let startup = server.startup.as_secs_f64() * 1000.0;
        figures.push(figure(&format!("{name} server: from the start to the first response"), startup, "ms"));
        figures.push(figure(&format!("{name} server: resident memory after that"), server.memory()?, "MiB"));
    }
    Ok(figures)
}

/// Delivers messages to the server, each in another conversation.
struct Gateway<'a> {
    screens: &'a Screens,
    server: &'a Server,
    connection: Connection,
    /// The conversation of the next message.
    next: u32,
}

/// What a series of messages caused.
struct Delivered {
    /// From the start of the webhook's request until the event was at all screens.
    delivered: Figures,
    /// From the same start until all screens had the queue.
    refreshed: Option<Figures>,
    /// Processor time of the server divided by the time.
    processors: f64,
    /// Requests for the queue a second.
    requests: f64,
}

impl Gateway<'_> {
    fn deliver(&mut self, messages: usize, interval: Duration) -> Result<Delivered> {
        let (started, used, requests) =
            (Instant::now(), self.server.processor_time()?, self.screens.requests());
        let mut sent = Vec::with_capacity(messages);
        for n in 0..messages {
            let due = started + interval * u32::try_from(n)?;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let request = webhook::request(&self.server.address, webhook::in_conversation(self.next));
            sent.push((self.next, Instant::now()));
            self.connection.send(&request)?.check(200)?;
            self.next += 1;
        }
        let (mut delivered, mut refreshed) = (Histogram::<u64>::new(3)?, Histogram::<u64>::new(3)?);
        for (conversation, at) in sent {
            let delivery = self.screens.delivery(usize::try_from(conversation)?)?;
            for (histogram, reached) in
                [(&mut delivered, &delivery.complete), (&mut refreshed, &delivery.all_refreshed)]
            {
                if let Some(reached) = reached.get() {
                    histogram.record(u64::try_from(reached.saturating_duration_since(at).as_micros())?)?;
                }
            }
        }
        let elapsed = started.elapsed();
        #[expect(clippy::cast_precision_loss, reason = "requests of a few seconds")]
        let requests = (self.screens.requests() - requests) as f64 / elapsed.as_secs_f64();
        Ok(Delivered {
            delivered: Figures::of(&delivered, elapsed),
            refreshed: (!refreshed.is_empty()).then(|| Figures::of(&refreshed, elapsed)),
            processors: (self.server.processor_time()? - used) / elapsed.as_secs_f64(),
            requests,
        })
    }
}

/// Signs the token of a seeded session, whose id is that of its account.
fn access_token(account: i64) -> Result<String> {
    let now = api::clock::Clock::System.now().timestamp();
    let claims = serde_json::json!({ "sub": account, "sid": account, "iat": now, "exp": now + 900 });
    let key = EncodingKey::from_secret(JWT_SECRET.as_bytes());
    Ok(jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

/// Returns how many files a process may open.
fn open_files() -> Result<u32> {
    let limits = std::fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).context("no limit")?;
    Ok(line.split_whitespace().next().and_then(|limit| limit.parse().ok()).unwrap_or(u32::MAX))
}
