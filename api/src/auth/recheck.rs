//! Loads the callers of live streams again after a change. All streams of one session or API key share one lookup, so
//! that signing out ends hundreds of streams with one database read.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use shared::{ids::EventId, message::SenderKind};
use tokio::sync::OnceCell;

use super::{Caller, Identity};
use crate::db::{Db, DbError};

/// Number of recent lookups that are kept. A stream whose lookup was dropped does its own.
const CAPACITY: usize = 64;

/// A shared lookup. Its result is `None` if the session or API key has ended.
type Lookup = Arc<OnceCell<Option<Caller>>>;
/// The event, and the session or API key.
type Key = (EventId, SenderKind, i64);

/// The most recent lookups.
#[derive(Debug, Default)]
pub struct Rechecks {
    recent: Mutex<VecDeque<(Key, Lookup)>>,
}

impl Rechecks {
    /// Returns the caller as it is after `event`, or `None` if the session or API key has ended.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn caller(
        &self,
        event: EventId,
        caller: &Caller,
        db: &Db,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, DbError> {
        // The event is committed, so the lookup reads the change.
        let lookup = self.lookup(event, caller);
        lookup.get_or_try_init(|| caller.reload(db, now)).await.cloned()
    }

    fn lookup(&self, event: EventId, caller: &Caller) -> Lookup {
        let key = match &caller.identity {
            Identity::Account { session, .. } => (event, SenderKind::Account, *session),
            Identity::ApiKey(name) => (event, SenderKind::ApiKey, name.id.0),
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, lookup)) = recent.iter().find(|(known, _)| *known == key) {
            return Arc::clone(lookup);
        }
        if recent.len() >= CAPACITY {
            recent.pop_front();
        }
        let lookup = Lookup::default();
        recent.push_back((key, Arc::clone(&lookup)));
        lookup
    }
}
