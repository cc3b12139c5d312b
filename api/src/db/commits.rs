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

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, PoisonError};

    use chrono::DateTime;
    use shared::{event::EventKind, ids::EventId};

    use super::{
        super::{DatabaseUrl, Db, DbConnection, DbError},
        *,
    };

    #[derive(Default)]
    struct Told(Mutex<Vec<i64>>);

    impl CommitObserver for Told {
        fn committed(&self, events: &[Event]) {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            told.extend(events.iter().map(|event| event.id.0));
        }
    }

    /// Returns a transaction with one event.
    fn commit(id: i64) -> impl FnOnce(&mut DbConnection) -> Result<(), DbError> {
        let event = Event {
            id: EventId(id),
            kind: EventKind::MessageReceived,
            team_id: None,
            conversation_id: None,
            message_id: None,
            account_id: None,
            at: DateTime::UNIX_EPOCH,
        };
        move |_| {
            note(event);
            Ok(())
        }
    }

    #[tokio::test(flavor = "current_thread")]
    async fn the_observer_knows_the_events_of_a_commit_when_its_writer_continues_and_none_of_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("desk.db")), 1).unwrap();
        let observer = Arc::new(Told::default());
        db.observe_commits(Arc::<Told>::clone(&observer));
        let told = || observer.0.lock().unwrap().clone();

        db.write(commit(1)).await.unwrap();
        assert_eq!(told(), [1]);
        let roll_back = |conn: &mut DbConnection| commit(2)(conn).and(Err::<(), _>(DbError::Busy));
        db.write(roll_back).await.unwrap_err();
        db.write(commit(3)).await.unwrap();
        assert_eq!(told(), [1, 3]);
    }
}
