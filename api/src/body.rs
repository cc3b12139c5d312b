//! Reads request bodies within a size and a time limit, and deserialises JSON; errors name the invalid field. Daily
//! files are streamed instead, see `daily_files/upload`.

use std::{future::Future, ops::Deref, pin::Pin};

use actix_web::{FromRequest, HttpMessage, HttpRequest, dev::Payload, web};
use chrono::TimeDelta;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};
use shared::ErrorCode;

use crate::{clock::Clock, error::ApiError};

/// Maximum size of a request body, in bytes.
pub const BODY_LIMIT: usize = 1024 * 1024;
/// Maximum time for the whole body to arrive.
const BODY_TIMEOUT: TimeDelta = TimeDelta::seconds(30);

/// Reads a body to its end, within [`BODY_LIMIT`] bytes and [`BODY_TIMEOUT`].
///
/// # Errors
/// `body_too_large`, `request_timeout`, and `invalid_body` when the connection breaks.
pub(crate) async fn read_whole(clock: &Clock, payload: web::Payload) -> Result<web::Bytes, ApiError> {
    let arrived = tokio::select! {
        // A body that has arrived counts, even when this task runs only after the timeout.
        biased;
        arrived = payload.to_bytes_limited(BODY_LIMIT) => arrived,
        () = clock.sleep(BODY_TIMEOUT) => {
            let detail = format!(
                "The body did not arrive within {} seconds. Nothing was changed. Send the request again.",
                BODY_TIMEOUT.num_seconds()
            );
            return Err(ApiError::new(ErrorCode::RequestTimeout, detail));
        }
    };
    arrived
        .map_err(|_| ApiError::new(ErrorCode::BodyTooLarge, "A request body can have at most 1 MiB."))?
        .map_err(|_| ApiError::new(ErrorCode::InvalidBody, "The body could not be read to its end."))
}

/// Extractor for a JSON object in the request body.
#[derive(Debug)]
pub struct Body<T>(T);

impl<T> Body<T> {
    /// Returns the deserialised value.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Body<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: DeserializeOwned> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let bytes = bytes_of(request, payload);
        Box::pin(async move {
            if !is_json {
                return Err(not_json());
            }
            read(&bytes.await?).map(Self)
        })
    }
}

/// Extractor for a JSON object in the request body that can be left out or `null`, which gives the default.
#[derive(Debug)]
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest for OptionalBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = is_json(request);
        let bytes = bytes_of(request, payload);
        Box::pin(async move {
            let bytes = bytes.await?;
            match is_json {
                _ if bytes.is_empty() || bytes.trim_ascii() == b"null" => Ok(Self(T::default())),
                true => read(&bytes).map(Self),
                false => Err(not_json()),
            }
        })
    }
}

fn is_json(request: &HttpRequest) -> bool {
    request.content_type().eq_ignore_ascii_case("application/json")
}

fn not_json() -> ApiError {
    ApiError::new(ErrorCode::UnsupportedMediaType, "Send JSON, with Content-Type: application/json.")
}

/// Reads the body of a request when it is awaited.
fn bytes_of(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<web::Bytes, ApiError>> + 'static {
    let clock = request.app_data::<web::Data<Clock>>().map_or(Clock::System, |clock| Clock::clone(clock));
    let payload = web::Payload::from_request(request, payload);
    async move {
        let payload = payload
            .await
            .map_err(|_| ApiError::new(ErrorCode::InvalidBody, "The body could not be read."))?;
        read_whole(&clock, payload).await
    }
}

/// Deserialises an object. Refuses an array, which serde would accept for a struct but the API does not document.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    let refuse =
        |fault: &dyn std::fmt::Display| format!("The body is not the JSON that this path expects: {fault}.");
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|byte| *byte != b'{') {
        return Err(ApiError::new(ErrorCode::InvalidBody, refuse(&"it is not an object")));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let message = refuse(error.inner());
        match field_of(error.path()) {
            Some(field) => ApiError::field(ErrorCode::InvalidBody, &field, "invalid_type", message),
            None => ApiError::new(ErrorCode::InvalidBody, message),
        }
    })?;
    json.end().map_err(|error| ApiError::new(ErrorCode::InvalidBody, refuse(&error)))?;
    Ok(read)
}

/// Names the invalid field: `team_ids` for an error in `team_ids[1]`, `items[1].number` in a list of objects.
fn field_of(path: &Path) -> Option<String> {
    let mut segments = path.iter();
    let Some(Segment::Map { key }) = segments.next() else { return None };
    match (segments.next(), segments.next()) {
        (Some(Segment::Seq { index }), Some(Segment::Map { key: field })) => {
            Some(format!("{key}[{index}].{field}"))
        }
        _ => Some(key.clone()),
    }
}

#[cfg(test)]
mod tests {
    use shared::account::AccountChange;

    use super::*;

    fn refused(text: &str) -> Vec<String> {
        let error = read::<AccountChange>(text.as_bytes()).err().unwrap();
        assert_eq!(error.problem().code, ErrorCode::InvalidBody);
        error.problem().errors.iter().map(|fault| fault.field.clone()).collect()
    }

    #[test]
    fn the_invalid_field_is_named() {
        assert_eq!(refused(r#"{"disabled": 5}"#), ["disabled"]);
        assert_eq!(refused(r#"{"team_ids": [1, "x"]}"#), ["team_ids"]);
        assert_eq!(refused(r#"{"role": "king"}"#), ["role"]);
    }

    #[test]
    fn only_one_complete_object_is_accepted() {
        for text in ["", "null", "[]", "[[]]", "5", "{", "{} {}", "\"text\""] {
            assert!(refused(text).is_empty(), "{text}");
        }
        assert!(read::<AccountChange>(b" {} \n").is_ok());
    }
}
