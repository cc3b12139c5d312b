//! The content of deliveries: which types an event of the log has, and what it concerns. The content is read when the
//! deliveries are recorded, because the log names only ids.

use std::collections::{BTreeSet, HashMap};

use shared::{
    conversation::Conversation,
    event::EventKind,
    ids::{ConversationId, MessageId},
    message::Message,
    webhook_delivery::{WebhookData, WebhookPayload},
    webhook_endpoint::WebhookEventType,
};

use crate::{
    consents, conversations, daily_files,
    db::{DbConnection, DbError},
    events::queries::LoggedEvent,
    messages,
};

/// The content of a delivery.
#[derive(Clone, Debug)]
pub(super) struct Content {
    pub(super) event_type: WebhookEventType,
    pub(super) payload: WebhookPayload,
}

/// Returns the types that an event can have.
pub(super) fn types(event: &LoggedEvent) -> &'static [WebhookEventType] {
    use WebhookEventType as Type;
    match event.event.kind {
        // In the order in which they are delivered.
        EventKind::MessageReceived => &[Type::ConversationOpened, Type::MessageReceived],
        EventKind::MessageQueued => &[Type::ConversationOpened, Type::MessageStatus],
        EventKind::MessageScheduled
        | EventKind::MessageHeld
        | EventKind::MessageStatusChanged
        | EventKind::MessageFailed => &[Type::MessageStatus],
        EventKind::AssignmentChanged => &[Type::ConversationAssigned],
        EventKind::ConversationClosed => &[Type::ConversationClosed],
        EventKind::ConsentChanged => &[Type::ConsentChanged],
        EventKind::TeamChanged if event.daily_file.is_some() => &[Type::DailyFileImported],
        EventKind::TeamChanged
        // The message does not exist any more.
        | EventKind::MessageCancelled
        | EventKind::NoteAdded
        | EventKind::Mentioned
        | EventKind::AttentionChanged
        | EventKind::Given
        | EventKind::SnoozeChanged
        | EventKind::TagsChanged
        | EventKind::AccountChanged
        | EventKind::GatewayChanged => &[],
    }
}

/// The rows that a batch of events concerns, read at once.
#[derive(Debug, Default)]
pub(super) struct Rows {
    messages: HashMap<MessageId, Message>,
    conversations: HashMap<ConversationId, Conversation>,
}

impl Rows {
    /// Reads the messages and conversations of these events.
    pub(super) fn of(conn: &mut DbConnection, events: &[&LoggedEvent]) -> Result<Self, DbError> {
        let messages: BTreeSet<MessageId> =
            events.iter().filter_map(|logged| logged.event.message_id).collect();
        let conversations: Vec<i64> =
            events.iter().filter_map(|logged| logged.event.conversation_id).map(|id| id.0).collect();
        Ok(Self {
            messages: messages::queries::by_ids(conn, &messages)?
                .into_iter()
                .map(|message| (message.id, message))
                .collect(),
            conversations: conversations::queries::by_ids(conn, &conversations)?
                .into_iter()
                .map(|conversation| (conversation.id, conversation))
                .collect(),
        })
    }

    /// Returns the content of an event as one of its types. `None` if the event does not have the type, or if what it
    /// concerns does not exist any more.
    pub(super) fn content(
        &self,
        conn: &mut DbConnection,
        logged: &LoggedEvent,
        event_type: WebhookEventType,
    ) -> Result<Option<Content>, DbError> {
        use WebhookEventType as Type;
        let event = &logged.event;
        let Some(team_id) = event.team_id else { return Ok(None) };
        let message = event.message_id.and_then(|id| self.messages.get(&id)).cloned();
        let conversation = event.conversation_id.and_then(|id| self.conversations.get(&id)).cloned();
        let mut data = WebhookData { team_id, conversation, message: None, consent: None, daily_file: None };
        let is_complete = match event_type {
            Type::MessageReceived | Type::MessageStatus => {
                data.message = message;
                data.message.is_some() && data.conversation.is_some()
            }
            Type::ConversationOpened => match message {
                Some(message) => messages::queries::is_first(conn, &message)? && data.conversation.is_some(),
                None => false,
            },
            Type::ConversationAssigned | Type::ConversationClosed => data.conversation.is_some(),
            Type::ConsentChanged => {
                data.consent = logged.consent.map_or(Ok(None), |id| consents::queries::by_id(conn, id))?;
                data.consent.is_some()
            }
            Type::DailyFileImported => {
                let file = logged.daily_file;
                data.daily_file =
                    file.map_or(Ok(None), |id| daily_files::queries::by_id(conn, team_id, id))?;
                data.daily_file.is_some()
            }
        };
        let payload =
            WebhookPayload { event_type: event_type.as_str().to_owned(), timestamp: event.at, data };
        Ok(is_complete.then_some(Content { event_type, payload }))
    }
}
