//! What `GET /events` streams: which thing changed, never what it says. The reader fetches what it may see.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ConversationId, EventId, MessageId, TeamId};

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
    /// A customer opted out of a team number's texts, or in again.
    ConsentChanged,
    /// What a conversation shows for an agent's attention was dismissed.
    AttentionChanged,
    /// A team, its numbers, its members, its templates or its closure reasons changed.
    TeamChanged,
    /// An account changed: only its own streams hear of it.
    AccountChanged,
    /// The gateway began to refuse our credentials, or takes them again.
    GatewayChanged,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 9] = [
        EventKind::MessageReceived,
        EventKind::MessageQueued,
        EventKind::MessageStatusChanged,
        EventKind::ConversationClosed,
        EventKind::ConsentChanged,
        EventKind::AttentionChanged,
        EventKind::TeamChanged,
        EventKind::AccountChanged,
        EventKind::GatewayChanged,
    ];

    /// The word as it stands in JSON, in the database and as the stream's `event` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::MessageReceived => "message_received",
            EventKind::MessageQueued => "message_queued",
            EventKind::MessageStatusChanged => "message_status_changed",
            EventKind::ConversationClosed => "conversation_closed",
            EventKind::ConsentChanged => "consent_changed",
            EventKind::AttentionChanged => "attention_changed",
            EventKind::TeamChanged => "team_changed",
            EventKind::AccountChanged => "account_changed",
            EventKind::GatewayChanged => "gateway_changed",
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
    /// In which team; `null` when it concerns every team.
    pub team_id: Option<TeamId>,
    /// In which conversation, where it is about one.
    pub conversation_id: Option<ConversationId>,
    /// To which message, where it is about one.
    pub message_id: Option<MessageId>,
    /// To which account, where it is about one.
    pub account_id: Option<AccountId>,
    /// When.
    pub at: DateTime<Utc>,
}
