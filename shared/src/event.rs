//! What `GET /events` streams: which thing changed, never what it says. The reader fetches what it may see.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{ConversationId, EventId, MessageId, TeamId};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// The customer wrote.
    MessageReceived,
    /// We wrote.
    MessageQueued,
    /// A message's delivery status went forward.
    MessageStatusChanged,
    /// A conversation was closed.
    ConversationClosed,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 4] = [
        EventKind::MessageReceived,
        EventKind::MessageQueued,
        EventKind::MessageStatusChanged,
        EventKind::ConversationClosed,
    ];

    /// The word as it stands in JSON, in the database and as the stream's `event` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::MessageReceived => "message_received",
            EventKind::MessageQueued => "message_queued",
            EventKind::MessageStatusChanged => "message_status_changed",
            EventKind::ConversationClosed => "conversation_closed",
        }
    }
}

/// An entry of the event log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Its place in the log, sent as the stream's `id`.
    pub id: EventId,
    /// What happened.
    pub kind: EventKind,
    /// In which team.
    pub team_id: TeamId,
    /// In which conversation.
    pub conversation_id: ConversationId,
    /// To which message, where it is about one.
    pub message_id: Option<MessageId>,
    /// When.
    pub at: DateTime<Utc>,
}
