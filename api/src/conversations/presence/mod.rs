//! Presence (rule 17): which accounts have a conversation open, and which of them are typing. An account reports its
//! state every 15 seconds; 30 seconds after the last report it is gone.
//!
//! Each server keeps the reports in memory (`known`) and sends changes to its streams. They are in no log and change no
//! version, so they leave the cached answers of the queue as they are. Replicas on PostgreSQL share the reports through
//! the unlogged table `presences`; SQLite has one server, which needs none.

mod known;
mod queries;
pub mod routes;

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicI64, Ordering},
};

use chrono::TimeDelta;
use shared::{
    account::{Account, AccountName},
    ids::{ConversationId, TeamId},
    presence::{EXPIRY_SECONDS, MAX_TAB_CHARACTERS, PresenceChange, PresenceReport, PresenceState, Viewer},
};
use tokio::sync::watch;

use self::known::{Key, Known, Reported};
use super::queries::find;
use crate::{
    auth::{NotFound, Resource, TeamScope},
    clock::Clock,
    db::{Db, DbError},
    events::feed::Feed,
    fields::Invalid,
};

/// How long a report counts.
const EXPIRY: TimeDelta = TimeDelta::seconds(EXPIRY_SECONDS);
/// Interval at which presences expire, and at which the reports of other replicas are read.
const TICK: TimeDelta = TimeDelta::milliseconds(500);
/// Number of versions before the last one that are read again, because a lower version can be committed after a higher
/// one. A report that is missed nevertheless is repeated after 15 seconds.
const OVERLAP: i64 = 64;

/// Why a report was refused.
#[derive(Debug, thiserror::Error)]
pub enum PresenceError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The id of the tab is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The presences of all conversations.
#[derive(Debug)]
pub struct Presences {
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
    known: Mutex<Known>,
    /// The version of the last report on SQLite. On PostgreSQL, a sequence of the database counts them.
    last_version: AtomicI64,
}

impl Presences {
    /// Creates it without any presence. It sends changes to `feed`.
    #[must_use]
    pub fn new(db: Db, clock: Clock, feed: Arc<Feed>) -> Self {
        Self { db, clock, feed, known: Mutex::default(), last_version: AtomicI64::new(0) }
    }

    /// Records what an account does in a conversation, and sends it to the streams if it is a change. A report for a
    /// known presence reads nothing from the database; on PostgreSQL it writes one row.
    ///
    /// # Errors
    /// [`PresenceError`].
    pub async fn report(
        &self,
        scope: &TeamScope,
        account: &Account,
        conversation: ConversationId,
        report: PresenceReport,
    ) -> Result<(), PresenceError> {
        let tab = tab_of(report.tab)?;
        let team = self.team_of(scope, conversation).await?;
        let account = AccountName { id: account.id, name: account.display_name.clone() };
        let mut reported = Reported {
            key: Key { conversation, account: account.id, tab },
            team,
            name: account.name,
            state: report.state,
            seen_at: self.clock.now(),
            version: 0,
        };
        reported.version = if self.db.is_embedded() {
            self.last_version.fetch_add(1, Ordering::Relaxed) + 1
        } else {
            let shared = reported.clone();
            self.db.write(move |conn| queries::report(conn, &shared)).await?
        };
        self.apply(vec![reported]);
        Ok(())
    }

    /// Returns the team of a conversation, if it is in the scope.
    async fn team_of(&self, scope: &TeamScope, id: ConversationId) -> Result<TeamId, PresenceError> {
        let missing = NotFound::new(Resource::Conversation);
        if let Some(team) = self.known().team_of(id) {
            return if scope.includes(team) { Ok(team) } else { Err(missing.into()) };
        }
        let scope = scope.clone();
        let found = self.db.read(move |conn| find(conn, &scope, id)).await?;
        Ok(found.ok_or(missing)?.team_id)
    }

    /// Returns the accounts that have a conversation open.
    #[must_use]
    pub fn viewers(&self, conversation: ConversationId) -> Vec<Viewer> {
        let presences = self.known().of_conversation(conversation);
        presences.into_iter().map(|PresenceChange { account, state, .. }| Viewer { account, state }).collect()
    }

    /// Returns the current presences in the teams of a scope.
    #[must_use]
    pub fn in_scope(&self, scope: &TeamScope) -> Vec<PresenceChange> {
        self.known().all().into_iter().filter(|presence| scope.includes(presence.team_id)).collect()
    }

    /// Lets presences expire, and reads the reports of other replicas, until `stop` is set.
    pub(crate) async fn keep(self: Arc<Self>, mut stop: watch::Receiver<bool>) {
        let mut last = 0;
        while !*stop.borrow() {
            if let Err(error) = self.tick(&mut last).await
                && !error.is_unreachable()
            {
                tracing::error!(%error, "the presences of other replicas cannot be read");
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.clock.sleep(TICK) => {}
            }
        }
    }

    /// `last` is the highest version that was read.
    async fn tick(&self, last: &mut i64) -> Result<(), DbError> {
        if self.db.is_embedded() {
            self.expire();
            return Ok(());
        }
        let after = *last - OVERLAP;
        let reports = self.db.read(move |conn| queries::reported_after(conn, after)).await;
        let reports = reports.inspect_err(|_| {
            self.expire();
        })?;
        *last = reports.iter().map(|report| report.version).max().unwrap_or_default().max(*last);
        self.apply(reports);
        let expired = self.expire();
        if !expired.is_empty() {
            self.db.write(move |conn| queries::delete(conn, &expired)).await?;
        }
        Ok(())
    }

    fn apply(&self, reports: Vec<Reported>) {
        let (now, monotonic) = (self.clock.now(), self.clock.monotonic());
        let mut known = self.known();
        for report in reports {
            // The monotonic clock counts from here, so that a change of the system's clock ends no presence.
            let age = (now - report.seen_at).max(TimeDelta::zero());
            let left = (EXPIRY - age).to_std().unwrap_or_default();
            // Sends while it holds the lock, so that streams receive changes in their order.
            if let Some(change) = known.apply(report, monotonic + left) {
                self.feed.publish_presence(&change);
            }
        }
    }

    /// Lets presences expire. Returns the versions of the reports that have expired.
    fn expire(&self) -> Vec<i64> {
        let mut known = self.known();
        let (expired, gone) = known.expire(self.clock.monotonic());
        for change in gone {
            self.feed.publish_presence(&change);
        }
        expired
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the id of the tab that reports. Without one, it is empty.
fn tab_of(given: Option<String>) -> Result<String, Invalid> {
    let Some(tab) = given else { return Ok(String::new()) };
    if !(1..=MAX_TAB_CHARACTERS).contains(&tab.len()) || !tab.bytes().all(|byte| byte.is_ascii_graphic()) {
        let message = format!("Use 1 to {MAX_TAB_CHARACTERS} visible ASCII characters, or leave it out.");
        return Err(Invalid::field("tab", "invalid", message));
    }
    Ok(tab)
}

/// Returns whether a state counts as present.
fn is_present(state: PresenceState) -> bool {
    state != PresenceState::Gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_a_tab_is_short_and_visible() {
        assert_eq!(tab_of(None), Ok(String::new()));
        assert_eq!(tab_of(Some("6f1c-a2".to_owned())), Ok("6f1c-a2".to_owned()));
        for invalid in ["", "a b", "\u{e9}", "a\0", &"a".repeat(65)] {
            assert!(tab_of(Some(invalid.to_owned())).is_err(), "{invalid:?}");
        }
    }
}
