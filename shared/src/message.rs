//! Messages, their senders, texts and delivery [status](MessageStatus).

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    ids::{AccountId, ConversationId, MessageId, TemplateId},
    segments::Encoding,
};

mod status;

pub use self::status::MessageStatus;

/// Maximum length of a message body, in characters. This is Twilio's limit (error 21617).
pub const MAX_BODY_CHARACTERS: usize = 1600;
/// Maximum number of accounts that a note mentions.
pub const MAX_MENTIONS: usize = 20;

/// The direction of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
    /// A note of the team, which is never sent.
    Note,
}

/// The kind of sender of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// The customer.
    Customer,
    /// An account.
    Account,
    /// An API key.
    ApiKey,
    /// The system itself, for example with an automatic reply.
    System,
}

/// The sender of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sender {
    /// The kind of sender.
    pub kind: SenderKind,
    /// The id of the account or API key; `null` for other senders.
    pub id: Option<i64>,
    /// The name to display; for a customer, the name in the conversation.
    pub name: Option<String>,
}

/// A picture or file attached to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Media {
    /// The path in this API to fetch it from.
    pub url: String,
    /// The MIME type reported by the gateway.
    pub content_type: String,
}

/// Why a message failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MessageError {
    /// The gateway's error code, such as `30003`.
    pub code: String,
    /// What happened and what to do next, in plain words.
    pub text: String,
}

impl MessageError {
    /// Returns whether sending the same message again may succeed. It cannot when the number is the cause (it does not
    /// exist, is a landline or blocks our messages) or the text is (filtered as spam, too long). When the customer may
    /// already have received the message, it must not be sent again either. The tests of
    /// `api/src/gateway/error_codes.rs` go through all codes that the server knows.
    #[must_use]
    pub fn is_worth_another_try(&self) -> bool {
        !matches!(
            self.code.as_str(),
            "21211" | "21612" | "21614" | "21617" | "30004" | "30005" | "30006" | "30007" | "outcome_unknown"
        )
    }
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// The message's id.
    pub id: MessageId,
    /// The conversation that the message belongs to.
    pub conversation_id: ConversationId,
    /// Whether the message is inbound, outbound or a note.
    pub direction: Direction,
    /// The sender.
    pub sender: Sender,
    /// The message text.
    pub body: String,
    /// The attachments.
    pub media: Vec<Media>,
    /// The number of SMS segments; 0 for a note.
    pub segments: i32,
    /// The character encoding of the segments.
    pub encoding: Encoding,
    /// The delivery status.
    pub status: MessageStatus,
    /// Why the message failed; `null` unless it did.
    pub error: Option<MessageError>,
    /// When the customer sent an inbound message, or when an outbound message was created. This is its place in the
    /// thread: a scheduled message has its `send_at` here, and once it is queued, the time of that.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the gateway accepted the message.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When the message was delivered.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// The template that the message is based on.
    pub template_id: Option<TemplateId>,
    /// Whether the webhook for the message was lost, so that the message was fetched from the gateway later.
    #[serde(default)]
    pub recovered: bool,
    /// The accounts that a note mentions.
    #[serde(default)]
    pub mentions: Vec<AccountId>,
    /// When a scheduled message goes out, or was to go out; `null` for a message that was sent at once.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub send_at: Option<DateTime<Utc>>,
}

/// `POST /conversations/{id}/messages`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewMessage {
    /// The message text, 1 to 1600 characters.
    pub body: String,
    /// The template that the message is based on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// The last message that the caller saw. The reply is refused (409) if there are later messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
    /// When the message goes out, at most a year from now; at once when left out.
    #[serde(default, deserialize_with = "crate::time::optional", skip_serializing_if = "Option::is_none")]
    pub send_at: Option<DateTime<Utc>>,
    /// Not supported yet: leave it out. A request with media is refused.
    #[serde(default, alias = "media_urls", skip_serializing)]
    pub media: Option<IgnoredAny>,
}

/// `PUT /messages/{id}`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduledMessageChange {
    /// The message text, 1 to 1600 characters.
    pub body: String,
    /// When the message goes out, at most a year from now.
    #[serde(deserialize_with = "crate::time::required")]
    pub send_at: DateTime<Utc>,
    /// The last message that the caller saw. The change is refused (409) if there are later messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
}

/// `POST /messages/{id}/send_now`.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SendNow {
    /// The last message that the caller saw. The request is refused (409) if there are later messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
}

/// A valid message body: 1 to 1600 characters, not only white space, no NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageBody(String);

/// Why a text cannot be a message body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// The text is empty or only white space.
    Empty,
    /// The text is longer than [`MAX_BODY_CHARACTERS`]. Holds the length in characters.
    TooLong(usize),
    /// The text contains a NUL character, which neither the gateway nor PostgreSQL accepts.
    Nul,
}

impl BodyFault {
    /// Returns the stable, machine-readable code for `errors[].code`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            BodyFault::Empty => "required",
            BodyFault::TooLong(_) => "too_long",
            BodyFault::Nul => "invalid_character",
        }
    }
}

impl fmt::Display for BodyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyFault::Empty => f.write_str("Enter a message."),
            BodyFault::TooLong(length) => {
                write!(f, "A message has at most {MAX_BODY_CHARACTERS} characters; this one has {length}.")
            }
            BodyFault::Nul => f.write_str("Remove the NUL character."),
        }
    }
}

impl MessageBody {
    /// Validates a message body and leaves the text unchanged.
    ///
    /// # Errors
    /// Why the text is not valid, for the field `body`.
    pub fn parse(text: String) -> Result<Self, BodyFault> {
        if text.trim().is_empty() {
            return Err(BodyFault::Empty);
        }
        if text.contains('\0') {
            return Err(BodyFault::Nul);
        }
        let length = text.chars().count();
        if length > MAX_BODY_CHARACTERS { Err(BodyFault::TooLong(length)) } else { Ok(Self(text)) }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_to_a_phone_that_is_off_can_be_sent_again_but_one_to_a_landline_cannot() {
        let error = |code: &str| MessageError { code: code.into(), text: String::new() };
        for code in ["30003", "30008", "30034", "21610", "not_handed_over", ""] {
            assert!(error(code).is_worth_another_try(), "{code}");
        }
        for code in ["21211", "21614", "21617", "30005", "30006", "30007", "outcome_unknown"] {
            assert!(!error(code).is_worth_another_try(), "{code}");
        }
    }

    #[test]
    fn a_body_has_1_to_1600_characters() {
        assert_eq!(MessageBody::parse(" \n".into()), Err(BodyFault::Empty));
        assert_eq!(MessageBody::parse("a\0b".into()), Err(BodyFault::Nul));
        assert!(MessageBody::parse("é".repeat(1600)).is_ok());
        assert_eq!(MessageBody::parse("é".repeat(1601)), Err(BodyFault::TooLong(1601)));
    }
}
