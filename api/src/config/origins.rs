//! The origins whose web pages may use the API: a comma-separated list of `scheme://host` or `scheme://host:port`.

use std::str::FromStr;

use url::Url;

/// Why a list of origins is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OriginError {
    /// An entry stands for every origin.
    #[error("contains {0:?}, which stands for every origin; list each origin")]
    Wildcard(String),
    /// An entry is not an origin.
    #[error("contains {0:?}, which is not an origin: https:// or http:// and a host, without a path")]
    NotAnOrigin(String),
}

/// The origins whose web pages may use the API; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origins(Vec<String>);

impl Origins {
    /// Whether the list has this value of the header `Origin`.
    #[must_use]
    pub fn contains(&self, origin: &str) -> bool {
        self.0.iter().any(|allowed| allowed == origin)
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Origins {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries.map(origin).collect::<Result<_, _>>().map(Self)
    }
}

/// Returns an origin as browsers write it: in lower case, without the scheme's own port.
fn origin(text: &str) -> Result<String, OriginError> {
    if text.contains('*') {
        return Err(OriginError::Wildcard(text.to_owned()));
    }
    let refused = || OriginError::NotAnOrigin(text.to_owned());
    let url = Url::parse(text).map_err(|_| refused())?;
    let origin = url.origin().ascii_serialization();
    let is_web = matches!(url.scheme(), "http" | "https");
    // The parser adds the path `/`. Anything else after the origin, or before the host, makes the text longer.
    let is_bare = url.as_str().trim_end_matches('/') == origin && !text.ends_with('/');
    if is_web && is_bare && url.port() != Some(0) { Ok(origin) } else { Err(refused()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_compared_as_browsers_write_them() {
        let origins: Origins =
            " https://CRM.example.com:443, http://127.0.0.1:3000,https://[2001:db8::1]:8443 ,"
                .parse()
                .unwrap();
        for origin in ["https://crm.example.com", "http://127.0.0.1:3000", "https://[2001:db8::1]:8443"] {
            assert!(origins.contains(origin), "{origin}");
        }
        for origin in
            ["null", "", "http://crm.example.com", "https://crm.example.com:8443", "https://example.com"]
        {
            assert!(!origins.contains(origin), "{origin}");
        }
        assert!("".parse::<Origins>().unwrap().is_empty());
    }

    #[test]
    fn the_error_quotes_what_is_not_an_origin() {
        for bad in [
            "*",
            "https://*.example.com",
            "null",
            "crm.example.com",
            "https://",
            "https://crm.example.com/",
            "https://crm.example.com/app",
            "https://crm.example.com?x",
            "https://crm.example.com#x",
            "https://user@crm.example.com",
            "ftp://crm.example.com",
            "file:///index.html",
            "https://crm.example.com:0",
            "https://crm.example.com:99999",
        ] {
            let problem = format!("https://ok.example.com,{bad}").parse::<Origins>().unwrap_err().to_string();
            assert!(problem.contains(&format!("{bad:?}")), "{problem}");
        }
    }
}
