//! Exports: the messages and conversations of a period.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{
    CustomerAddress, PhoneNumber,
    ids::{ConversationId, MessageId, TeamId, TemplateId},
    message::{Direction, Media, MessageError, MessageStatus, Sender},
    segments::Encoding,
};

/// A message with the numbers of its conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedMessage {
    /// The message's id.
    pub id: MessageId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The team.
    pub team_id: TeamId,
    /// The team's number.
    pub team_number: PhoneNumber,
    /// The customer's number, or the short code or sender name that the message came from.
    pub number: CustomerAddress,
    /// The customer reference number of the conversation.
    #[serde(rename = "ref")]
    pub reference: Option<String>,
    /// The customer's name in the conversation.
    pub name: Option<String>,
    /// The direction. Notes are included.
    pub direction: Direction,
    /// The sender.
    pub sender: Sender,
    /// The text.
    pub body: String,
    /// The pictures and files.
    pub media: Vec<Media>,
    /// Number of SMS parts.
    pub segments: i32,
    /// The encoding.
    pub encoding: Encoding,
    /// The delivery status.
    pub status: MessageStatus,
    /// Why it was not delivered.
    pub error: Option<MessageError>,
    /// When it was written. The period is about this time.
    #[serde(deserialize_with = "crate::time::required")]
    pub created_at: DateTime<Utc>,
    /// When the gateway accepted it.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub sent_at: Option<DateTime<Utc>>,
    /// When it was delivered.
    #[serde(default, deserialize_with = "crate::time::optional")]
    pub delivered_at: Option<DateTime<Utc>>,
    /// The template that it is based on.
    pub template_id: Option<TemplateId>,
}
