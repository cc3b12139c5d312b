//! Consent: whether a number takes a team number's texts. An append-only ledger; the last entry counts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerAddress, PhoneNumber,
    ids::{ConsentId, MessageId},
    message::Sender,
};

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

/// `POST /conversations/{id}/opt_out`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewOptOut {
    /// What the customer said and where, 1 to 1000 characters. When left out: that they asked for it in a message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
