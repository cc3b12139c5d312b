//! Consent: whether a number takes a team number's texts. An append-only ledger; the last entry counts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerAddress, PhoneNumber,
    ids::{ConsentId, MessageId},
    message::Sender,
};

/// The words that opt out when they are all that a text says (Twilio's and the CTIA's list).
const OPT_OUT: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
/// The words that opt in again.
const OPT_IN: [&str; 3] = ["START", "YES", "UNSTOP"];

/// Whether a number takes texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// It does, after it did not.
    OptedIn,
    /// It does not.
    OptedOut,
}

/// How we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// The customer texted one of the words.
    Keyword,
    /// The gateway said so: `OptOutType` of a text, or its error 21610.
    Gateway,
    /// Somebody recorded it by hand.
    Manual,
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// The team's number whose texts it is about.
    pub team_number: PhoneNumber,
    /// The customer's number, or the short code or name that they wrote from.
    pub number: CustomerAddress,
    /// What holds from then on.
    pub state: ConsentState,
    /// How we know.
    pub source: ConsentSource,
    /// Who: the customer, the desk itself, or who recorded it.
    pub by: Sender,
    /// The message that says so, where it was one.
    pub message_id: Option<MessageId>,
    /// What was noted when it was recorded by hand.
    pub note: Option<String>,
    /// Since when.
    pub created_at: DateTime<Utc>,
}

/// `POST /consents`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewConsent {
    /// The team's number.
    pub team_number: PhoneNumber,
    /// The customer's number, in any usual format of the team's region.
    pub number: String,
    /// What holds from now on.
    pub state: ConsentState,
    /// How we know, for whoever asks later: 1 to 1000 characters.
    pub note: String,
}

/// What a customer's text says about consent, if it is nothing but one of the words. Opting out is read generously
/// (`Stop.`), opting in to the letter, as the carriers do.
#[must_use]
pub fn keyword(text: &str) -> Option<ConsentState> {
    let word = text.trim().to_ascii_uppercase();
    if OPT_IN.contains(&word.as_str()) {
        return Some(ConsentState::OptedIn);
    }
    let bare = word.trim_matches(|character: char| character.is_whitespace() || ".,!\"'".contains(character));
    OPT_OUT.contains(&bare).then_some(ConsentState::OptedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_counts_only_when_it_is_all_that_is_said() {
        for word in ["STOP", "stop", " Stop\n", "Stop.", "\"STOP\"", "optout", "Unsubscribe", "END", "quit!"]
        {
            assert_eq!(keyword(word), Some(ConsentState::OptedOut), "{word:?}");
        }
        for word in ["START", "yes", " Unstop "] {
            assert_eq!(keyword(word), Some(ConsentState::OptedIn), "{word:?}");
        }
        for text in
            ["", ".", "please stop", "STOP texting me", "Yes please", "Yes.", "stopp", "HELP", "\u{17f}top"]
        {
            assert_eq!(keyword(text), None, "{text:?}");
        }
    }
}
