//! Messages, their senders, and the rule of how a delivery status may change.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use crate::{
    ids::{ConversationId, MessageId, TemplateId},
    segments::Encoding,
};

/// The longest message body, in characters (Twilio's limit, its error 21617).
pub const MAX_BODY_CHARACTERS: usize = 1600;

/// Which way a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the customer.
    Inbound,
    /// To the customer.
    Outbound,
}

/// Where a message stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Inbound: it is here, and that is all there is to know.
    Received,
    /// Ours, not yet handed over.
    Queued,
    /// A worker holds it; whether the gateway has it is not known yet.
    Sending,
    /// The gateway accepted it.
    Sent,
    /// It arrived.
    Delivered,
    /// The network could not deliver it.
    Undelivered,
    /// It was not sent.
    Failed,
}

impl MessageStatus {
    /// Every status.
    pub const ALL: [MessageStatus; 7] = [
        MessageStatus::Received,
        MessageStatus::Queued,
        MessageStatus::Sending,
        MessageStatus::Sent,
        MessageStatus::Delivered,
        MessageStatus::Undelivered,
        MessageStatus::Failed,
    ];

    /// The word as it stands in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MessageStatus::Received => "received",
            MessageStatus::Queued => "queued",
            MessageStatus::Sending => "sending",
            MessageStatus::Sent => "sent",
            MessageStatus::Delivered => "delivered",
            MessageStatus::Undelivered => "undelivered",
            MessageStatus::Failed => "failed",
        }
    }

    /// Whether nothing can follow.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Received | Self::Delivered | Self::Undelivered | Self::Failed)
    }

    /// Whether this is a final failure.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed)
    }

    /// Whether `next` may follow: a status never goes backwards, and the first final one stays.
    #[must_use]
    pub fn may_become(self, next: MessageStatus) -> bool {
        !self.is_final() && next != MessageStatus::Received && self.rank() < next.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::Queued => 0,
            Self::Sending => 1,
            Self::Sent => 2,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Received => 3,
        }
    }
}

/// What kind of sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum SenderKind {
    /// The person at the other end.
    Customer,
    /// A person at the desk.
    Account,
    /// A program with an API key.
    ApiKey,
    /// The desk itself.
    System,
}

/// Who sent a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sender {
    /// What kind.
    pub kind: SenderKind,
    /// The account's or API key's id.
    pub id: Option<i64>,
    /// The name to show; for a customer, the name the conversation had.
    pub name: Option<String>,
}

/// A picture or file that came with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Media {
    /// The path of this API where it is fetched.
    pub url: String,
    /// Its MIME type, as the gateway names it.
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
    /// Whether it makes sense to send the same text again. It does not where the number is at fault (it does not exist, is a
    /// landline, blocks our texts), or the text itself (filtered as spam, too long), or where the customer may have it.
    #[must_use]
    pub fn is_worth_another_try(&self) -> bool {
        !matches!(
            self.code.as_str(),
            "21211" | "21612" | "21614" | "21617" | "30004" | "30005" | "30006" | "30007" | "outcome_unknown"
        )
    }
}

/// One text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// The conversation it belongs to.
    pub conversation_id: ConversationId,
    /// Which way it went.
    pub direction: Direction,
    /// Who sent it.
    pub sender: Sender,
    /// The text.
    pub body: String,
    /// What came with it.
    pub media: Vec<Media>,
    /// How many parts it has on the air.
    pub segments: i32,
    /// How its characters are encoded on the air.
    pub encoding: Encoding,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it failed.
    pub error: Option<MessageError>,
    /// When it was received or written.
    pub created_at: DateTime<Utc>,
    /// When the gateway accepted it.
    pub sent_at: Option<DateTime<Utc>>,
    /// When it arrived.
    pub delivered_at: Option<DateTime<Utc>>,
    /// The template it was written with.
    pub template_id: Option<TemplateId>,
    /// Whether the gateway could not bring it when it was written, so that it was fetched later.
    #[serde(default)]
    pub recovered: bool,
}

/// `POST /conversations/{id}/messages`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewMessage {
    /// The text, 1 to 1600 characters.
    pub body: String,
    /// The template it was written with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<TemplateId>,
    /// The last message that the sender saw. The reply is held (409) when the customer or a colleague wrote after it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_message_id: Option<MessageId>,
    /// Pictures cannot be sent yet; leave this out.
    #[serde(default, alias = "media_urls", skip_serializing)]
    pub media: Option<IgnoredAny>,
}

/// A message body within its limits: 1 to 1600 characters, not only white space, no NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageBody(String);

/// Why a text cannot be a message body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyFault {
    /// Nothing but white space.
    Empty,
    /// Longer than [`MAX_BODY_CHARACTERS`]; the length in characters.
    TooLong(usize),
    /// Holds a NUL character, which neither the gateway nor PostgreSQL takes.
    Nul,
}

impl BodyFault {
    /// The stable machine word for `errors[].code`.
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
    /// The text, unchanged, if it is within the limits.
    ///
    /// # Errors
    /// The fault, for the field `body`.
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

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    proptest! {
        #[test]
        fn a_status_never_goes_backwards_and_the_first_final_one_stays(
            receipts in prop::collection::vec(select(&MessageStatus::ALL[..]), 0..20)
        ) {
            let mut status = MessageStatus::Queued;
            let mut first_final = None;
            for receipt in receipts {
                let before = status;
                if status.may_become(receipt) {
                    status = receipt;
                }
                prop_assert!(status.rank() >= before.rank());
                if status.is_final() {
                    prop_assert_eq!(*first_final.get_or_insert(status), status);
                }
            }
            prop_assert_ne!(status, MessageStatus::Received);
        }

        #[test]
        fn the_same_receipt_twice_changes_nothing_more(
            from in select(&MessageStatus::ALL[..]), to in select(&MessageStatus::ALL[..])
        ) {
            if from.may_become(to) {
                prop_assert!(!to.may_become(to));
            }
        }
    }

    #[test]
    fn a_text_to_a_phone_that_is_off_is_worth_another_try_and_one_to_a_landline_never() {
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
