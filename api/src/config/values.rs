//! Parses single values. Each error names the variable, the problem and an example of a valid value.

use super::{Exposure, LogFormat, SettingError};

/// The value, unless it is missing or empty: container files pass an unset variable on as an empty one.
pub(super) fn non_empty(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

pub(super) fn parse_or_default<T: std::str::FromStr>(
    value: &Option<String>,
    default: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<T, SettingError> {
    let text = non_empty(value).unwrap_or(default);
    text.parse().map_err(|_| SettingError {
        variable,
        problem: format!("is {text:?}, which is not valid"),
        example,
    })
}

pub(super) fn parse_in_range(
    value: &Option<String>,
    range: std::ops::RangeInclusive<u32>,
    default: u32,
    variable: &'static str,
    example: &'static str,
) -> Result<u32, SettingError> {
    let number = parse_or_default(value, &default.to_string(), variable, example)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let problem = format!("is {number}, but must be between {} and {}", range.start(), range.end());
    Err(SettingError { variable, problem, example })
}

/// Parses `on`, `loopback` or `off`; `on` by default.
pub(super) fn parse_exposure(
    value: &Option<String>,
    variable: &'static str,
) -> Result<Exposure, SettingError> {
    match non_empty(value) {
        None | Some("on") => Ok(Exposure::On),
        Some("loopback") => Ok(Exposure::Loopback),
        Some("off") => Ok(Exposure::Off),
        Some(other) => {
            let problem = format!("is {other:?}, but must be on, loopback or off");
            Err(SettingError { variable, problem, example: "loopback" })
        }
    }
}

/// Parses `text` or `json`; `text` by default.
pub(super) fn parse_log_format(value: &Option<String>) -> Result<LogFormat, SettingError> {
    match non_empty(value) {
        None | Some("text") => Ok(LogFormat::Text),
        Some("json") => Ok(LogFormat::Json),
        Some(other) => Err(SettingError {
            variable: "SMS_CHAT_LOG_FORMAT",
            problem: format!("is {other:?}, but must be text or json"),
            example: "json",
        }),
    }
}

/// Validates an `http(s)` URL with a host and optionally a port and a path. Returns it exactly as written, without
/// trailing slashes: gateway signatures cover the text of the public URL.
pub(super) fn parse_web_address(
    text: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<String, SettingError> {
    match url_problem(text) {
        None => Ok(text.trim_end_matches('/').to_owned()),
        // The message does not quote the URL, which may contain a password.
        Some(problem) => Err(SettingError { variable, problem, example }),
    }
}

/// What is wrong with a URL; `None` for a valid one.
fn url_problem(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Some("must begin with https:// or http://".to_owned());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Some("has no host name".to_owned());
    }
    if authority.contains('@') {
        return Some(
            "contains a user name or password, which would be shown and logged; remove it".to_owned(),
        );
    }
    if !text.is_ascii() {
        return Some("contains non-ASCII characters; write the host name in its xn-- form".to_owned());
    }
    if text.contains(|character: char| character.is_ascii_whitespace() || character.is_ascii_control())
        || text.contains(['\\', '"', '<', '>'])
    {
        return Some("contains a space or another character that is not allowed in a URL".to_owned());
    }
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(problem) => return Some(format!("is not a valid URL: {problem}")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Some("contains a query or fragment; remove everything from the ? or # on".to_owned());
    }
    (url.port() == Some(0)).then(|| "has port 0, which cannot be reached".to_owned())
}

pub(super) fn public_url(given: Option<&str>) -> Result<Option<String>, SettingError> {
    given.map(|text| parse_web_address(text, "SMS_CHAT_PUBLIC_URL", "https://state.example.com")).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_web_address_has_a_host_and_optionally_a_port_and_a_path() {
        for (text, kept) in [
            ("https://state.example.com", "https://state.example.com"),
            ("https://state.example.com/", "https://state.example.com"),
            ("HTTPS://Desk.example.com:8443/desk/", "HTTPS://Desk.example.com:8443/desk"),
            ("http://[2001:db8::1]:65535", "http://[2001:db8::1]:65535"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(parse_web_address(text, "V", "e").unwrap(), kept);
        }
        for (text, problem) in [
            ("desk.example.com", "must begin with"),
            ("ftp://state.example.com", "must begin with"),
            ("https:///x", "has no host name"),
            ("https://", "has no host name"),
            ("https://?x", "has no host name"),
            ("https://user:pass@state.example.com", "user name or password"),
            ("https://user@state.example.com/x", "user name or password"),
            ("https://:@state.example.com", "user name or password"),
            ("https://state.example.com:65536", "invalid port number"),
            ("https://state.example.com:port", "invalid port number"),
            ("https://state.example.com:0", "port 0"),
            ("https://state.example.com/?a=b", "a query or fragment"),
            ("https://state.example.com/#a", "a query or fragment"),
            ("https://b\u{fc}cher.example", "ASCII"),
            ("https://desk example.com", "a space"),
            ("https://state.example.com\\x", "a space"),
            ("https://[::1", "is not a valid URL"),
        ] {
            let error = parse_web_address(text, "SMS_CHAT_PUBLIC_URL", "https://state.example.com")
                .unwrap_err()
                .to_string();
            assert!(error.contains(problem), "{text}: {error}");
            assert!(error.starts_with("SMS_CHAT_PUBLIC_URL ") && !error.contains("pass@"), "{error}");
        }
    }
}
