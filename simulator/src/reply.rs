//! Requests read and replies built, in the few forms that the simulator needs. An outcome is a reply or a
//! dropped connection: nothing here must ever turn the second into the first.

use std::{error::Error, fmt};

use hyper::{
    Body, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde::Serialize;

/// No reply at all: the connection is reset.
#[derive(Debug)]
pub(crate) struct Dropped;

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the connection is dropped on purpose")
    }
}

impl Error for Dropped {}

/// What a request comes to.
pub(crate) type Outcome = Result<Response<Body>, Dropped>;

/// A reply in JSON.
pub(crate) fn json(status: StatusCode, value: &impl Serialize) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(bytes) => body(status, "application/json; charset=utf-8", bytes),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// A reply of any other kind.
pub(crate) fn body(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    reply
}

/// A reply of a status alone.
pub(crate) fn empty(status: StatusCode) -> Response<Body> {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// A form or a query, in its own order, names repeated or not.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parameters(Vec<(String, String)>);

impl Parameters {
    /// Reads `application/x-www-form-urlencoded`; what cannot be read counts as nothing, as with Twilio.
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        Self(serde_urlencoded::from_bytes(bytes).unwrap_or_default())
    }

    /// The value of a name, unless it is empty.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, value)| known == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// A phone number, with the `+` that a query loses when it is not escaped.
    pub(crate) fn number(&self, name: &str) -> Option<String> {
        let value = self.get(name)?.trim();
        let digits = value.starts_with(|first: char| first.is_ascii_digit());
        Some(if digits { format!("+{value}") } else { value.to_owned() })
    }

    /// Every pair but those of these names.
    pub(crate) fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::Parameters;

    #[test]
    fn a_number_gets_back_the_plus_that_an_unescaped_query_lost() {
        let escaped = Parameters::parse(b"number=%2B447700900123");
        let bare = Parameters::parse(b"number=+447700900123");
        assert_eq!(escaped.number("number").as_deref(), Some("+447700900123"));
        assert_eq!(bare.number("number").as_deref(), Some("+447700900123"));
        assert_eq!(Parameters::parse(b"number=*").number("number").as_deref(), Some("*"));
    }

    #[test]
    fn an_empty_value_is_no_value() {
        assert_eq!(Parameters::parse(b"Body=&To=%2B1").get("Body"), None);
    }
}
