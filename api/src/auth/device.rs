//! The device cookie: proves that a browser has signed in to an account before. It grants no access. The throttle
//! counts such a browser separately, so that failed sign-ins from elsewhere do not lock it out.
//!
//! The value is a browser id and one signature for each e-mail address that has signed in there, joined by dots.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

use super::{TokenKeys, token::SigningError};

/// Maximum number of accounts that a shared browser is remembered for.
const MAX_ACCOUNTS: usize = 5;
/// Maximum length of an accepted cookie, in bytes. An id and five signatures are shorter.
const MAX_LENGTH: usize = 400;

/// A browser with its device cookie, or a new browser.
#[derive(Clone, Debug)]
pub(super) struct Device {
    id: String,
    signatures: Vec<String>,
}

impl Device {
    /// Parses a cookie. Returns a new device if it is missing or invalid.
    pub(super) fn read(cookie: Option<&str>) -> Self {
        let mut parts = cookie.filter(|value| value.len() <= MAX_LENGTH).unwrap_or_default().split('.');
        let id = parts.next().filter(|id| !id.is_empty()).map_or_else(new_id, str::to_owned);
        Self { id, signatures: parts.map(str::to_owned).collect() }
    }

    /// Returns the browser's id if it has signed in with this e-mail address before.
    pub(super) fn id_for(&self, keys: &TokenKeys, email: &str) -> Result<Option<&str>, SigningError> {
        let signature = self.sign(keys, email)?;
        let known = self.signatures.iter().any(|known| known.as_bytes().ct_eq(signature.as_bytes()).into());
        Ok(known.then_some(self.id.as_str()))
    }

    /// Returns this browser's cookie after it has signed in with the e-mail address.
    pub(super) fn signed_in(mut self, keys: &TokenKeys, email: &str) -> Result<String, SigningError> {
        let signature = self.sign(keys, email)?;
        self.signatures.retain(|known| *known != signature);
        self.signatures.insert(0, signature);
        self.signatures.truncate(MAX_ACCOUNTS);
        self.signatures.insert(0, self.id);
        Ok(self.signatures.join("."))
    }

    fn sign(&self, keys: &TokenKeys, email: &str) -> Result<String, SigningError> {
        keys.keyed_hash("device", &format!("{}:{email}", self.id))
    }
}

fn new_id() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;

    fn keys(secret: &str) -> TokenKeys {
        TokenKeys::new(&SecretString::from(secret))
    }

    #[test]
    fn a_browser_is_remembered_only_for_the_accounts_that_signed_in_there() {
        let keys = keys("one secret of the two that there are");
        let mut cookie = Device::read(None).signed_in(&keys, "ann@example.com").unwrap();
        let id = |cookie: &str, email: &str| {
            Device::read(Some(cookie)).id_for(&keys, email).unwrap().map(str::to_owned)
        };
        let first = id(&cookie, "ann@example.com");
        assert!(first.is_some());
        assert_eq!(id(&cookie, "bo@example.com"), None);
        for n in 0..4 {
            cookie = Device::read(Some(&cookie)).signed_in(&keys, &format!("{n}@example.com")).unwrap();
        }
        assert_eq!(id(&cookie, "ann@example.com"), first);
        cookie = Device::read(Some(&cookie)).signed_in(&keys, "more@example.com").unwrap();
        assert_eq!(id(&cookie, "ann@example.com"), None, "the oldest of six accounts is forgotten");
        assert!(cookie.len() <= MAX_LENGTH);
    }

    #[test]
    fn a_cookie_that_this_server_did_not_issue_is_ignored() {
        let ours = keys("one secret of the two that there are");
        let theirs = keys("the other secret of the two there are");
        let forged = Device::read(None).signed_in(&theirs, "ann@example.com").unwrap();
        let cut = Device::read(None).signed_in(&ours, "ann@example.com").unwrap();
        let cut = &cut[1..];
        for cookie in [forged.as_str(), cut, "", ".", "...", "id.", &"x".repeat(5000)] {
            assert_eq!(
                Device::read(Some(cookie)).id_for(&ours, "ann@example.com").unwrap(),
                None,
                "{cookie}"
            );
        }
    }
}
