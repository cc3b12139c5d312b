//! Reads single values. Each says on a fault which variable it was, what is wrong and what would be right.

use super::{Exposure, SettingFault};

/// A value that is set: an empty one, as container files pass on what is not, counts as none.
pub(super) fn given(value: &Option<String>) -> Option<&str> {
    value.as_deref().filter(|text| !text.is_empty())
}

pub(super) fn parsed<T: std::str::FromStr>(
    value: &Option<String>,
    default: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<T, SettingFault> {
    let text = given(value).unwrap_or(default);
    text.parse().map_err(|_| SettingFault {
        variable,
        fault: format!("is {text:?}, which is not of the right form"),
        example,
    })
}

pub(super) fn within(
    value: &Option<String>,
    range: std::ops::RangeInclusive<u32>,
    default: u32,
    variable: &'static str,
    example: &'static str,
) -> Result<u32, SettingFault> {
    let number = parsed(value, &default.to_string(), variable, example)?;
    if range.contains(&number) {
        return Ok(number);
    }
    let fault = format!("is {number}, which is not within {} to {}", range.start(), range.end());
    Err(SettingFault { variable, fault, example })
}

/// Reads `on`, `loopback` or `off`.
pub(super) fn exposure(value: &Option<String>, variable: &'static str) -> Result<Exposure, SettingFault> {
    match given(value) {
        None | Some("on") => Ok(Exposure::On),
        Some("loopback") => Ok(Exposure::Loopback),
        Some("off") => Ok(Exposure::Off),
        Some(other) => {
            let fault = format!("is {other:?}, which is none of on, loopback and off");
            Err(SettingFault { variable, fault, example: "loopback" })
        }
    }
}

/// Reads an `http(s)` address with a host and perhaps a port and a path. It stays as it was written, but for slashes at the
/// end: the gateway signs the public URL as a text.
pub(super) fn web_address(
    text: &str,
    variable: &'static str,
    example: &'static str,
) -> Result<String, SettingFault> {
    match web_fault(text) {
        None => Ok(text.trim_end_matches('/').to_owned()),
        // A fault of the password's part must not put the password into a log.
        Some(fault) => Err(SettingFault { variable, fault, example }),
    }
}

/// What is wrong with an address.
fn web_fault(text: &str) -> Option<String> {
    let lower = text.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
        return Some("begins with neither https:// nor http://".to_owned());
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() {
        return Some("names no host".to_owned());
    }
    if authority.contains('@') {
        return Some(
            "holds a user name or password, which would be shown and logged; leave them out".to_owned(),
        );
    }
    if !text.is_ascii() {
        return Some("holds other than ASCII characters; write the host name in its xn-- form".to_owned());
    }
    if text.contains(|character: char| character.is_ascii_whitespace() || character.is_ascii_control())
        || text.contains(['\\', '"', '<', '>'])
    {
        return Some("holds a space or another character that no address has".to_owned());
    }
    let url = match url::Url::parse(text) {
        Ok(url) => url,
        Err(fault) => return Some(format!("is not an address: {fault}")),
    };
    if url.query().is_some() || url.fragment().is_some() {
        return Some("goes on with ? or #; end it at the path".to_owned());
    }
    (url.port() == Some(0)).then(|| "has port 0, which cannot be reached".to_owned())
}

pub(super) fn public_url(given: Option<&str>) -> Result<Option<String>, SettingFault> {
    given.map(|text| web_address(text, "SMS_CHAT_PUBLIC_URL", "https://desk.example.com")).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_perhaps_a_port_and_a_path_and_nothing_else() {
        for (text, kept) in [
            ("https://desk.example.com", "https://desk.example.com"),
            ("https://desk.example.com/", "https://desk.example.com"),
            ("HTTPS://Desk.example.com:8443/desk/", "HTTPS://Desk.example.com:8443/desk"),
            ("http://[2001:db8::1]:65535", "http://[2001:db8::1]:65535"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ] {
            assert_eq!(web_address(text, "V", "e").unwrap(), kept);
        }
        for (text, fault) in [
            ("desk.example.com", "begins with neither"),
            ("ftp://desk.example.com", "begins with neither"),
            ("https:///x", "names no host"),
            ("https://", "names no host"),
            ("https://?x", "names no host"),
            ("https://user:pass@desk.example.com", "user name or password"),
            ("https://user@desk.example.com/x", "user name or password"),
            ("https://:@desk.example.com", "user name or password"),
            ("https://desk.example.com:65536", "invalid port number"),
            ("https://desk.example.com:port", "invalid port number"),
            ("https://desk.example.com:0", "port 0"),
            ("https://desk.example.com/?a=b", "goes on with"),
            ("https://desk.example.com/#a", "goes on with"),
            ("https://b\u{fc}cher.example", "ASCII"),
            ("https://desk example.com", "a space"),
            ("https://desk.example.com\\x", "a space"),
            ("https://[::1", "is not an address"),
        ] {
            let told =
                web_address(text, "SMS_CHAT_PUBLIC_URL", "https://desk.example.com").unwrap_err().to_string();
            assert!(told.contains(fault), "{text}: {told}");
            assert!(told.starts_with("SMS_CHAT_PUBLIC_URL ") && !told.contains("pass@"), "{told}");
        }
    }
}
