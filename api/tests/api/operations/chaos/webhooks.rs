//! Webhooks while the server is killed: an endpoint that fails half of the time gets each event at least once, in order for
//! each conversation. Afterwards, the time in which a fast endpoint gets what waits for it.

use std::{
    collections::HashMap,
    ops::Range,
    process::Command,
    time::{Duration, Instant},
};

use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::sync::watch;

use super::{NUMBERS, TIMEOUT, load::TEAM_NUMBER, setting};
use crate::support::{
    ApiResponse, Client, Kind,
    balancer::free_address,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, MESSAGES, message_form, sid, signed},
    receiver::{Received, Receiver},
    within,
};

/// Number of events of a conversation.
const EVENTS: usize = 10;
/// Number of messages that arrive at the same time.
const WRITERS: usize = 4;
const POLL_INTERVAL: Duration = Duration::from_millis(20);

#[test]
fn an_endpoint_gets_every_event_in_order_on_sqlite() {
    chaos(Kind::Sqlite);
}

#[test]
fn an_endpoint_gets_every_event_in_order_on_postgres() {
    chaos(Kind::Postgres);
}

fn chaos(kind: Kind) {
    let (seed, kills) = (setting("SMS_CHAT_CHAOS_SEED", 1), setting("SMS_CHAT_CHAOS_WEBHOOK_KILLS", 2));
    let events = usize::try_from(setting("SMS_CHAT_CHAOS_WEBHOOK_EVENTS", 300)).expect("a number of events");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let summary = runtime.unwrap().block_on(run(kind, events, kills, seed));
    println!("webhooks on {kind:?}, seed {seed}, {kills} kills: {summary}");
}

/// A server that is killed and started again at the same address.
struct Desk {
    database: TestDatabase,
    address: String,
}

impl Desk {
    fn start(&self) -> ServerProcess {
        let mut command: Command = sms_chat(&self.database.url, &["serve"]);
        command
            .env("SMS_CHAT_GATEWAY", "simulator")
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("SMS_CHAT_RATE_LIMIT", "0")
            .env("SMS_CHAT_REPAIR_SECONDS", "0")
            .env("SMS_CHAT_WEBHOOK_PRIVATE_ADDRESSES", "on")
            .env("SMS_CHAT_WEBHOOK_RETRIES", ["1"; 20].join(","));
        ServerProcess::start_at(command, &self.address)
    }

    /// Number of deliveries with this status.
    fn count(&self, status: &str) -> i64 {
        let count = format!("(SELECT count(*) FROM webhook_deliveries WHERE status = '{status}')");
        self.database.try_integer(&count).unwrap_or(-1)
    }
}

/// Sends the messages, kills the server meanwhile, and waits until all webhooks are delivered. Returns what happened.
async fn run(kind: Kind, events: usize, kills: u64, seed: u64) -> String {
    let desk = Desk { database: TestDatabase::empty(kind), address: free_address() };
    assert_eq!(run_command(sms_chat(&desk.database.url, &["demo"]), "").code, 0);
    let mut server = desk.start();
    let anonymous = Client::of(&server.url);
    let receiver = Receiver::start();
    let (admin, endpoint) = endpoint(&anonymous, &receiver).await;
    let mut rng = StdRng::seed_from_u64(seed);
    receiver.answer_by(move |_| (if rng.random() { 503 } else { 204 }, String::new(), String::new()));

    let (sent, progress) = watch::channel(0);
    let started = Instant::now();
    let writers = (0..WRITERS).map(|writer| write(&anonymous, writer, 0..events, &sent));
    let killing = async {
        let (mut progress, kills_planned) = (progress, usize::try_from(kills).expect("a number"));
        for kill in 1..=kills_planned {
            // Spread over the time in which messages arrive, and once in a while among the retries.
            let after = events * kill / (kills_planned + 1);
            let _ = progress.wait_for(|sent| *sent >= after).await;
            server.kill();
            server = desk.start();
        }
        server
    };
    let (_, server) = tokio::join!(futures_util::future::join_all(writers), killing);
    let delivered = i64::try_from(events).expect("a number");
    let settled = within(TIMEOUT * 5, POLL_INTERVAL * 10, async || {
        (desk.count("delivered") >= delivered && desk.count("pending") == 0).then_some(())
    });
    assert!(
        settled.await.is_some(),
        "{} delivered, {} pending, {} failed",
        desk.count("delivered"),
        desk.count("pending"),
        desk.count("failed")
    );
    let took = started.elapsed();
    let received = receiver.received();
    verify(&received, events);
    let refused = received.iter().filter(|one| !one.is_accepted()).count();
    let repeated = received.len() - refused - events;
    let rate = rate(&desk, &admin, &endpoint, &receiver, &anonymous, events).await;
    drop(server);
    format!(
        "{events} events delivered in order in {:.0} s by {} requests, {refused} of them refused, {repeated} accepted \
         again; {rate:.0} webhooks/s to a fast endpoint",
        took.as_secs_f64(),
        received.len(),
    )
}

/// Creates an endpoint of Collections for received messages.
async fn endpoint(anonymous: &Client, receiver: &Receiver) -> (Client, Value) {
    let admin = json!({"email": "admin@example.com", "password": "sms-chat-demo"});
    let session = anonymous.post("/sessions", admin).await.expect(201);
    let admin = anonymous.with_token(session["access_token"].as_str().unwrap());
    let new = json!({"url": receiver.url(), "event_types": ["message.received"]});
    let endpoint = admin.post("/teams/1/webhook_endpoints", new).await.expect(201);
    (admin, endpoint)
}

/// Sends every fourth message, each until the server has confirmed it.
async fn write(server: &Client, writer: usize, events: Range<usize>, sent: &watch::Sender<usize>) {
    for n in (events.start + writer..events.end).step_by(WRITERS) {
        send(server, n).await;
        sent.send_modify(|sent| *sent += 1);
    }
}

/// Returns the customer of a message. One writer sends all messages of a customer.
fn customer(n: usize) -> usize {
    n / (EVENTS * WRITERS) * WRITERS + n % WRITERS
}

/// Sends a message until the server has confirmed it.
async fn send(server: &Client, n: usize) {
    let number = format!("{NUMBERS}3{:04}", customer(n));
    let form = message_form(&sid(n + 1), &number, TEAM_NUMBER, &n.to_string());
    let confirmed = within(TIMEOUT, POLL_INTERVAL, async || {
        let response = signed(server, MESSAGES, &form).send().await.ok()?;
        response.status().is_success().then_some(())
    });
    assert!(confirmed.await.is_some(), "message {n} was not confirmed");
}

/// Each event was accepted at least once, and when it first arrived, the receiver had accepted all earlier ones of its
/// conversation.
fn verify(received: &[Received], events: usize) {
    let mut accepted: HashMap<String, Vec<usize>> = HashMap::new();
    for one in received {
        let content = one.json();
        let number = content["data"]["conversation"]["number"].as_str().expect("a number").to_owned();
        let body = content["data"]["message"]["body"].as_str().expect("a text");
        let n: usize = body.parse().expect("a number");
        let of_customer = accepted.entry(number).or_default();
        if of_customer.contains(&n) {
            continue;
        }
        let before = n.checked_sub(WRITERS).filter(|before| customer(*before) == customer(n));
        assert_eq!(
            of_customer.last().copied(),
            before,
            "event {n} arrived before the one before it was accepted"
        );
        if one.is_accepted() {
            of_customer.push(n);
        }
    }
    let mut all: Vec<usize> = accepted.into_values().flatten().collect();
    all.sort_unstable();
    assert_eq!(all, (0..events).collect::<Vec<_>>(), "some events were not accepted");
}

/// Lets events wait at a disabled endpoint, and returns how many a second it gets once it is enabled.
async fn rate(
    desk: &Desk,
    admin: &Client,
    endpoint: &Value,
    receiver: &Receiver,
    anonymous: &Client,
    events: usize,
) -> f64 {
    let path = format!("/webhook_endpoints/{}", endpoint["id"]);
    let set_enabled = async |enabled: bool| {
        let change =
            json!({"url": endpoint["url"], "event_types": endpoint["event_types"], "enabled": enabled});
        ApiResponse::expect(admin.put(&path, change).await, 200)
    };
    receiver.answer(204);
    set_enabled(false).await;
    let (sent, _) = watch::channel(0);
    let writers = (0..WRITERS).map(|writer| write(anonymous, writer, events..2 * events, &sent));
    futures_util::future::join_all(writers).await;
    let waiting = i64::try_from(events).expect("a number");
    let recorded =
        within(TIMEOUT * 5, POLL_INTERVAL, async || (desk.count("pending") == waiting).then_some(())).await;
    assert!(recorded.is_some(), "{} of {waiting} deliveries wait", desk.count("pending"));
    let (before, started) = (receiver.count(), Instant::now());
    set_enabled(true).await;
    let all = within(TIMEOUT, Duration::from_millis(2), async || {
        (receiver.count() >= before + events).then_some(())
    });
    assert!(all.await.is_some(), "the fast endpoint did not get everything");
    events as f64 / started.elapsed().as_secs_f64()
}
