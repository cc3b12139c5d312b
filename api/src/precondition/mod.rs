//! Conditional changes: a caller sends the version that it has read in `If-Match`, and the change is refused if the
//! resource has another version by then. So of two administrators who edit the same, the second does not overwrite what
//! the first has saved.
//!
//! A version is a hash of what a change can set. It stays the same when a template is moved or an API key is used.

mod problems;
pub(crate) mod routes;

use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use shared::{
    account::{Account, AccountDetail, Me},
    api_key::ApiKey,
    campaign::Campaign,
    closure::ClosureReason,
    daily_file::ColumnMapping,
    preferences::Preferences,
    retention::Retention,
    tag::Tag,
    team::TeamDetail,
    template::Template,
    webhook_endpoint::WebhookEndpoint,
};

/// Number of bytes of a hash that a version consists of. Versions of one resource are compared, not those of different
/// resources.
const BYTES: usize = 12;

/// The resource has none of the versions that the caller expects.
#[derive(Debug, thiserror::Error)]
#[error("This was changed after you loaded it. Check what has changed, then try again.")]
pub struct Changed {
    /// The resource as it is now, with its version.
    current: Value,
}

/// A resource that callers change conditionally.
pub(crate) trait Versioned: Serialize {
    /// Returns the version.
    fn version(&self) -> String;
}

/// Versioned by a field, because lists contain it.
macro_rules! versioned_by_field {
    ($($resource:ty),+) => {$(
        impl Versioned for $resource {
            fn version(&self) -> String {
                self.version.clone()
            }
        }
    )+};
}

versioned_by_field!(
    AccountDetail,
    ApiKey,
    Campaign,
    ClosureReason,
    Tag,
    TeamDetail,
    Template,
    WebhookEndpoint
);

impl Versioned for Me {
    fn version(&self) -> String {
        version_of(&self.account.as_ref().map(own_fields))
    }
}

/// The part of `GET /me` that an account can change.
#[derive(Debug, Serialize)]
pub(crate) struct OwnAccount {
    pub(crate) account: Account,
}

impl Versioned for OwnAccount {
    fn version(&self) -> String {
        version_of(&Some(own_fields(&self.account)))
    }
}

fn own_fields(account: &Account) -> (&str, &str) {
    (&account.display_name, &account.email)
}

impl Versioned for ColumnMapping {
    fn version(&self) -> String {
        version_of(self)
    }
}

impl Versioned for Preferences {
    fn version(&self) -> String {
        version_of(self)
    }
}

impl Versioned for Retention {
    fn version(&self) -> String {
        version_of(self)
    }
}

/// Returns the version of a resource whose fields that a change can set are `content`.
pub(crate) fn version_of(content: &impl Serialize) -> String {
    // A struct or tuple of plain fields cannot fail.
    let json = serde_json::to_vec(content).unwrap_or_default();
    Sha256::digest(json).iter().take(BYTES).map(|byte| format!("{byte:02x}")).collect()
}

/// The versions of a resource that a caller wants to change.
#[derive(Clone, Debug, Default)]
pub enum Expected {
    /// Any version: the request has no `If-Match`, or `*`.
    #[default]
    Any,
    /// One of these.
    OneOf(Vec<String>),
}

impl Expected {
    /// Checks that the resource has an expected version. Call it in the transaction of the change, once no other
    /// transaction can change the resource.
    ///
    /// # Errors
    /// If it has another version.
    pub(crate) fn check(&self, current: &impl Versioned) -> Result<(), Changed> {
        match self {
            Self::OneOf(versions) if !versions.contains(&current.version()) => {
                let mut json = serde_json::to_value(current).unwrap_or_default();
                if let Some(fields) = json.as_object_mut() {
                    fields.insert("version".to_owned(), current.version().into());
                }
                Err(Changed { current: json })
            }
            Self::Any | Self::OneOf(_) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_with_an_expected_version_can_be_changed() {
        let mapping = ColumnMapping { name: Some("Client".to_owned()), ..ColumnMapping::default() };
        let expected = |versions: &[&str]| {
            Expected::OneOf(versions.iter().map(|version| (*version).to_owned()).collect())
        };
        let version = mapping.version();
        assert!(Expected::Any.check(&mapping).is_ok());
        assert!(expected(&["other", &version]).check(&mapping).is_ok());
        let changed = expected(&["other"]).check(&mapping).unwrap_err();
        assert_eq!(changed.current["name"], "Client");
        assert!(expected(&[]).check(&mapping).is_err(), "a header without a version that can match");
        assert_ne!(version, ColumnMapping::default().version());
    }
}
