//! The headers `Idempotency-Key` and `Idempotency-Replayed`.

use actix_web::{HttpRequest, HttpResponse, http::header};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::ErrorCode;

use super::{Answer, IdempotentRequest, MAX_KEY, RequestKey, account_key};
use crate::{
    auth::{Caller, Identity, TokenKeys},
    db::Db,
    error::ApiError,
    precondition,
    state::AppState,
};

/// The request header with the key.
pub(crate) const KEY: &str = "Idempotency-Key";
/// The response header of a replayed answer.
pub(crate) const REPLAYED: (&str, &str) = ("Idempotency-Replayed", "true");

/// Returns the request's key, prefixed by its sender.
pub(crate) fn key_of(request: &HttpRequest, caller: &Caller) -> Result<Option<String>, ApiError> {
    let Some(key) = request.headers().get(KEY) else {
        return Ok(None);
    };
    let is_valid =
        |key: &&str| (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic());
    let key = key.to_str().ok().filter(is_valid).ok_or_else(|| {
        let message = format!("The {KEY} must have 1 to {MAX_KEY} visible ASCII characters.");
        ApiError::field(ErrorCode::ValidationFailed, KEY, "invalid", message)
    })?;
    Ok(Some(match &caller.identity {
        Identity::Account { account, .. } => account_key(account.id, key),
        Identity::ApiKey { key: api_key, .. } => format!("api_key:{}:{key}", api_key.id),
    }))
}

/// A request whose body has not been read yet.
pub(crate) struct UnreadRequest {
    key: Option<String>,
    /// The method and URI.
    target: String,
    keys: TokenKeys,
    now: DateTime<Utc>,
}

impl UnreadRequest {
    /// Reads the key of the caller's request.
    ///
    /// # Errors
    /// `validation_failed` for an invalid key.
    pub(crate) fn of(state: &AppState, request: &HttpRequest, caller: &Caller) -> Result<Self, ApiError> {
        Ok(Self {
            key: key_of(request, caller)?,
            target: format!("{} {}", request.method(), request.uri()),
            keys: state.auth.keys.clone(),
            now: state.clock.now(),
        })
    }

    /// Whether a response to a request with this key was stored within the past day.
    ///
    /// # Errors
    /// Database errors.
    pub(crate) async fn was_answered(&self, db: &Db) -> Result<bool, ApiError> {
        let (Some(key), now) = (self.key.clone(), self.now) else { return Ok(false) };
        db.read(move |conn| Ok(super::is_used(conn, &key, now)?)).await
    }

    /// Adds the content of the request. The digest is keyed with the server's secret, because the content can include a
    /// password.
    ///
    /// # Errors
    /// Internal errors.
    pub(crate) fn with_content(self, content: &impl Serialize) -> Result<IdempotentRequest, ApiError> {
        let Self { key, target, keys, now } = self;
        let Some(key) = key else { return Ok(IdempotentRequest { request: None, now }) };
        let bytes = serde_json::to_vec(&(target, content)).map_err(|error| ApiError::internal(&error))?;
        Ok(IdempotentRequest { request: Some(RequestKey { key, digest: keys.digest(&bytes)? }), now })
    }
}

impl IdempotentRequest {
    /// Reads the key of the caller's request, whose content is `content`.
    ///
    /// # Errors
    /// `validation_failed` for an invalid key.
    pub(crate) fn of(
        state: &AppState,
        request: &HttpRequest,
        caller: &Caller,
        content: &impl Serialize,
    ) -> Result<Self, ApiError> {
        UnreadRequest::of(state, request, caller)?.with_content(content)
    }
}

impl Answer {
    /// Returns an answer that shows a secret, and that no cache may store, as 201 Created.
    pub(crate) fn created_with_secret(self) -> HttpResponse {
        let mut answer = self.created();
        answer.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
        answer
    }

    /// Returns the answer as 201 Created.
    pub(crate) fn created(self) -> HttpResponse {
        /// The version of a resource that can be changed conditionally.
        #[derive(Deserialize)]
        struct Created {
            version: Option<String>,
        }
        let mut answer = HttpResponse::Created();
        answer.content_type(header::ContentType::json());
        if let Ok(Created { version: Some(version) }) = serde_json::from_str(&self.json) {
            answer.insert_header(precondition::routes::etag(version));
        }
        if self.is_replayed {
            answer.insert_header(REPLAYED);
        }
        answer.body(self.json)
    }

    /// Returns the answer as 200 OK, or as 204 No Content if it is `null`.
    pub(crate) fn ok_or_no_content(self) -> HttpResponse {
        let is_none = self.json == "null";
        let mut answer = if is_none { HttpResponse::NoContent() } else { HttpResponse::Ok() };
        if self.is_replayed {
            answer.insert_header(REPLAYED);
        }
        if is_none {
            return answer.finish();
        }
        answer.content_type(header::ContentType::json()).body(self.json)
    }
}
