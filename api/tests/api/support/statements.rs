//! Records the SQL statements that the server sends, as Diesel sends them, for one database at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, Once, PoisonError},
};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// Recorded statements and their counts, by the URL of the connection.
static SENT: Mutex<Option<HashMap<String, BTreeMap<String, usize>>>> = Mutex::new(None);

/// Records the statements of one connection while recording is on for its database.
#[derive(Default)]
struct StatementRecorder {
    url: String,
}

impl Instrumentation for StatementRecorder {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                // Without the parameters, which the server adds.
                url.split('?').next().unwrap_or_default().clone_into(&mut self.url);
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
                let recorded = sent.as_mut().and_then(|sent| sent.get_mut(&self.url));
                if let Some(statements) = recorded {
                    let text = query.to_string();
                    let statement = text.split(" -- binds:").next().unwrap_or_default();
                    *statements.entry(statement.to_owned()).or_default() += 1;
                }
            }
            _ => {}
        }
    }
}

/// Installs the recorder for all connections that are opened from now on. Call it before the server starts.
pub(crate) fn install_recorder() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::new(StatementRecorder::default())))
            .expect("an instrumentation");
    });
}

/// Starts recording the statements sent to this database.
pub(crate) fn start_recording(url: &str) {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.get_or_insert_default().insert(connection_url(url), BTreeMap::new());
}

/// Stops recording and returns the distinct statements.
pub(crate) fn recorded(url: &str) -> BTreeSet<String> {
    recorded_counts(url).into_keys().collect()
}

/// Stops recording and returns the distinct statements with their counts.
pub(crate) fn recorded_counts(url: &str) -> BTreeMap<String, usize> {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.get_or_insert_default().remove(&connection_url(url)).unwrap_or_default()
}

/// The URL as Diesel reports it: for SQLite, the path of the file.
fn connection_url(url: &str) -> String {
    url.trim_start_matches("sqlite://").to_owned()
}

/// Whether a background task sends the statement at an interval: the feed, the senders of webhooks and campaigns, and
/// retention.
pub(crate) fn is_of_task(statement: &str) -> bool {
    let statement = statement.replace(['"', '`'], "");
    let tables = ["events", "presences", "webhook_", "campaigns", "retention"];
    tables.iter().any(|table| statement.contains(&format!("FROM {table}")))
}
