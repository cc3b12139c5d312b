//! Consent: whether a customer's number accepts messages from a team's number. The ledger is append-only, and its
//! latest entry applies.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerAddress, PhoneNumber,
    ids::{ConsentId, MessageId},
    message::Sender,
};

/// Whether a number accepts messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentState {
    /// The number accepts messages again after an opt-out.
    OptedIn,
    /// The number does not accept messages.
    OptedOut,
}

impl ConsentState {
    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OptedIn => "opted_in",
            Self::OptedOut => "opted_out",
        }
    }
}

/// Where a consent entry comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConsentSource {
    /// The customer sent one of the opt-out or opt-in keywords.
    Keyword,
    /// The gateway reported it: by `OptOutType` of an inbound message, or by error 21610.
    Gateway,
    /// An account or API key recorded it manually.
    Manual,
}

/// An entry of the consent ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Consent {
    /// The ledger entry's id.
    pub id: ConsentId,
    /// The team's number that the entry applies to.
    pub team_number: PhoneNumber,
    /// The customer's number, or the short code or sender name that the message came from.
    pub number: CustomerAddress,
    /// The consent from `created_at` on.
    pub state: ConsentState,
    /// Where the entry comes from.
    pub source: ConsentSource,
    /// The customer, the system, or the account or API key that recorded the entry.
    pub by: Sender,
    /// The message that caused the entry, if there was one.
    pub message_id: Option<MessageId>,
    /// The note of a manual entry.
    pub note: Option<String>,
    /// When the entry was recorded.
    #[serde(deserialize_with = "crate::time::required")]
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
    /// The consent from now on.
    pub state: ConsentState,
    /// How the customer gave or withdrew consent, for later reference: 1 to 1000 characters.
    pub note: String,
}

/// `POST /conversations/{id}/opt_out`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewOptOut {
    /// What the customer said and where, 1 to 1000 characters. When left out, the entry says that the customer
    /// asked for it in a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
