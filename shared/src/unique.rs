//! Reads sets on the server. serde drops a value that appears twice, which the document (`uniqueItems`) does not allow.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, de::Error};

/// Deserialises a set in which each value appears once.
pub(crate) fn required<'de, D: Deserializer<'de>, T: Deserialize<'de> + Ord>(
    deserializer: D,
) -> Result<BTreeSet<T>, D::Error> {
    set(Vec::deserialize(deserializer)?)
}

/// Deserialises a set in which each value appears once, or `null`.
pub(crate) fn optional<'de, D: Deserializer<'de>, T: Deserialize<'de> + Ord>(
    deserializer: D,
) -> Result<Option<BTreeSet<T>>, D::Error> {
    Option::<Vec<T>>::deserialize(deserializer)?.map(set).transpose()
}

fn set<T: Ord, E: Error>(values: Vec<T>) -> Result<BTreeSet<T>, E> {
    let count = values.len();
    let set = BTreeSet::from_iter(values);
    if set.len() < count { Err(E::custom("a value appears twice")) } else { Ok(set) }
}

#[cfg(test)]
mod tests {
    use crate::{
        account::{AccountChange, NewAccount},
        api_key::NewApiKey,
    };

    #[test]
    fn a_value_that_appears_twice_is_refused() {
        let accepts = |text: &str| serde_json::from_str::<AccountChange>(text).is_ok();
        assert!(accepts(r#"{"permissions": ["reply", "close"]}"#));
        assert!(accepts(r#"{"permissions": null}"#));
        assert!(!accepts(r#"{"permissions": ["reply", "reply"]}"#));
    }

    #[test]
    fn a_new_account_or_api_key_with_a_permission_twice_is_refused() {
        let accepts = |permissions: &str| {
            let account = format!(
                r#"{{"email": "a@b", "display_name": "A", "role": "agent", "password": "p", "permissions": {permissions}}}"#
            );
            let key = format!(r#"{{"name": "A", "team_ids": [1], "permissions": {permissions}}}"#);
            [
                serde_json::from_str::<NewAccount>(&account).is_ok(),
                serde_json::from_str::<NewApiKey>(&key).is_ok(),
            ]
        };
        assert_eq!(accepts(r#"["reply", "close"]"#), [true, true]);
        assert_eq!(accepts(r#"["reply", "reply"]"#), [false, false]);
    }
}
