//! Requests of web pages of other origins (CORS). Only the origins in `SMS_CHAT_CORS_ORIGINS` may read answers. Cookies
//! are never accepted from them: pages of other origins authenticate with a bearer token.

use actix_cors::{Cors, CorsError};
use actix_web::http::{
    Method,
    header::{self, HeaderName},
};
use shared::ErrorCode;

use crate::{config::Origins, error::ApiError};

/// For how many seconds a browser may remember the answer to a preflight request.
const MAX_AGE: usize = 3600;
/// The headers of requests besides those that browsers always allow.
const ALLOWED: [HeaderName; 7] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_TYPE,
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("last-event-id"),
];
/// The headers of responses that pages can read.
const EXPOSED: [HeaderName; 7] = [
    header::ETAG,
    header::RETRY_AFTER,
    HeaderName::from_static("idempotency-replayed"),
    HeaderName::from_static("ratelimit-limit"),
    HeaderName::from_static("ratelimit-remaining"),
    HeaderName::from_static("ratelimit-reset"),
    HeaderName::from_static("x-request-id"),
];

/// Answers preflight requests, and adds the headers with which pages of these origins can read responses.
pub(crate) fn cors(origins: Origins) -> Cors {
    Cors::default()
        .allowed_origin_fn(move |origin, request| {
            is_shared(request.uri.path()) && origin.to_str().is_ok_and(|origin| origins.contains(origin))
        })
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allowed_headers(ALLOWED)
        .expose_headers(EXPOSED)
        .max_age(MAX_AGE)
}

/// Whether pages of other origins may use a path: all of the API, but not signing in by cookie.
fn is_shared(path: &str) -> bool {
    path.strip_prefix("/api/v1/").is_some_and(|path| !path.starts_with("sessions"))
}

/// Returns the problem of a refused preflight request.
pub(super) fn problem(error: &CorsError) -> ApiError {
    let detail = match error {
        CorsError::OriginNotAllowed | CorsError::MissingOrigin => {
            "Pages of this origin may not use this path. The setting SMS_CHAT_CORS_ORIGINS names the origins that may \
             use the API. Signing in is not for pages of other origins: use an API key."
        }
        _ => "Pages of other origins may not send a request with this method or these headers.",
    };
    ApiError::new(ErrorCode::Forbidden, detail)
}
