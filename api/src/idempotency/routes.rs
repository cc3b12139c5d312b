//! The headers `Idempotency-Key` and `Idempotency-Replayed`.

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::ErrorCode;

use super::{Answered, Once, RequestKey};
use crate::{
    auth::{Caller, TokenKeys, Who},
    db::Db,
    desk::Desk,
    error::ApiError,
};

/// The header of a request.
pub(crate) const KEY: &str = "Idempotency-Key";
/// The header of an answer that was given before.
pub(crate) const REPLAYED: (&str, &str) = ("Idempotency-Replayed", "true");
/// The longest key, in characters.
const MAX_KEY: usize = 255;

/// The request's key, unique for its sender.
pub(crate) fn key_of(request: &HttpRequest, caller: &Caller) -> Result<Option<String>, ApiError> {
    let Some(key) = request.headers().get(KEY) else {
        return Ok(None);
    };
    let key = key.to_str().ok().filter(|key| !key.is_empty() && key.len() <= MAX_KEY).ok_or_else(|| {
        let message = format!("An {KEY} has 1 to {MAX_KEY} visible ASCII characters.");
        ApiError::field(ErrorCode::ValidationFailed, KEY, "invalid", message)
    })?;
    let asker = match &caller.who {
        Who::Account { account, .. } => format!("account:{}", account.id),
        Who::ApiKey(key) => format!("api_key:{}", key.id),
    };
    Ok(Some(format!("{asker}:{key}")))
}

/// A request, as far as it is known before its body has been read.
pub(crate) struct Keyed {
    key: Option<String>,
    place: String,
    keys: TokenKeys,
    now: DateTime<Utc>,
}

impl Keyed {
    /// A request of `caller`.
    ///
    /// # Errors
    /// `validation_failed` for a key that is none.
    pub(crate) fn of(desk: &Desk, request: &HttpRequest, caller: &Caller) -> Result<Self, ApiError> {
        Ok(Self {
            key: key_of(request, caller)?,
            place: format!("{} {}", request.method(), request.uri()),
            keys: desk.keys.clone(),
            now: desk.clock.now(),
        })
    }

    /// Whether a request with this key was answered within a day.
    ///
    /// # Errors
    /// Faults of the database.
    pub(crate) async fn is_known(&self, db: &Db) -> Result<bool, ApiError> {
        let (Some(key), now) = (self.key.clone(), self.now) else { return Ok(false) };
        db.read(move |conn| Ok(super::is_used(conn, &key, now)?)).await
    }

    /// The request with what it asks for. The digest takes the desk's secret, because that can hold a password.
    ///
    /// # Errors
    /// Only our own faults.
    pub(crate) fn once(self, asked: &impl Serialize) -> Result<Once, ApiError> {
        let Self { key, place, keys, now } = self;
        let Some(key) = key else { return Ok(Once { request: None, now }) };
        let whole = serde_json::to_vec(&(place, asked)).map_err(|error| ApiError::internal(&error))?;
        Ok(Once { request: Some(RequestKey { key, digest: keys.digest(&whole)? }), now })
    }
}

impl Once {
    /// A request of `caller` that asks for `asked`.
    ///
    /// # Errors
    /// `validation_failed` for a key that is none.
    pub(crate) fn of(
        desk: &Desk,
        request: &HttpRequest,
        caller: &Caller,
        asked: &impl Serialize,
    ) -> Result<Self, ApiError> {
        Keyed::of(desk, request, caller)?.once(asked)
    }
}

impl Answered {
    /// 201, with what was made.
    pub(crate) fn created(self) -> HttpResponse {
        let mut answer = HttpResponse::Created();
        answer.content_type(header::ContentType::json());
        if self.is_replayed {
            answer.insert_header(REPLAYED);
        }
        answer.body(self.json)
    }
}
