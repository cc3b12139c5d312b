//! The same request twice has one effect, and one answer: what a request with an `Idempotency-Key` was answered is kept for
//! a day, in the transaction of what it did. What fails is not kept, so that it can be tried again. Messages keep their
//! keys for ever, in their own table.

pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use shared::ErrorCode;

use crate::{
    db::{Db, DbConnection, DbError},
    error::ApiError,
    messages::queries::by_idempotency_key,
};

/// How long an answer is kept.
pub(crate) const KEPT: TimeDelta = TimeDelta::hours(24);

/// What tells a repeated request from a new one.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// The key, unique for its sender.
    pub key: String,
    /// The digest of what the request asks for.
    pub digest: String,
}

/// A request that has its effect once, if it came with a key.
#[derive(Clone, Debug)]
pub struct Once {
    request: Option<RequestKey>,
    now: DateTime<Utc>,
}

/// What is answered: now, or once more.
#[derive(Clone, Debug)]
pub struct Answered {
    json: String,
    is_replayed: bool,
}

/// What was kept of an answer.
pub(crate) struct Kept {
    pub(crate) digest: String,
    /// `None` for what is shown once.
    pub(crate) answer: Option<String>,
    pub(crate) created_at: DateTime<Utc>,
}

impl Once {
    /// Does the work and keeps its answer, unless the same request was answered before. In one transaction: whoever asks
    /// the same at the same moment waits, and is answered the same.
    ///
    /// # Errors
    /// What `work` answers; `idempotency_key_reused`.
    pub fn run<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
    ) -> Result<Answered, ApiError> {
        self.first(conn, work, |json| Some(json))
    }

    /// As [`Once::run`], for an answer that holds a secret, which is not kept: a repetition is told that the work is done.
    ///
    /// # Errors
    /// What `work` answers; `idempotency_key_reused`, `already_exists`.
    pub fn run_unseen<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
    ) -> Result<Answered, ApiError> {
        self.first(conn, work, |_| None)
    }

    fn first<T: Serialize>(
        &self,
        conn: &mut DbConnection,
        work: impl FnOnce(&mut DbConnection) -> Result<T, ApiError>,
        kept: fn(&str) -> Option<&str>,
    ) -> Result<Answered, ApiError> {
        if let Some(answered) = self.replay(conn)? {
            return Ok(answered);
        }
        let answered = fresh(&work(conn)?)?;
        self.insert(conn, kept(&answered.json))?;
        Ok(answered)
    }

    /// What the same request was answered before, for work that takes more than one transaction.
    ///
    /// # Errors
    /// `idempotency_key_reused`, and faults of the database.
    pub async fn before(&self, db: &Db) -> Result<Option<Answered>, ApiError> {
        let once = self.clone();
        db.write(move |conn| once.replay(conn)).await
    }

    /// Keeps the answer of such work. When this process ends in between, the repetition works again.
    ///
    /// # Errors
    /// Faults of the database.
    pub async fn keep<T: Serialize>(&self, db: &Db, answer: &T) -> Result<Answered, ApiError> {
        let (once, answered) = (self.clone(), fresh(answer)?);
        let json = answered.json.clone();
        db.write(move |conn| Ok::<_, ApiError>(once.insert(conn, Some(&json))?)).await?;
        Ok(answered)
    }

    /// What the same request was answered before.
    fn replay(&self, conn: &mut DbConnection) -> Result<Option<Answered>, ApiError> {
        let Some(request) = &self.request else { return Ok(None) };
        conn.take_turns(&format!("idempotency key {}", request.key))?;
        if by_idempotency_key(conn, &request.key)?.is_some() {
            return Err(key_reused());
        }
        let Some(kept) = queries::find(conn, &request.key)? else { return Ok(None) };
        if kept.created_at + KEPT <= self.now {
            queries::delete(conn, &request.key)?;
            return Ok(None);
        }
        if kept.digest != request.digest {
            return Err(key_reused());
        }
        let Some(json) = kept.answer else { return Err(shown_once()) };
        Ok(Some(Answered { json, is_replayed: true }))
    }

    fn insert(&self, conn: &mut DbConnection, answer: Option<&str>) -> Result<(), DbError> {
        match &self.request {
            Some(request) => queries::insert(conn, request, answer, self.now),
            None => Ok(()),
        }
    }
}

/// Whether a request with this key was answered within a day, messages apart.
///
/// # Errors
/// Faults of the database.
pub(crate) fn is_used(conn: &mut DbConnection, key: &str, now: DateTime<Utc>) -> Result<bool, DbError> {
    Ok(queries::find(conn, key)?.is_some_and(|kept| kept.created_at + KEPT > now))
}

fn fresh(answer: &impl Serialize) -> Result<Answered, ApiError> {
    let json = serde_json::to_string(answer).map_err(|error| ApiError::internal(&error))?;
    Ok(Answered { json, is_replayed: false })
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
        "This request was answered before, with a secret that is shown once and kept nowhere. If that answer was lost, \
         revoke what it made, and ask again with a new Idempotency-Key.",
    )
}
