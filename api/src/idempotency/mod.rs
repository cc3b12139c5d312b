//! Idempotent requests: a repeated request with the same `Idempotency-Key` has no second effect and gets the same
//! answer. The answer is stored for a day, in the transaction of the work. Errors are not stored, so that the request
//! can be retried. The keys of messages are stored permanently, in the table of messages.

pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::ErrorCode;

use crate::{
    db::{Db, DbConnection, DbError, Lock},
    error::ApiError,
    messages::queries::by_idempotency_key,
};

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
    /// Errors of `work`; `idempotency_key_reused`.
    pub fn run<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
    ) -> Result<Answer, ApiError> {
        self.run_and_store(conn, work, |json| Some(json))
    }

    /// Like [`IdempotentRequest::run`], for an answer that contains a secret and is therefore not stored. A repeated request gets
    /// `already_exists`.
    ///
    /// # Errors
    /// Errors of `work`; `idempotency_key_reused`, `already_exists`.
    pub fn run_with_secret<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
    ) -> Result<Answer, ApiError> {
        self.run_and_store(conn, work, |_| None)
    }

    fn run_and_store<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
        stored: fn(&str) -> Option<&str>,
    ) -> Result<Answer, ApiError> {
        if let Some(answered) = self.replay(conn)? {
            return Ok(answered);
        }
        let answered = new_answer(&work(conn)?)?;
        self.insert(conn, stored(&answered.json))?;
        Ok(answered)
    }

    /// Returns the answer of an earlier, equal request, for work that takes more than one transaction.
    ///
    /// # Errors
    /// `idempotency_key_reused`, and database errors.
    pub async fn replayed(&self, db: &Db) -> Result<Option<Answer>, ApiError> {
        let once = self.clone();
        db.write(move |conn| once.replay(conn)).await
    }

    /// Stores the answer of such work. If the process ends before this, a repeated request does the work again.
    ///
    /// # Errors
    /// Database errors.
    pub async fn record<T: Serialize>(&self, db: &Db, answer: &T) -> Result<Answer, ApiError> {
        let (once, answered) = (self.clone(), new_answer(answer)?);
        let json = answered.json.clone();
        db.write(move |conn| Ok::<_, ApiError>(once.insert(conn, Some(&json))?)).await?;
        Ok(answered)
    }

    /// Returns the answer of an earlier, equal request.
    fn replay(&self, conn: &mut DbConnection) -> Result<Option<Answer>, ApiError> {
        let Some(request) = &self.request else { return Ok(None) };
        conn.advisory_lock(Lock::IdempotencyKey(&request.key))?;
        if by_idempotency_key(conn, &request.key)?.is_some() {
            return Err(key_reused());
        }
        let Some(stored) = queries::find(conn, &request.key)? else { return Ok(None) };
        if stored.created_at + KEPT <= self.now {
            queries::delete(conn, &request.key)?;
            return Ok(None);
        }
        if stored.digest != request.digest {
            return Err(key_reused());
        }
        let Some(json) = stored.answer else { return Err(shown_once()) };
        Ok(Some(Answer { json, is_replayed: true }))
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

fn new_answer(answer: &impl Serialize) -> Result<Answer, ApiError> {
    let json = serde_json::to_string(answer).map_err(|error| ApiError::internal(&error))?;
    Ok(Answer { json, is_replayed: false })
}

pub(crate) fn key_reused() -> ApiError {
    ApiError::new(
        ErrorCode::IdempotencyKeyReused,
        "This Idempotency-Key was used with another request. Use a new key for a new request.",
    )
}

fn shown_once() -> ApiError {
    ApiError::new(
        ErrorCode::AlreadyExists,
        "This request was answered before, and its secret is shown only once. If you lost that answer, revoke what it \
         created and send the request again with a new Idempotency-Key.",
    )
}
