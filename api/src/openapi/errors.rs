//! The error responses. A slice names the codes that are its own; the rules here add those that follow from the kind of
//! request. Responses with the same codes are one shared response, unless a slice says more about them.

use std::collections::BTreeMap;

use serde_json::to_value;
use shared::{ErrorCode, Problem};
use utoipa::{
    Modify,
    openapi::{
        ContentBuilder, HttpMethod, OpenApi, Ref, RefOr, Response, ResponseBuilder, example::ExampleBuilder,
        path::ParameterIn,
    },
};

use super::{
    headers,
    operations::{Place, places, value},
};

/// Completes the error responses of every operation.
pub(super) struct Errors;

impl Modify for Errors {
    fn modify(&self, document: &mut OpenApi) {
        let mut shared = BTreeMap::new();
        for mut place in places(document) {
            complete(&mut place, &mut shared);
        }
        let components = document.components.get_or_insert_default();
        components.responses.extend(shared.into_iter().map(|(name, response)| (name, RefOr::T(response))));
    }
}

/// The codes of one status, and what the slice says about them.
#[derive(Default)]
struct Described {
    codes: Vec<ErrorCode>,
    prose: Option<String>,
}

fn complete(place: &mut Place<'_>, shared: &mut BTreeMap<String, Response>) {
    let mut errors = own_errors(place);
    for code in codes_by_rule(place) {
        let described = errors.entry(code.status()).or_default();
        if !described.codes.contains(&code) {
            described.codes.push(code);
        }
    }
    for (status, Described { mut codes, prose }) in errors {
        codes.sort_by_key(|code| ErrorCode::ALL.iter().position(|other| other == code));
        let responses = &mut place.operation.responses.responses;
        let answer = match prose {
            Some(prose) => RefOr::T(response(prose_with_codes(prose, &codes), &codes)),
            None => {
                let names: Vec<String> = codes.iter().map(|code| format!("{code:?}")).collect();
                let name = names.join("Or");
                shared.entry(name.clone()).or_insert_with(|| response(list(&codes), &codes));
                RefOr::Ref(Ref::from_response_name(name))
            }
        };
        responses.insert(status.to_string(), answer);
    }
}

/// Takes the problem responses out of the operation.
fn own_errors(place: &mut Place<'_>) -> BTreeMap<u16, Described> {
    let mut errors = BTreeMap::new();
    place.operation.responses.responses.retain(|status, response| {
        let Some(response) = value(response).filter(|response| is_problem(response)) else { return true };
        let Ok(status) = status.parse() else { return true };
        errors.insert(status, own(status, &response.description));
        false
    });
    errors
}

fn is_problem(response: &Response) -> bool {
    let schemas = response.content.values().filter_map(|content| value(content)?.schema.as_ref());
    schemas.into_iter().any(|schema| {
        matches!(schema, RefOr::Ref(schema) if schema.ref_location == "#/components/schemas/Problem")
    })
}

/// Reads the description of a slice: the codes are the words in backticks.
fn own(status: u16, description: &str) -> Described {
    let words = description.split('`').skip(1).step_by(2);
    let mut codes: Vec<ErrorCode> =
        words.filter_map(|word| ErrorCode::ALL.iter().copied().find(|code| code.as_str() == word)).collect();
    if codes.is_empty() {
        // The first code of a status is the general one.
        codes.extend(ErrorCode::ALL.iter().copied().find(|code| code.status() == status));
    }
    let rest = codes.iter().fold(description.to_owned(), |rest, code| rest.replace(code.as_str(), ""));
    let has_prose = rest.chars().any(char::is_alphabetic);
    Described { codes, prose: has_prose.then(|| description.to_owned()) }
}

/// The codes that follow from the kind of request.
fn codes_by_rule(place: &Place<'_>) -> Vec<ErrorCode> {
    use ErrorCode as Code;
    let mut codes = vec![Code::UnknownHost];
    if place.path.starts_with("/api/v1") {
        codes.extend([Code::Internal, Code::Busy, Code::StorageFull, Code::DatabaseUnavailable]);
    }
    if place.needs_credentials() {
        codes.extend([
            Code::Unauthenticated,
            Code::SessionExpired,
            Code::ApiKeyExpired,
            Code::TooManyRequests,
        ]);
        if !matches!(place.method, HttpMethod::Get) {
            codes.push(Code::CsrfMismatch);
        }
    }
    if place.operation.request_body.is_some() {
        codes.extend([Code::InvalidBody, Code::RequestTimeout, Code::BodyTooLarge]);
        codes.extend([Code::UnsupportedMediaType, Code::ValidationFailed]);
    }
    // The health checks accept every query.
    if place.path.starts_with("/api/v1") && place.parameters(&ParameterIn::Query).next().is_some() {
        codes.push(Code::InvalidQuery);
    }
    if place.parameters(&ParameterIn::Query).any(|parameter| parameter.name == "cursor") {
        codes.push(Code::InvalidCursor);
    }
    if place.parameters(&ParameterIn::Path).next().is_some() {
        codes.push(Code::NotFound);
    }
    if place.is_conditional() {
        codes.push(Code::PreconditionFailed);
    }
    if place.is_idempotent_post() {
        codes.extend([Code::ValidationFailed, Code::IdempotencyKeyReused]);
    }
    codes
}

fn prose_with_codes(prose: String, codes: &[ErrorCode]) -> String {
    let missing: Vec<ErrorCode> =
        codes.iter().copied().filter(|code| !prose.contains(&format!("`{code}`"))).collect();
    if missing.is_empty() { prose } else { format!("{prose}; {}", list(&missing)) }
}

fn list(codes: &[ErrorCode]) -> String {
    let sentences: Vec<String> = codes.iter().map(|code| format!("`{code}`: {}", code.title())).collect();
    sentences.join("; ")
}

fn response(description: String, codes: &[ErrorCode]) -> Response {
    let examples = codes.iter().map(|code| {
        let problem = Problem::new(*code, format!("{}.", code.title()));
        let example = ExampleBuilder::new().summary(code.title()).value(to_value(problem).ok()).build();
        (code.as_str(), RefOr::T(example))
    });
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    let mut response =
        ResponseBuilder::new().description(description).content("application/problem+json", content).build();
    response.headers = headers::of_errors(codes);
    response
}
