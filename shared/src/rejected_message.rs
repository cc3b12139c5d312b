//! Messages that the gateway delivered and the server could not keep.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::RejectedMessageId;

/// Why a message could not be kept.
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
    /// Sender or recipient belong to another channel, such as WhatsApp.
    OtherChannel,
    /// The message has no recipient.
    MissingRecipient,
    /// No team has the number that the message was sent to.
    UnknownRecipient,
}

impl RejectionReason {
    /// What happened and what to do, in plain words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::MissingId => {
                "The gateway sent no message id. Check that the webhook of the number is a messaging webhook."
            }
            Self::MissingSender => "The message has no sender. Read it in the gateway's console.",
            Self::InvalidSender => {
                "The sender is not a phone number, short code or name. Read the message in the gateway's console."
            }
            Self::OtherChannel => {
                "The message came by another channel, such as WhatsApp. Only text messages are supported."
            }
            Self::MissingRecipient => "The message has no recipient. Read it in the gateway's console.",
            Self::UnknownRecipient => {
                "No team has this number. Give it to a team: messages of the last three days then follow."
            }
        }
    }
}

/// A message that could not be kept. Its text stays at the gateway, which finds it by `gateway_id`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RejectedMessage {
    /// Its id.
    pub id: RejectedMessageId,
    /// The gateway's id of the message; `null` when the gateway named none.
    pub gateway_id: Option<String>,
    /// The sender, as the gateway named it.
    pub from: Option<String>,
    /// The recipient, as the gateway named it.
    pub to: Option<String>,
    /// Why it was not kept.
    pub reason: RejectionReason,
    /// The reason and what to do, in plain words.
    pub text: String,
    /// Whether it was found in the gateway's list, its webhook having been lost.
    pub recovered: bool,
    /// When it came in.
    pub received_at: DateTime<Utc>,
}
