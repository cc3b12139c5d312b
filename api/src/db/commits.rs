//! Tells an observer which events each transaction has committed, before the caller of
//! [`Db::write`](super::Db::write) continues. So a cache that observes commits never answers a caller from before the
//! caller's own change.

use std::{
    cell::RefCell,
    sync::{Arc, OnceLock},
};

use shared::event::Event;

thread_local! {
    // A transaction runs on one thread from its beginning to its end.
    static NOTED: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
}

/// Receives the events of each commit.
pub trait CommitObserver: Send + Sync {
    /// Called after a commit, and before the writer continues. It must return soon: on SQLite, all writers wait for it.
    fn committed(&self, events: &[Event]);
}

/// Notes an event of the transaction that runs on this thread.
pub(crate) fn note(event: Event) {
    NOTED.with_borrow_mut(|noted| noted.push(event));
}

/// Returns the events that were noted on this thread, and forgets them.
pub(super) fn take_noted() -> Vec<Event> {
    NOTED.take()
}

/// The observer of the commits, if there is one. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Commits(Arc<OnceLock<Arc<dyn CommitObserver>>>);

impl Commits {
    /// Sets the observer. Only the first one counts.
    pub(super) fn observe(&self, observer: Arc<dyn CommitObserver>) {
        let _ = self.0.set(observer);
    }

    /// Tells the observer what was committed.
    pub(super) fn tell(&self, events: &[Event]) {
        if let Some(observer) = self.0.get().filter(|_| !events.is_empty()) {
            observer.committed(events);
        }
    }
}
