//! Parses parameters and builds responses. The outcome of a request is a response or a dropped connection.

use std::{error::Error, fmt};

use hyper::{
    Body, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;

/// No response: the connection is reset.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is dropped on purpose")
    }
}

impl Error for Dropped {}

/// Outcome of a request.
pub(crate) type Outcome = Result<Response<Body>, Dropped>;

/// Builds a JSON response.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => body(status, "application/json; charset=utf-8", bytes),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Builds a response with any other content type.
pub(crate) fn body(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    reply
}

/// Builds a response without a body.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// The pairs of a form or a query, in order; names can repeat.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Parses `application/x-www-form-urlencoded`; invalid input counts as empty, as with Twilio.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(bytes).unwrap_or_default())
    }

    /// Returns the first value of a name that is not empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Returns a phone number, restoring the `+` that an unescaped query loses.
    pub(crate) fn number(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.trim();
        let digits = value.starts_with(|first: char| first.is_ascii_digit());
        Some(if digits { format!("+{value}") } else { value.to_owned() })
    }

    /// Returns the pairs except those with the given names.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn the_plus_of_an_unescaped_number_is_restored() {
        let escaped = Parameters::parse(b"number=%2B447700900123");
        let bare = Parameters::parse(b"number=+447700900123");
        assert_eq!(escaped.number("number").as_deref(), Some("+447700900123"));
        assert_eq!(bare.number("number").as_deref(), Some("+447700900123"));
        assert_eq!(Parameters::parse(b"number=*").number("number").as_deref(), Some("*"));
    }

    #[test]
    fn an_empty_value_counts_as_missing() {
        assert_eq!(Parameters::parse(b"Body=&To=%2B1").get("Body"), None);
    }
}
