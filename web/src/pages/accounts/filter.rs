//! The filter of the accounts page.

use shared::account::AccountDetail;

/// Returns whether the name or e-mail address contains every typed word, in any case.
pub(super) fn matches(typed: &str, account: &AccountDetail) -> bool {
    let (name, email) = (account.display_name.to_lowercase(), account.email.to_lowercase());
    typed.to_lowercase().split_whitespace().all(|word| name.contains(word) || email.contains(word))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_word_must_occur_in_the_name_or_email() {
        let account: AccountDetail = serde_json::from_value(json!({
            "id": 1, "email": "ann@example.com", "display_name": "Ann Ödegaard", "role": "agent",
            "permissions": [], "team_ids": [], "created_at": "2026-11-22T09:00:00Z", "disabled_at": null,
        }))
        .unwrap();
        for found in ["", "  ", "ANN", "öde", "ann@", "example ann"] {
            assert!(matches(found, &account), "{found}");
        }
        for missed in ["bo", "ann bo", "annö"] {
            assert!(!matches(missed, &account), "{missed}");
        }
    }
}
