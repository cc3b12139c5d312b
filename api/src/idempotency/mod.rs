//! Idempotent requests: a repeated request with the same `Idempotency-Key` has no second effect and gets the same
//! answer. The answer is stored for a day, in the transaction of the work. Errors are not stored, so that the request
//! can be retried. The keys of messages are stored permanently, in the table of messages.

mod problems;
pub(crate) mod queries;
pub mod routes;

use std::convert::Infallible;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::ids::AccountId;

use crate::{
    db::{Db, DbConnection, DbError, Lock},
    messages::queries::{any_digest, by_idempotency_key},
};

/// The idempotency key was used with another request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("This Idempotency-Key was used with another request. Use a new key for a new request.")]
pub struct KeyReused;

/// The request was answered before, with a secret that is shown only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "This request was answered before, and its secret is shown only once. If you lost that answer, revoke what it \
     created and send the request again with a new Idempotency-Key."
)]
pub struct SecretShown;

/// Why an idempotent request was not answered. `E` is the error of its work.
#[derive(Debug, thiserror::Error)]
pub enum IdempotencyError<E> {
    /// The key was used with another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The request was answered before, with a secret.
    #[error(transparent)]
    SecretShown(#[from] SecretShown),
    /// The answer could not be serialised.
    #[error("the answer could not be serialised: {0}")]
    Serialize(#[source] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
    /// The work failed.
    #[error("{0}")]
    Work(E),
}

/// Maximum length of a key, in bytes.
pub(crate) const MAX_KEY: usize = 255;
/// How long an answer is stored.
pub(crate) const KEPT: TimeDelta = TimeDelta::hours(24);

/// Identifies a repeated request.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The key, prefixed by its sender.
    pub key: String,
    /// A digest of the request's content.
    pub digest: String,
}

impl RequestKey {
    /// Returns the key as the caller gave it.
    pub(crate) fn given(&self) -> &str {
        // The prefix is a kind of sender and its id.
        self.key.splitn(3, ':').nth(2).unwrap_or_default()
    }
}

/// Returns the stored key of an account's request.
pub(crate) fn account_key(account: AccountId, given: &str) -> String {
    format!("account:{account}:{given}")
}

/// A request that takes effect only once, if it has a key.
#[derive(Clone, Debug)]
pub struct IdempotentRequest {
    request: Option<RequestKey>,
    now: DateTime<Utc>,
}

/// An answer: new, or replayed.
#[derive(Clone, Debug)]
pub struct Answer {
    json: String,
    is_replayed: bool,
}

/// A stored answer.
pub(crate) struct StoredAnswer {
    pub(crate) digest: String,
    /// `None` for an answer that is shown only once.
    pub(crate) answer: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

impl IdempotentRequest {
    /// Runs the work and stores its answer, or replays the answer of an earlier, equal request. All in one transaction:
    /// a concurrent equal request waits, and gets the same answer.
    ///
    /// # Errors
    /// Errors of `work`; `KeyReused`.
    pub fn run<T: Serialize, E>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<Answer, IdempotencyError<E>> {
        self.run_and_store(conn, work, |json| Some(json))
    }

    /// Like [`IdempotentRequest::run`], for an answer that contains a secret and is therefore not stored. A repeated request
    /// fails with `SecretShown`.
    ///
    /// # Errors
    /// Errors of `work`; `KeyReused`, `SecretShown`.
    pub fn run_with_secret<T: Serialize, E>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
    ) -> Result<Answer, IdempotencyError<E>> {
        self.run_and_store(conn, work, |_| None)
    }

    fn run_and_store<T: Serialize, E>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, E>,
        stored: fn(&str) -> Option<&str>,
    ) -> Result<Answer, IdempotencyError<E>> {
        if let Some(answered) = self.replay(conn)? {
            return Ok(answered);
        }
        let answered = new_answer(&work(conn).map_err(IdempotencyError::Work)?)?;
        self.insert(conn, stored(&answered.json))?;
        Ok(answered)
    }

    /// Returns the answer of an earlier, equal request, for work that takes more than one transaction.
    ///
    /// # Errors
    /// `KeyReused`, and database errors.
    pub async fn replayed(&self, db: &Db) -> Result<Option<Answer>, IdempotencyError<Infallible>> {
        let once = self.clone();
        db.write(move |conn| once.replay(conn)).await
    }

    /// Stores the answer of such work. If the process ends before this, a repeated request does the work again.
    ///
    /// # Errors
    /// Database errors.
    pub async fn record<T: Serialize>(
        &self,
        db: &Db,
        answer: &T,
    ) -> Result<Answer, IdempotencyError<Infallible>> {
        let (once, answered) = (self.clone(), new_answer(answer)?);
        let json = answered.json.clone();
        db.write(move |conn| once.insert(conn, Some(&json))).await?;
        Ok(answered)
    }

    /// Returns the answer of an earlier, equal request.
    fn replay<E>(&self, conn: &mut DbConnection) -> Result<Option<Answer>, IdempotencyError<E>> {
        let Some(request) = &self.request else { return Ok(None) };
        conn.advisory_lock(Lock::IdempotencyKey(&request.key))?;
        if by_idempotency_key(conn, &request.key)?.is_some() {
            return Err(KeyReused.into());
        }
        let Some(stored) = queries::find(conn, &request.key)? else { return Ok(None) };
        if stored.created_at + KEPT <= self.now {
            queries::delete(conn, &request.key)?;
            return Ok(None);
        }
        if stored.digest != request.digest {
            return Err(KeyReused.into());
        }
        let Some(json) = stored.answer else { return Err(SecretShown.into()) };
        Ok(Some(Answer { json, is_replayed: true }))
    }

    /// Returns the key of a part of the request: of a message in a batch. A caller's key has no space, so that it cannot
    /// be the key of a part.
    pub(crate) fn part(&self, index: usize) -> Option<RequestKey> {
        let RequestKey { key, digest } = self.request.as_ref()?;
        Some(RequestKey { key: format!("{key} {index}"), digest: digest.clone() })
    }

    /// Checks that no message was stored as a part of another request with the same key. An answer is stored at the end of
    /// the work, so that it cannot show this.
    ///
    /// # Errors
    /// `KeyReused`.
    pub(crate) fn check_parts(
        &self,
        conn: &mut DbConnection,
        count: usize,
    ) -> Result<(), IdempotencyError<Infallible>> {
        let Some(request) = &self.request else { return Ok(()) };
        let keys: Vec<String> = (0..count).filter_map(|index| Some(self.part(index)?.key)).collect();
        match any_digest(conn, &keys)? {
            Some(digest) if digest != request.digest => Err(KeyReused.into()),
            _ => Ok(()),
        }
    }

    fn insert(&self, conn: &mut DbConnection, answer: Option<&str>) -> Result<(), DbError> {
        match &self.request {
            Some(request) => queries::insert(conn, request, answer, self.now),
            None => Ok(()),
        }
    }
}

/// Whether a request with this key was answered within the past day. Does not look at messages.
///
/// # Errors
/// Database errors.
pub(crate) fn is_used(conn: &mut DbConnection, key: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(queries::find(conn, key)?.is_some_and(|stored| stored.created_at + KEPT > now))
}

/// Refuses later requests with the key of a message that is deleted, as long as answers are stored.
///
/// # Errors
/// Database errors.
pub(crate) fn refuse_later(
    conn: &mut DbConnection,
    deleted: &RequestKey,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    queries::insert(conn, deleted, None, now)
}

fn new_answer<E>(answer: &impl Serialize) -> Result<Answer, IdempotencyError<E>> {
    let json = serde_json::to_string(answer).map_err(IdempotencyError::Serialize)?;
    Ok(Answer { json, is_replayed: false })
}
