//! Tells an observer which events each transaction has committed, before the caller of
//! [`Db::write`](super::Db::write) continues. So a cache that observes commits never answers a caller from before the
//! caller's own change. Also runs what a transaction leaves to do after its commit, such as a log line.

use std::{
    cell::RefCell,
    sync::{Arc, OnceLock},
};

use shared::event::Event;

thread_local! {
    // A transaction runs on one thread from its beginning to its end.
    static NOTED: RefCell<Noted> = const { RefCell::new(Noted { events: Vec::new(), actions: Vec::new() }) };
}

/// What a transaction noted for the time after its commit.
#[derive(Default)]
pub(super) struct Noted {
    events: Vec<Event>,
    actions: Vec<Box<dyn FnOnce() + Send>>,
}

impl Noted {
    /// Adds what another transaction noted.
    pub(super) fn extend(&mut self, other: Self) {
        self.events.extend(other.events);
        self.actions.extend(other.actions);
    }
}

/// Receives the events of each commit.
pub trait CommitObserver: Send + Sync {
    /// Called after a commit, and before the writer continues. It must return soon: on SQLite, all writers wait for it.
    fn committed(&self, events: &[Event]);
}

/// Notes an event of the transaction that runs on this thread.
pub(crate) fn note(event: Event) {
    NOTED.with_borrow_mut(|noted| noted.events.push(event));
}

/// Runs `action` after the commit of the transaction that runs on this thread, and not after a rollback. It must return
/// soon: on SQLite, all writers wait for it.
pub(crate) fn after_commit(action: impl FnOnce() + Send + 'static) {
    NOTED.with_borrow_mut(|noted| noted.actions.push(Box::new(action)));
}

/// Returns what was noted on this thread, and forgets it.
pub(super) fn take_noted() -> Noted {
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

    /// Tells the observer what was committed, and runs the actions.
    pub(super) fn tell(&self, noted: Noted) {
        if let Some(observer) = self.0.get().filter(|_| !noted.events.is_empty()) {
            observer.committed(&noted.events);
        }
        for action in noted.actions {
            action();
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
    async fn an_action_runs_after_a_commit_and_not_after_a_rollback() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("desk.db")), 1).unwrap();
        let ran = Arc::new(Mutex::new(Vec::new()));
        let push = |n: i32| {
            let ran = Arc::clone(&ran);
            move |_: &mut DbConnection| {
                after_commit(move || ran.lock().unwrap().push(n));
                Ok::<_, DbError>(())
            }
        };
        let (committed, refused) = (push(1), push(2));
        db.write(committed).await.unwrap();
        db.write(move |conn| refused(conn).and(Err::<(), _>(DbError::Busy))).await.unwrap_err();
        db.write(push(3)).await.unwrap();
        assert_eq!(*ran.lock().unwrap(), [1, 3]);
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
