//! Verifies a webhook's signature, which is base64(HMAC-SHA1(key, the full public URL, then each parameter's name and
//! value in order of name, with no separators)). A repeated name counts once per distinct value, in order of value, as in
//! Twilio's own libraries. SignalWire signs forms in the same way. Sources: Twilio's "Webhooks security", SignalWire's
//! "Webhook security".

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha1::Sha1;

/// Whether this request is signed with one of the keys. The comparison of signatures takes constant time.
#[must_use]
pub fn is_valid<'a>(
    keys: impl IntoIterator<Item = &'a SecretString>,
    url: &str,
    parameters: &[(String, String)],
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    let sorted: BTreeSet<(&str, &str)> =
        parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let urls = with_and_without_port(url);
    keys.into_iter().any(|key| {
        urls.iter().any(|url| {
            let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.expose_secret().as_bytes()) else {
                return false;
            };
            mac.update(url.as_bytes());
            for (name, value) in &sorted {
                mac.update(name.as_bytes());
                mac.update(value.as_bytes());
            }
            mac.verify_slice(&signature).is_ok()
        })
    })
}

/// Returns the URL as it is, and without its port, or with the default port if it has none. Twilio may sign either
/// form, and its own libraries try both.
fn with_and_without_port(url: &str) -> Vec<String> {
    let mut urls = vec![url.to_owned()];
    if let Some((scheme, rest)) = url.split_once("://") {
        let (authority, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A colon in the user information or in an IPv6 address does not start a port.
        let tail = authority.rsplit(['@', ']']).next().unwrap_or_default();
        urls.push(match tail.split_once(':') {
            Some((_, port)) => {
                let bare = authority.strip_suffix(port).unwrap_or(authority).trim_end_matches(':');
                format!("{scheme}://{bare}{path}")
            }
            None => {
                let default_port = if scheme == "https" { 443 } else { 80 };
                format!("{scheme}://{authority}:{default_port}{path}")
            }
        });
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example in Twilio's documentation ("Validating requests are coming from Twilio").
    #[test]
    fn twilios_example_is_valid_and_any_change_makes_it_invalid() {
        let token = SecretString::from("12345");
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let parameters: Vec<(String, String)> = [
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        let signature = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        let valid =
            |url: &str, parameters: &[_], signature: &str| is_valid([&token], url, parameters, signature);
        assert!(valid(url, &parameters, signature));
        assert!(valid("https://mycompany.com:443/myapp.php?foo=1&bar=2", &parameters, signature));
        assert!(!valid("https://mycompany.org/myapp.php?foo=1&bar=2", &parameters, signature));
        assert!(!valid(url, parameters.get(1..).unwrap(), signature));
        assert!(!valid(url, &parameters, "SSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!valid(url, &parameters, "not base64"));
        assert!(!valid(url, &parameters, ""));
        assert!(
            is_valid([&SecretString::from("old"), &token], url, &parameters, signature),
            "any of the configured keys may have signed"
        );
    }
}
