//! Events of the stream `GET /events`: they name what changed, without content. Clients fetch the content that they
//! have access to.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::ids::{AccountId, ConversationId, EventId, MessageId, TeamId};

/// The kind of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A message from the customer was received. `account_id` is the account that the conversation is assigned to.
    MessageReceived,
    /// A message to the customer was queued.
    MessageQueued,
    /// A message's delivery status changed, but not to a failure.
    MessageStatusChanged,
    /// A message finally failed. `account_id` is the account that the conversation is assigned to.
    MessageFailed,
    /// A note was added to a conversation.
    NoteAdded,
    /// A note mentions an account. Only the account's own streams receive this event.
    Mentioned,
    /// A conversation was closed.
    ConversationClosed,
    /// A customer opted out of messages from a team's number, or opted in again.
    ConsentChanged,
    /// An agent dismissed the warning of a conversation.
    AttentionChanged,
    /// A conversation was assigned to an account (`account_id`), or became unassigned. A reply that assigns an
    /// unassigned conversation is only a `message_queued`.
    AssignmentChanged,
    /// A conversation was snoozed by an account (`account_id`), or a snooze ended: by an agent, or because its time has
    /// come. A message that ends a snooze is only a `message_received` or `message_queued`.
    SnoozeChanged,
    /// An account or API key changed the tags of a conversation.
    TagsChanged,
    /// A colleague assigned a conversation to an account. Only the account's own streams receive this event.
    Given,
    /// A team, its numbers, its members, its templates, its closure reasons or its tags changed.
    TeamChanged,
    /// An account changed. Only the account's own streams receive this event.
    AccountChanged,
    /// The gateway began to refuse the server's credentials, or accepts them again.
    GatewayChanged,
}

impl EventKind {
    /// Every kind.
    pub const ALL: [EventKind; 16] = [
        EventKind::MessageReceived,
        EventKind::MessageQueued,
        EventKind::MessageStatusChanged,
        EventKind::MessageFailed,
        EventKind::NoteAdded,
        EventKind::Mentioned,
        EventKind::ConversationClosed,
        EventKind::ConsentChanged,
        EventKind::AttentionChanged,
        EventKind::AssignmentChanged,
        EventKind::SnoozeChanged,
        EventKind::TagsChanged,
        EventKind::Given,
        EventKind::TeamChanged,
        EventKind::AccountChanged,
        EventKind::GatewayChanged,
    ];

    /// Returns the value used in JSON, in the database and in the stream's `event` field.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            EventKind::MessageReceived => "message_received",
            EventKind::MessageQueued => "message_queued",
            EventKind::MessageStatusChanged => "message_status_changed",
            EventKind::MessageFailed => "message_failed",
            EventKind::NoteAdded => "note_added",
            EventKind::Mentioned => "mentioned",
            EventKind::ConversationClosed => "conversation_closed",
            EventKind::ConsentChanged => "consent_changed",
            EventKind::AttentionChanged => "attention_changed",
            EventKind::AssignmentChanged => "assignment_changed",
            EventKind::SnoozeChanged => "snooze_changed",
            EventKind::TagsChanged => "tags_changed",
            EventKind::Given => "given",
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
    /// The position in the event log, sent as the stream's `id`.
    pub id: EventId,
    /// The kind of event.
    pub kind: EventKind,
    /// The team; `null` when the event concerns every team.
    pub team_id: Option<TeamId>,
    /// The conversation, if the event concerns one.
    pub conversation_id: Option<ConversationId>,
    /// The message, if the event concerns one.
    pub message_id: Option<MessageId>,
    /// The account, if the event concerns one.
    pub account_id: Option<AccountId>,
    /// When it happened.
    #[serde(deserialize_with = "crate::time::required")]
    pub at: DateTime<Utc>,
}
