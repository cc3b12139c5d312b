//! The headers of responses, and the header `Idempotency-Key` of requests.

use std::collections::{BTreeMap, BTreeSet};

use shared::ErrorCode;
use utoipa::{
    Modify,
    openapi::{
        Object, ObjectBuilder, OpenApi, RefOr, Response, Schema, Type,
        header::{Header, HeaderBuilder},
        path::{ParameterBuilder, ParameterIn},
    },
};

use super::operations::{Place, places, responses, value};
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

/// Adds the headers that successful responses of many operations have: `X-Request-Id`, `ETag` of a resource that can be
/// changed conditionally, and `RateLimit-*` wherever callers need credentials.
pub(super) struct SharedHeaders;

impl Modify for SharedHeaders {
    fn modify(&self, document: &mut OpenApi) {
        let conditional: BTreeSet<String> =
            places(document).filter(Place::is_conditional).map(|place| place.path.to_owned()).collect();
        let schemas = document.components.iter().flat_map(|components| &components.schemas);
        let versioned: BTreeSet<String> = schemas
            .filter(|(_, schema)| matches!(schema, RefOr::T(Schema::Object(object)) if object.properties.contains_key("version")))
            .map(|(name, _)| name.clone())
            .collect();
        for place in places(document) {
            let (needs_credentials, is_conditional) =
                (place.needs_credentials(), conditional.contains(place.path));
            for (status, response) in responses(place.operation) {
                let (name, description) = REQUEST_ID;
                add(&mut response.headers, name, Type::String, description);
                if needs_credentials {
                    for (name, description) in RATE_LIMIT {
                        add(&mut response.headers, name, Type::Integer, description);
                    }
                }
                if (status == "200" && is_conditional) || has_schema(response, &versioned) {
                    add(&mut response.headers, "ETag", Type::String, "The version, for `If-Match`");
                }
            }
        }
    }
}

/// The header that names the request in the log and in problems.
const REQUEST_ID: (&str, &str) = ("X-Request-Id", "The request's id, which is also in the server's log");

/// The headers that state what a caller has left of the rate limit. They are left out if there is no limit.
const RATE_LIMIT: [(&str, &str); 3] = [
    ("RateLimit-Limit", "Requests per minute"),
    ("RateLimit-Remaining", "Requests that are allowed now"),
    ("RateLimit-Reset", "Seconds until the next request is allowed"),
];

/// Whether the response is one of these schemas.
fn has_schema(response: &Response, names: &BTreeSet<String>) -> bool {
    let schemas = response.content.values().filter_map(|content| value(content)?.schema.as_ref());
    schemas.into_iter().any(|schema| match schema {
        RefOr::Ref(schema) => schema.ref_location.rsplit('/').next().is_some_and(|name| names.contains(name)),
        RefOr::T(_) => false,
    })
}

fn add(headers: &mut BTreeMap<String, RefOr<Header>>, name: &str, kind: Type, description: &str) {
    let header =
        HeaderBuilder::new().schema(Some(Object::with_type(kind))).description(Some(description)).build();
    headers.insert(name.to_owned(), RefOr::T(header));
}

/// Returns the headers of an error response with one of these codes.
pub(super) fn of_errors(codes: &[ErrorCode]) -> BTreeMap<String, RefOr<Header>> {
    let mut headers = BTreeMap::new();
    let mut add = |name, kind, description| add(&mut headers, name, kind, description);
    add(REQUEST_ID.0, Type::String, REQUEST_ID.1);
    // Without valid credentials there is no caller whose limit counts.
    if codes.iter().any(|code| !matches!(code.status(), 401 | 421)) {
        for (name, description) in RATE_LIMIT {
            add(name, Type::Integer, description);
        }
    }
    for code in codes {
        match code.status() {
            401 => add("WWW-Authenticate", Type::String, "`Bearer`"),
            429 | 503 => add("Retry-After", Type::Integer, "Seconds until the next try"),
            _ => {}
        }
        match code {
            ErrorCode::MethodNotAllowed => add("Allow", Type::String, "The methods of the path"),
            ErrorCode::RequestInProgress => add("Retry-After", Type::Integer, "Seconds until the next try"),
            _ => {}
        }
    }
    headers
}
