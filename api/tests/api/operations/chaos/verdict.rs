//! The verdict: compares the gateway's ledger with the database, message by message.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{NUMBERS, TIMEOUT, load::AcceptedMessage};
use crate::support::{database::TestDatabase, gateway::Gateway, within};

/// Interval between two comparisons.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// The ledger's direction of outbound messages.
pub(super) const OUTBOUND: &str = "outbound-api";
/// The error code of an injected refusal.
const REFUSED: &str = "21614";

pub(super) struct Verdict {
    out: usize,
    inbound: usize,
    refused: usize,
    settled_after: Duration,
    /// One sentence per fault; empty if the test passes.
    pub(super) faults: Vec<String>,
    counts: [usize; 4],
}

/// A message in the database.
struct Message {
    id: i64,
    number: String,
    status: String,
    sid: String,
    code: String,
    body: String,
}

fn messages(database: &TestDatabase, direction: &str) -> Vec<Message> {
    let rows = database.strings(&format!(
        "SELECT m.id || '|' || c.number || '|' || m.status || '|' || COALESCE(m.gateway_id, '') || '|'
            || COALESCE(m.error_code, '') || '|' || m.body AS value
         FROM messages m JOIN conversations c ON c.id = m.conversation_id
         WHERE c.number LIKE '{NUMBERS}%' AND m.direction = '{direction}' ORDER BY m.id"
    ));
    let read = |row: &String| {
        let mut words = row.splitn(6, '|').map(str::to_owned);
        let mut next = || words.next().expect("six columns");
        let (id, number, status) = (next().parse().expect("an id"), next(), next());
        Message { id, number, status, sid: next(), code: next(), body: next() }
    };
    rows.iter().map(read).collect()
}

/// The messages of one direction in the ledger, in order of acceptance.
pub(super) async fn ledger(gateway: &Gateway, direction: &str) -> Vec<Value> {
    let texts = gateway.ledger().await;
    texts.into_iter().filter(|text| text["direction"] == direction).collect()
}

fn field<'a>(text: &'a Value, name: &str) -> &'a str {
    text[name].as_str().unwrap_or_default()
}

impl Verdict {
    /// Compares until everything agrees or the time limit has passed.
    pub(super) async fn when_settled(
        database: &TestDatabase,
        gateway: &Gateway,
        accepted: &[AcceptedMessage],
    ) -> Self {
        let started = Instant::now();
        let compare = async || Self::on(database, gateway, accepted, started.elapsed()).await;
        let agreed = within(TIMEOUT, POLL_INTERVAL, async || {
            Some(compare().await).filter(|verdict| verdict.faults.is_empty())
        });
        match agreed.await {
            Some(verdict) => verdict,
            None => compare().await,
        }
    }

    async fn on(
        database: &TestDatabase,
        gateway: &Gateway,
        accepted: &[AcceptedMessage],
        settled_after: Duration,
    ) -> Self {
        let (stored, ledger_messages) = (messages(database, "outbound"), ledger(gateway, OUTBOUND).await);
        let (received, texts) = (messages(database, "inbound"), ledger(gateway, "inbound").await);
        let stuck = stuck(database, &stored);
        let lost = lost(&stored, &ledger_messages, accepted);
        let duplicated = duplicated(&stored, &ledger_messages);
        let wrong = [wrong(&stored, &ledger_messages), wrong_inbound(&received, &texts)].concat();
        Self {
            out: ledger_messages.len(),
            inbound: texts.len(),
            refused: stored.iter().filter(|message| message.code == REFUSED).count(),
            settled_after,
            counts: [lost.len(), duplicated.len(), stuck.len(), wrong.len()],
            faults: [lost, duplicated, stuck, wrong].concat(),
        }
    }
}

fn stuck(database: &TestDatabase, stored: &[Message]) -> Vec<String> {
    let rows = database.strings(
        "SELECT 'stuck: message ' || message_id || ', ' || attempts || ' attempts' AS value FROM outbox",
    );
    let unfinished = stored.iter().filter(|message| ["queued", "sending"].contains(&message.status.as_str()));
    let waiting = unfinished.map(|message| format!("stuck: message {} is {}", message.id, message.status));
    rows.into_iter().chain(waiting).collect()
}

/// Accepted messages that are missing in the database, and messages of the database that are missing in the ledger,
/// except refused ones.
fn lost(stored: &[Message], ledger_messages: &[Value], accepted: &[AcceptedMessage]) -> Vec<String> {
    let mut unmatched: HashMap<(&str, &str), usize> = HashMap::new();
    for message in stored {
        *unmatched.entry((&message.number, &message.body)).or_default() += 1;
    }
    let mut lost = Vec::new();
    for AcceptedMessage { number, body } in accepted {
        match unmatched.get_mut(&(number.as_str(), body.as_str())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => lost.push(format!("lost: {body:?} to {number} was answered 201 and is not stored")),
        }
    }
    lost.extend(unmatched.into_iter().filter(|(_, count)| *count > 0).map(|((number, body), count)| {
        format!("duplicated in the database: {body:?} to {number}, {count} more than requested")
    }));
    let sids: HashSet<&str> = ledger_messages.iter().map(|text| field(text, "sid")).collect();
    let missing =
        stored.iter().filter(|message| !sids.contains(message.sid.as_str()) && message.code != REFUSED);
    lost.extend(missing.map(|message| {
        format!(
            "lost: message {} is {} ({}), and not in the ledger",
            message.id, message.status, message.code
        )
    }));
    lost
}

/// Messages in the ledger without a message in the database.
fn duplicated(stored: &[Message], ledger_messages: &[Value]) -> Vec<String> {
    let known: HashSet<&str> = stored.iter().map(|message| message.sid.as_str()).collect();
    let extra = ledger_messages.iter().filter(|text| !known.contains(field(text, "sid")));
    extra
        .map(|text| {
            format!("duplicated: {:?} to {} is in the ledger", field(text, "body"), field(text, "to"))
        })
        .collect()
}

/// Bodies or statuses that differ from the ledger, and messages to one number in another order.
fn wrong(stored: &[Message], ledger_messages: &[Value]) -> Vec<String> {
    let by_sid: HashMap<&str, (usize, &Value)> =
        ledger_messages.iter().enumerate().map(|(place, text)| (field(text, "sid"), (place, text))).collect();
    let mut last: HashMap<&str, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for message in stored {
        let Some((place, text)) = by_sid.get(message.sid.as_str()) else { continue };
        if message.body != field(text, "body") || message.number != field(text, "to") {
            wrong.push(format!("wrong: message {} differs from {text}", message.id));
        }
        if message.status != field(text, "status") {
            wrong.push(format!(
                "wrong: message {} is {}, in the ledger {}",
                message.id, message.status, text["status"]
            ));
        }
        if last.insert(&message.number, *place).is_some_and(|before| before > *place) {
            wrong.push(format!("wrong: message {} overtook one before it", message.id));
        }
    }
    wrong
}

/// Each inbound message must be stored exactly once.
fn wrong_inbound(received: &[Message], texts: &[Value]) -> Vec<String> {
    let mut unmatched: HashMap<&str, usize> = HashMap::new();
    for message in received {
        *unmatched.entry(&message.sid).or_default() += 1;
    }
    let counts = texts.iter().map(|text| (text, unmatched.remove(field(text, "sid")).unwrap_or(0)));
    let mut wrong: Vec<String> = counts
        .filter(|(_, count)| *count != 1)
        .map(|(text, count)| format!("wrong: inbound {:?} is stored {count} times", field(text, "body")))
        .collect();
    wrong.extend(unmatched.keys().map(|sid| format!("wrong: {sid} is not in the ledger")));
    wrong
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, duplicated, stuck, wrong] = self.counts;
        write!(
            f,
            "{} messages sent, {} refused, {} received; {lost} lost, {duplicated} duplicated, {stuck} stuck, {wrong} otherwise \
             wrong; settled {:.0} s after the last kill",
            self.out,
            self.refused,
            self.inbound,
            self.settled_after.as_secs_f64()
        )
    }
}
