//! Twilio's webhook signature: base64(HMAC-SHA1(auth token, URL + parameters)). The server verifies it with a separate
//! implementation, so that a mistake in one shows in the other.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// Signs a form post to `url` (the public URL, with its query). Parameters are sorted
/// by name; the values of a repeated name are sorted too, each counted once, as in Twilio's own libraries.
#[must_use]
pub fn sign(auth_token: &str, url: &str, parameters: &[(String, String)]) -> String {
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in parameters {
        sorted.entry(name).or_default().insert(value);
    }
    // HMAC accepts keys of any length, so this cannot fail.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(auth_token.as_bytes()) else {
        return String::new();
    };
    mac.update(url.as_bytes());
    for (name, values) in sorted {
        for value in values {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::sign;

    fn pairs(parameters: &[(&str, &str)]) -> Vec<(String, String)> {
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn twilios_published_example_gives_the_published_signature() {
        let parameters = pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ]);
        let signature = sign("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", &parameters);
        assert_eq!(signature, "RSOYDt4T1cUTdK1PDd93/VVr8B8=");
    }

    #[test]
    fn the_order_of_parameters_does_not_matter() {
        let one = pairs(&[("Body", "Hi"), ("From", "+447700900123")]);
        let other = pairs(&[("From", "+447700900123"), ("Body", "Hi")]);
        assert_eq!(sign("secret", "http://desk/hook", &one), sign("secret", "http://desk/hook", &other));
    }

    #[test]
    fn a_repeated_value_counts_once_and_repeated_names_are_sorted_by_value() {
        let once = pairs(&[("Tag", "a"), ("Tag", "b")]);
        let repeated = pairs(&[("Tag", "b"), ("Tag", "a"), ("Tag", "b")]);
        assert_eq!(sign("secret", "http://desk/hook", &once), sign("secret", "http://desk/hook", &repeated));
    }

    #[test]
    fn another_secret_or_another_url_gives_another_signature() {
        let signature = sign("secret", "http://desk/hook", &[]);
        assert_ne!(signature, sign("Secret", "http://desk/hook", &[]));
        assert_ne!(signature, sign("secret", "http://desk/hook?a=1", &[]));
    }
}
