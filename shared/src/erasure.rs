//! Erasing a customer by their number.

use serde::{Deserialize, Serialize};

use crate::{PhoneNumber, ids::ConversationId};

/// Maximum length of the reason of an erasure or a legal hold, in characters.
pub const MAX_REASON_CHARACTERS: usize = 500;

/// `POST /teams/{id}/erasures`: erases a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewErasure {
    /// The customer's number, in any usual format of the team's region.
    pub number: String,
    /// Why the customer is erased, without their name or number: it stays in the audit log.
    pub reason: String,
}

/// How much data a team has of a customer, or had before the erasure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasedData {
    /// Number of conversations. They stay, without number, name, texts and notes.
    pub conversations: i64,
    /// Number of messages and notes in them. They stay, without text and media.
    pub messages: i64,
    /// Number of rows in the team's daily files. They are deleted.
    pub customers: i64,
    /// Number of rejected rows of daily files with the number. They are deleted.
    pub rejected_rows: i64,
    /// Number of entries in the consent ledger. They stay, without number and note.
    pub consents: i64,
    /// Whether the customer has opted out. A keyed hash of the number is kept, so that no message is sent to it.
    pub opted_out: bool,
}

/// `GET /teams/{id}/erasures`: what an erasure would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErasurePreview {
    /// The number in E.164.
    pub number: PhoneNumber,
    /// The number in its international form for display.
    pub international: String,
    /// How much data there is.
    pub data: ErasedData,
    /// Why the customer cannot be erased now, and what to do; `null` if they can.
    pub obstacle: Option<String>,
    /// The live conversation that must be closed first.
    pub conversation_id: Option<ConversationId>,
}
