//! Messages that the gateway delivered and the server could not store.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::RejectedMessageId;

/// Why a message could not be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RejectionReason {
    /// The webhook has no `MessageSid`, `SmsMessageSid` or `SmsSid`.
    MissingId,
    /// The message has no sender.
    MissingSender,
    /// The sender is neither a number nor a short code nor a name.
    InvalidSender,
    /// The sender or recipient belongs to another channel, such as WhatsApp.
    OtherChannel,
    /// The message has no recipient.
    MissingRecipient,
    /// No team owns the number that the message was sent to.
    UnknownRecipient,
}

impl RejectionReason {
    /// Returns what happened and what to do, in plain words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::MissingId => {
                "The gateway sent no message id. Check that the number's webhook is a messaging webhook."
            }
            Self::MissingSender => "The message has no sender. Open it in the gateway's console.",
            Self::InvalidSender => {
                "The sender is not a phone number, short code or name. Open the message in the gateway's console."
            }
            Self::OtherChannel => {
                "The message came through another channel, such as WhatsApp. Only text messages are supported."
            }
            Self::MissingRecipient => "The message has no recipient. Open it in the gateway's console.",
            Self::UnknownRecipient => {
                "No team owns this number. Add it to a team; its messages from the last three days are then fetched."
            }
        }
    }
}

/// A message that could not be stored. Its text is only at the gateway, where `gateway_id` identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectedMessage {
    /// The rejected message's id.
    pub id: RejectedMessageId,
    /// The gateway's id of the message; `null` when the gateway sent none.
    pub gateway_id: Option<String>,
    /// The sender, as reported by the gateway.
    pub from: Option<String>,
    /// The recipient, as reported by the gateway.
    pub to: Option<String>,
    /// Why the message could not be stored.
    pub reason: RejectionReason,
    /// The reason and what to do, in plain words.
    pub text: String,
    /// Whether the webhook for the message was lost, so that the message was found later in the gateway's list.
    pub recovered: bool,
    /// When the message was received.
    #[serde(deserialize_with = "crate::time::required")]
    pub received_at: DateTime<Utc>,
}
