//! What came of it: the gateway's ledger held against the database, text by text.

use std::{
    collections::{HashMap, HashSet},
    fmt,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{NUMBERS, PATIENCE, load::Written};
use crate::support::{database::TestDatabase, gateway::Gateway, within};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(500);
/// The ledger's word for the desk's texts.
pub(super) const OUTBOUND: &str = "outbound-api";
/// What an ordered refusal is called.
const REFUSED: &str = "21614";

pub(super) struct Verdict {
    out: usize,
    inbound: usize,
    refused: usize,
    settled_after: Duration,
    /// Each a sentence; none is what is wanted.
    pub(super) faults: Vec<String>,
    counts: [usize; 4],
}

/// A message as the database has it.
struct Message {
    id: i64,
    number: String,
    status: String,
    sid: String,
    code: String,
    body: String,
}

fn messages(database: &TestDatabase, direction: &str) -> Vec<Message> {
    let rows = database.words(&format!(
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

/// The ledger's texts of a direction, in the order in which they were accepted.
pub(super) async fn ledger(gateway: &Gateway, direction: &str) -> Vec<Value> {
    let texts = gateway.ledger().await;
    texts.into_iter().filter(|text| text["direction"] == direction).collect()
}

fn word<'a>(text: &'a Value, name: &str) -> &'a str {
    text[name].as_str().unwrap_or_default()
}

impl Verdict {
    /// Looks until all agree, or for as long as anything may take that is under way.
    pub(super) async fn in_the_end(database: &TestDatabase, gateway: &Gateway, written: &[Written]) -> Self {
        let begun = Instant::now();
        let look = async || Self::on(database, gateway, written, begun.elapsed()).await;
        let agreed =
            within(PATIENCE, LOOK, async || Some(look().await).filter(|seen| seen.faults.is_empty()));
        match agreed.await {
            Some(verdict) => verdict,
            None => look().await,
        }
    }

    async fn on(
        database: &TestDatabase,
        gateway: &Gateway,
        written: &[Written],
        settled_after: Duration,
    ) -> Self {
        let (ours, theirs) = (messages(database, "outbound"), ledger(gateway, OUTBOUND).await);
        let (received, texts) = (messages(database, "inbound"), ledger(gateway, "inbound").await);
        let stuck = stuck(database, &ours);
        let lost = lost(&ours, &theirs, written);
        let doubled = doubled(&ours, &theirs);
        let wrong = [wrong(&ours, &theirs), of_customers(&received, &texts)].concat();
        Self {
            out: theirs.len(),
            inbound: texts.len(),
            refused: ours.iter().filter(|message| message.code == REFUSED).count(),
            settled_after,
            counts: [lost.len(), doubled.len(), stuck.len(), wrong.len()],
            faults: [lost, doubled, stuck, wrong].concat(),
        }
    }
}

fn stuck(database: &TestDatabase, ours: &[Message]) -> Vec<String> {
    let rows = database
        .words("SELECT 'stuck: message ' || message_id || ', ' || attempts || ' tries' AS value FROM outbox");
    let unfinished = ours.iter().filter(|message| ["queued", "sending"].contains(&message.status.as_str()));
    let waiting = unfinished.map(|message| format!("stuck: message {} is {}", message.id, message.status));
    rows.into_iter().chain(waiting).collect()
}

/// What the desk promised and does not have, and what it has and the gateway never had, but for refusals.
fn lost(ours: &[Message], theirs: &[Value], written: &[Written]) -> Vec<String> {
    let mut kept: HashMap<(&str, &str), usize> = HashMap::new();
    for message in ours {
        *kept.entry((&message.number, &message.body)).or_default() += 1;
    }
    let mut lost = Vec::new();
    for Written { number, body } in written {
        match kept.get_mut(&(number.as_str(), body.as_str())) {
            Some(count) if *count > 0 => *count -= 1,
            _ => lost.push(format!("lost: {body:?} to {number} was answered 201 and is nowhere")),
        }
    }
    lost.extend(kept.into_iter().filter(|(_, count)| *count > 0).map(|((number, body), count)| {
        format!("doubled in the desk: {body:?} to {number}, {count} more than were asked for")
    }));
    let sids: HashSet<&str> = theirs.iter().map(|text| word(text, "sid")).collect();
    let missing =
        ours.iter().filter(|message| !sids.contains(message.sid.as_str()) && message.code != REFUSED);
    lost.extend(missing.map(|message| {
        format!(
            "lost: message {} is {} ({}), and not in the ledger",
            message.id, message.status, message.code
        )
    }));
    lost
}

/// What the gateway has and no message of the desk's became.
fn doubled(ours: &[Message], theirs: &[Value]) -> Vec<String> {
    let known: HashSet<&str> = ours.iter().map(|message| message.sid.as_str()).collect();
    let extra = theirs.iter().filter(|text| !known.contains(word(text, "sid")));
    extra
        .map(|text| format!("doubled: {:?} to {} is in the ledger", word(text, "body"), word(text, "to")))
        .collect()
}

/// Other words or another fate than the ledger's, or another order to one number.
fn wrong(ours: &[Message], theirs: &[Value]) -> Vec<String> {
    let by_sid: HashMap<&str, (usize, &Value)> =
        theirs.iter().enumerate().map(|(place, text)| (word(text, "sid"), (place, text))).collect();
    let mut last: HashMap<&str, usize> = HashMap::new();
    let mut wrong = Vec::new();
    for message in ours {
        let Some((place, text)) = by_sid.get(message.sid.as_str()) else { continue };
        if message.body != word(text, "body") || message.number != word(text, "to") {
            wrong.push(format!("wrong: message {} became {text}", message.id));
        }
        if message.status != word(text, "status") {
            wrong.push(format!(
                "wrong: message {} is {}, there {}",
                message.id, message.status, text["status"]
            ));
        }
        if last.insert(&message.number, *place).is_some_and(|before| before > *place) {
            wrong.push(format!("wrong: message {} overtook one before it", message.id));
        }
    }
    wrong
}

/// Each of the customers' texts once.
fn of_customers(received: &[Message], texts: &[Value]) -> Vec<String> {
    let mut kept: HashMap<&str, usize> = HashMap::new();
    for message in received {
        *kept.entry(&message.sid).or_default() += 1;
    }
    let counts = texts.iter().map(|text| (text, kept.remove(word(text, "sid")).unwrap_or(0)));
    let mut wrong: Vec<String> = counts
        .filter(|(_, count)| *count != 1)
        .map(|(text, count)| {
            format!("wrong: {:?} of a customer's is there {count} times", word(text, "body"))
        })
        .collect();
    wrong.extend(kept.keys().map(|sid| format!("wrong: nobody wrote {sid}")));
    wrong
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [lost, doubled, stuck, wrong] = self.counts;
        write!(
            f,
            "{} texts sent, {} refused, {} received; {lost} lost, {doubled} doubled, {stuck} stuck, {wrong} otherwise \
             wrong; settled {:.0} s after the last kill",
            self.out,
            self.refused,
            self.inbound,
            self.settled_after.as_secs_f64()
        )
    }
}
