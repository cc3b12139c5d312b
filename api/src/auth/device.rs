//! The device cookie: proves that a browser has signed in to an account before. It opens nothing; the throttle counts
//! such a browser by itself, so that failures elsewhere do not lock it out.
//!
//! The value is an id of the browser and a seal for each e-mail address that has signed in there, joined by dots.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use subtle::ConstantTimeEq;

use super::TokenKeys;
use crate::error::ApiError;

/// How many accounts a shared browser is remembered for.
const MOST_ACCOUNTS: usize = 5;
/// The longest cookie that is read, in bytes: an id and five seals take less.
const LONGEST: usize = 400;

/// A browser that presents a device cookie, or a new one.
#[derive(Clone, Debug)]
pub(super) struct Device {
    id: String,
    seals: Vec<String>,
}

impl Device {
    /// Reads a cookie; a new device when there is none, or when it cannot be one.
    pub(super) fn read(cookie: Option<&str>) -> Self {
        let mut parts = cookie.filter(|value| value.len() <= LONGEST).unwrap_or_default().split('.');
        let id = parts.next().filter(|id| !id.is_empty()).map_or_else(new_id, str::to_owned);
        Self { id, seals: parts.map(str::to_owned).collect() }
    }

    /// The browser's id, when it has signed in to this e-mail address before.
    pub(super) fn id_for(&self, keys: &TokenKeys, email: &str) -> Result<Option<&str>, ApiError> {
        let seal = self.seal(keys, email)?;
        let known = self.seals.iter().any(|known| known.as_bytes().ct_eq(seal.as_bytes()).into());
        Ok(known.then_some(self.id.as_str()))
    }

    /// The cookie of this browser after it has signed in to the e-mail address.
    pub(super) fn signed_in(mut self, keys: &TokenKeys, email: &str) -> Result<String, ApiError> {
        let seal = self.seal(keys, email)?;
        self.seals.retain(|known| *known != seal);
        self.seals.insert(0, seal);
        self.seals.truncate(MOST_ACCOUNTS);
        self.seals.insert(0, self.id);
        Ok(self.seals.join("."))
    }

    fn seal(&self, keys: &TokenKeys, email: &str) -> Result<String, ApiError> {
        keys.seal("device", &format!("{}:{email}", self.id))
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
    fn a_browser_is_known_for_the_accounts_that_signed_in_there_and_no_others() {
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
        assert!(cookie.len() <= LONGEST);
    }

    #[test]
    fn a_cookie_that_this_server_did_not_make_is_worth_nothing() {
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
