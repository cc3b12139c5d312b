//! The callers of recent requests and live streams. A request of a known caller costs no database work; the commit that
//! changes an account, its sessions or an API key makes it be loaded again.

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::AccountId;

use super::{Caller, Identity, TeamScope, queries, token::SESSION_DAYS};
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
    events::{
        cache::Cache,
        versions::{Version, Versions},
    },
};

/// Minimum interval between two records of a session's last use, to avoid a write for each request.
const LAST_USE_INTERVAL: TimeDelta = TimeDelta::minutes(2);
/// Number of callers that are kept.
const CAPACITY: usize = 4096;

/// What a caller presents.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Presented {
    Session(i64),
    /// The hash of the secret of an API key.
    KeyHash(String),
}

/// A caller, and what a later request must check.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) caller: Arc<Caller>,
    /// When the session ends, however often it is refreshed, or the secret of an API key expires.
    ends_at: Option<DateTime<Utc>>,
    /// When the session or the secret was last used, as far as it is recorded.
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

impl Known {
    /// Whether the session has ended, or the secret has expired.
    pub(super) fn has_ended(&self, now: DateTime<Utc>) -> bool {
        self.ends_at.is_some_and(|ends_at| ends_at <= now)
    }
}

/// The known callers.
pub struct Callers {
    db: Db,
    clock: Clock,
    versions: Arc<Versions>,
    // `None` for a session or API key that does not exist or has ended.
    known: Cache<Presented, Option<Known>>,
    // The sessions whose use is being recorded.
    recorded: Mutex<HashSet<i64>>,
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callers")
    }
}

impl Callers {
    /// Creates an empty cache.
    #[must_use]
    pub fn new(db: Db, clock: Clock, versions: Arc<Versions>) -> Self {
        Self { db, clock, versions, known: Cache::new(CAPACITY), recorded: Mutex::default() }
    }

    /// Returns the caller of a session, or `None` if the session has ended.
    pub(super) async fn of_session(
        &self,
        account: AccountId,
        session: i64,
    ) -> Result<Option<Known>, DbError> {
        let now = self.clock.now();
        let version = self.versions.of_account(account);
        let load = move |conn: &mut DbConnection| load_session(conn, session, now);
        let known = self.find(Presented::Session(session), version, load).await?;
        let known = known.filter(|known| !known.has_ended(now));
        let last_use = known.as_ref().and_then(|known| known.last_used_at);
        if last_use.is_some_and(|last_use| now - last_use >= LAST_USE_INTERVAL) {
            self.record_use(session, now).await;
        }
        Ok(known)
    }

    /// Records that a session is in use: the conversations of an absent account return to their teams (rule 16). A
    /// failure does not fail the request.
    async fn record_use(&self, session: i64, now: DateTime<Utc>) {
        // Of simultaneous requests, one records it.
        let Some(_recording) = Recording::begin(&self.recorded, session) else { return };
        let recorded = self.db.write(move |conn| queries::touch_session(conn, session, now)).await;
        if let Err(error) = recorded {
            tracing::warn!(%error, "the use of a session was not recorded");
        }
        self.known.forget(&Presented::Session(session));
    }

    /// Returns the caller with the API key of this hash, or `None` if there is none or it was revoked. The secret may have
    /// expired.
    pub(super) async fn of_api_key(&self, key_hash: String) -> Result<Option<Known>, DbError> {
        let presented = Presented::KeyHash(key_hash.clone());
        let load = move |conn: &mut DbConnection| {
            Ok(queries::live_api_key(conn, &key_hash)?.map(|found| of_api_key(found, key_hash)))
        };
        let known = self.find(presented.clone(), self.versions.of_api_keys(), load).await?;
        if known.is_none() {
            // Guesses do not push known callers out.
            self.known.forget(&presented);
        }
        Ok(known)
    }

    /// Forgets the caller of an API key, because the time of its last use was recorded.
    pub(super) fn forget_api_key(&self, key_hash: String) {
        self.known.forget(&Presented::KeyHash(key_hash));
    }

    /// Returns the caller as it is now, with its current permissions and teams, or `None` if the session or the API key
    /// has ended. All live streams of one session share one load.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn reload(&self, caller: &Caller) -> Result<Option<Arc<Caller>>, DbError> {
        let known = match &caller.identity {
            Identity::Account { account, session } => self.of_session(account.id, *session).await?,
            Identity::ApiKey { key_hash, .. } => {
                let known = self.of_api_key(key_hash.clone()).await?;
                known.filter(|known| !known.has_ended(self.clock.now()))
            }
        };
        Ok(known.map(|known| known.caller))
    }

    async fn find(
        &self,
        presented: Presented,
        version: Version,
        load: impl FnOnce(&mut DbConnection) -> Result<Option<Known>, DbError> + Send + 'static,
    ) -> Result<Option<Known>, DbError> {
        if !self.versions.are_current() {
            return self.db.read(load).await;
        }
        self.known.get(presented, version, || self.db.read(load)).await
    }
}

/// The recording of a session's use. It ends also when its request is cancelled.
struct Recording<'a> {
    sessions: &'a Mutex<HashSet<i64>>,
    session: i64,
}

impl<'a> Recording<'a> {
    /// Begins a recording, unless another one of the session is in progress.
    fn begin(sessions: &'a Mutex<HashSet<i64>>, session: i64) -> Option<Self> {
        let is_first = sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session);
        is_first.then_some(Self { sessions, session })
    }
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.session);
    }
}

fn load_session(conn: &mut DbConnection, session: i64, now: DateTime<Utc>) -> Result<Option<Known>, DbError> {
    let Some(live) = queries::live_session(conn, session, now)? else {
        return Ok(None);
    };
    let scope = queries::scope(conn, &live.account)?;
    let caller = Caller {
        identity: Identity::Account { account: live.account, session },
        permissions: live.permissions,
        scope,
    };
    let ends_at = live.created_at + TimeDelta::days(SESSION_DAYS);
    let last_used_at = Some(live.last_used_at);
    Ok(Some(Known { caller: Arc::new(caller), ends_at: Some(ends_at), last_used_at }))
}

fn of_api_key(found: queries::ApiKeyRow, key_hash: String) -> Known {
    let caller = Caller {
        identity: Identity::ApiKey { key: found.name, key_hash },
        permissions: found.permissions,
        scope: TeamScope::Only(found.teams),
    };
    Known { caller: Arc::new(caller), ends_at: found.expires_at, last_used_at: found.last_used_at }
}
