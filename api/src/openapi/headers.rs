//! The headers of responses, and the header `Idempotency-Key` of requests.

use std::collections::BTreeMap;

use shared::ErrorCode;
use utoipa::{
    Modify,
    openapi::{
        Object, ObjectBuilder, OpenApi, RefOr, Type,
        header::{Header, HeaderBuilder},
        path::{ParameterBuilder, ParameterIn},
    },
};

use super::operations::{Place, places, responses};
use crate::idempotency::MAX_KEY;

/// Visible ASCII characters.
pub(super) const VISIBLE_ASCII: &str = "^[!-~]+$";

/// Adds the headers `Idempotency-Key` and `Idempotency-Replayed` to every POST that needs credentials, so not to signing
/// in or to webhooks.
pub(super) struct IdempotencyKeys;

impl Modify for IdempotencyKeys {
    fn modify(&self, document: &mut OpenApi) {
        for place in places(document).filter(Place::is_idempotent_post) {
            let schema = ObjectBuilder::new()
                .schema_type(Type::String)
                .min_length(Some(1))
                .max_length(Some(MAX_KEY))
                .pattern(Some(VISIBLE_ASCII))
                .build();
            let key = ParameterBuilder::new()
                .name("Idempotency-Key")
                .parameter_in(ParameterIn::Header)
                .description(Some(
                    "1 to 255 visible ASCII characters. A repeated request with the same key has no effect; it returns \
                     the first response with `Idempotency-Replayed: true`. The same key with a different request \
                     returns 422 `idempotency_key_reused`. Keys are kept for 24 hours; those of messages are kept \
                     forever.",
                ))
                .schema(Some(schema));
            place.operation.parameters.get_or_insert_default().push(key.build().into());
            for (_, response) in responses(place.operation).filter(|(status, _)| status.starts_with('2')) {
                let replayed = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(["true"]));
                let header = HeaderBuilder::new()
                    .schema(Some(replayed))
                    .description(Some("Present if the response repeats that of an earlier request"))
                    .build();
                response.headers.insert("Idempotency-Replayed".to_owned(), RefOr::T(header));
            }
        }
    }
}

/// Returns the headers of an error response with one of these codes.
pub(super) fn of_errors(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Header>> {
    let mut headers = BTreeMap::new();
    let mut add = |name: &str, kind: Type, description: &str| {
        let header =
            HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(description)).build();
        headers.insert(name.to_owned(), RefOr::T(header));
    };
    for code in codes {
        match code.status() {
            401 => add("WWW-Authenticate", Type::String, "`Bearer`"),
            429 | 503 => add("Retry-After", Type::Integer, "Seconds until the next try"),
            _ => {}
        }
        match code {
            ErrorCode::MethodNotAllowed => add("Allow", Type::String, "The methods of the path"),
            ErrorCode::RequestInProgress => add("Retry-After", Type::Integer, "Seconds until the next try"),
            ErrorCode::TooManyRequests => {
                add("RateLimit-Limit", Type::Integer, "Requests per minute, if a rate limit is exceeded");
                add("RateLimit-Remaining", Type::Integer, "Requests that remain: 0");
                add("RateLimit-Reset", Type::Integer, "Seconds until the next request is allowed");
            }
            _ => {}
        }
    }
    headers
}
