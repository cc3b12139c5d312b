//! Looks a stream's caller up again after a change. All streams of one session or API key share the lookup, so that
//! signing out ends hundreds of streams with one read of the database.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};
use shared::{ids::EventId, message::SenderKind};
use tokio::sync::OnceCell;

use crate::{
    auth::{Caller, Who},
    db::{Db, DbError},
};

/// How many lookups are shared at a time; a stream that comes later looks by itself.
const SHARED: usize = 64;

/// The caller after an event, once somebody has looked; `None` when the session or the key has ended.
type Found = Arc<OnceCell<Option<Caller>>>;
/// The event, and the session or API key.
type Key = (EventId, SenderKind, i64);

/// The most recent lookups.
#[derive(Debug, Default)]
pub(super) struct Rechecks {
    recent: Mutex<VecDeque<(Key, Found)>>,
}

impl Rechecks {
    /// The caller as it stands after `event`; `None` when the session or the key has ended.
    ///
    /// # Errors
    /// Faults of the database.
    pub(super) async fn caller(
        &self,
        event: EventId,
        caller: &Caller,
        db: &Db,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, DbError> {
        // The lookup begins after the event was committed, so it sees the change.
        let found = self.found(event, caller);
        found.get_or_try_init(|| caller.again(db, now)).await.cloned()
    }

    fn found(&self, event: EventId, caller: &Caller) -> Found {
        let key = match &caller.who {
            Who::Account { session, .. } => (event, SenderKind::Account, *session),
            Who::ApiKey(name) => (event, SenderKind::ApiKey, name.id.0),
        };
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, found)) = recent.iter().find(|(known, _)| *known == key) {
            return Arc::clone(found);
        }
        if recent.len() >= SHARED {
            recent.pop_front();
        }
        let found = Found::default();
        recent.push_back((key, Arc::clone(&found)));
        found
    }
}
