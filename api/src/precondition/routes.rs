//! The headers `If-Match` and `ETag`.

use std::future::{Ready, ready};

use actix_web::{
    FromRequest, HttpRequest, HttpResponse,
    dev::Payload,
    http::header::{ETag, EntityTag, Header, IfMatch},
};
use utoipa::IntoParams;

use super::{Expected, Versioned};
use crate::error::ApiError;

/// The header of a conditional change.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header that `Expected` reads")]
pub(crate) struct ConditionalChange {
    /// The `ETag` of the version that the caller has read. If the resource has another version by now, the request
    /// changes nothing and returns 412. Without this header, every version is changed.
    #[param(rename = "If-Match", example = "\"5f0c1d2e3a4b\"", pattern = r#"^(\*|"[0-9a-f]+")$"#)]
    if_match: Option<String>,
}

impl FromRequest for Expected {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        if !request.headers().contains_key(IfMatch::name()) {
            return ready(Ok(Self::Any));
        }
        ready(Ok(match IfMatch::parse(request) {
            Ok(IfMatch::Any) => Self::Any,
            // A weak tag never matches (RFC 9110, 13.1.1).
            Ok(IfMatch::Items(tags)) => {
                Self::OneOf(tags.iter().filter(|tag| !tag.weak).map(|tag| tag.tag().to_owned()).collect())
            }
            Err(_) => Self::OneOf(Vec::new()),
        }))
    }
}

/// Returns a resource as 200 OK, with its version.
pub(crate) fn versioned(resource: &impl Versioned) -> HttpResponse {
    HttpResponse::Ok().insert_header(etag(resource.version())).json(resource)
}

/// Returns the header with a version.
pub(crate) fn etag(version: String) -> ETag {
    ETag(EntityTag::new_strong(version))
}
