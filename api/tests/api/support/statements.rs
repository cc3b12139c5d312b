//! The statements that the desk really sends, taken down as Diesel sends them, for one database at a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Mutex, Once, PoisonError},
};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// The statements by the URL of the connection on which they were sent, and how often each was.
static SENT: Mutex<Option<HashMap<String, BTreeMap<String, usize>>>> = Mutex::new(None);

/// Takes down what one connection sends, if anybody wants to know.
#[derive(Default)]
struct Scribe {
    url: String,
}

impl Instrumentation for Scribe {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => url.clone_into(&mut self.url),
            InstrumentationEvent::StartQuery { query, .. } => {
                let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
                let wanted = sent.as_mut().and_then(|sent| sent.get_mut(&self.url));
                if let Some(statements) = wanted {
                    let text = query.to_string();
                    let statement = text.split(" -- binds:").next().unwrap_or_default();
                    *statements.entry(statement.to_owned()).or_default() += 1;
                }
            }
            _ => {}
        }
    }
}

/// Lets every connection that is made from now on tell its statements. Before the desk is started.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::new(Scribe::default()))).expect("an instrumentation");
    });
}

/// Takes down from now on what is sent to this database.
pub(crate) fn take_down(url: &str) {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.get_or_insert_default().insert(as_connected(url), BTreeMap::new());
}

/// The different statements that were sent to it since.
pub(crate) fn taken_down(url: &str) -> BTreeSet<String> {
    counted(url).into_keys().collect()
}

/// The different statements that were sent to it since, with how often each was.
pub(crate) fn counted(url: &str) -> BTreeMap<String, usize> {
    let mut sent = SENT.lock().unwrap_or_else(PoisonError::into_inner);
    sent.get_or_insert_default().remove(&as_connected(url)).unwrap_or_default()
}

/// The URL as Diesel knows it: for SQLite, the file.
fn as_connected(url: &str) -> String {
    url.trim_start_matches("sqlite://").to_owned()
}
