//! Replies. One transaction writes the message, the conversation's new state, the outbox row and the event. The outbox
//! sends the message after the commit.

use chrono::{DateTime, Utc};
use shared::{
    ErrorCode, FieldError,
    conversation::Conversation,
    ids::{ConversationId, MessageId, TemplateId},
    message::{Direction, Message, MessageBody, MessageStatus, NewMessage, Sender},
    template::{broken_placeholder, placeholders},
};

use super::{
    conversation::State,
    enqueue::enqueue,
    moved::{Operation, require_seen},
    queries,
};
use crate::{
    auth::TeamScope,
    consents::check::require_consent,
    db::DbConnection,
    error::ApiError,
    idempotency::{KeyReused, RequestKey, is_used},
    messages::queries::{NewMessageRow, by_idempotency_key, insert},
    templates,
};

/// A reply that has passed the checks that need no database.
#[derive(Clone, Debug)]
pub struct Reply {
    body: MessageBody,
    template: Option<TemplateId>,
    last_seen: Option<MessageId>,
}

/// The outcome of a reply.
#[derive(Clone, Debug)]
pub enum Replied {
    /// The message is stored and queued for sending.
    Queued(Message),
    /// An earlier request with the same idempotency key created this message.
    Replayed(Message),
}

impl Reply {
    /// Checks the message: 1 to 1600 characters, no placeholders, no media.
    ///
    /// # Errors
    /// `validation_failed` or `missing_placeholder`, naming the field.
    pub fn parse(new: NewMessage) -> Result<Self, ApiError> {
        if new.media.is_some() {
            let message = "Pictures cannot be sent yet. Leave media out to send only the message.";
            return Err(ApiError::field(ErrorCode::ValidationFailed, "media", "unsupported", message));
        }
        let body = MessageBody::parse(new.body).map_err(|fault| {
            ApiError::field(ErrorCode::ValidationFailed, "body", fault.code(), fault.to_string())
        })?;
        if let Some(broken) = broken_placeholder(body.as_str()) {
            let detail = broken.to_string();
            return Err(ApiError::field(ErrorCode::MissingPlaceholder, "body", "broken_placeholder", detail));
        }
        let missing = placeholders(body.as_str());
        if !missing.is_empty() {
            let named: Vec<String> = missing.iter().map(|name| format!("{{{{{name}}}}}")).collect();
            let detail = format!("Replace {} with a value before sending.", named.join(", "));
            return Err(ApiError::new(ErrorCode::MissingPlaceholder, detail).errors(
                missing.into_iter().map(|name| FieldError {
                    field: "body".into(),
                    code: "missing_placeholder".into(),
                    message: format!("{{{{{name}}}}} has no value."),
                }),
            ));
        }
        Ok(Self { body, template: new.template_id, last_seen: new.last_seen_message_id })
    }

    /// Stores the reply and queues it for sending.
    ///
    /// # Errors
    /// `not_found`, `conversation_closed`, `sender_not_reachable`, `number_opted_out`, `conversation_moved`,
    /// `idempotency_key_reused`, `validation_failed`.
    pub fn queue(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        id: ConversationId,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        now: DateTime<Utc>,
    ) -> Result<Replied, ApiError> {
        let mut conversation =
            queries::find_for_update(conn, scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))?;
        if let Some(replayed) = idempotency.map(|given| replay(conn, given, now)).transpose()?.flatten() {
            return Ok(Replied::Replayed(replayed));
        }
        let state = State::from(&conversation).reply(now).map_err(|_| closed())?;
        let number = conversation.number.phone().ok_or_else(|| not_reachable(&conversation))?;
        require_consent(conn, &conversation.team_number, &conversation.number)?;
        require_seen(conn, id, self.last_seen, sender, Operation::Reply)?;
        if let Some(template) = self.template
            && !templates::queries::is_usable(conn, template, conversation.team_id)?
        {
            let message =
                "The team cannot use this template. Leave template_id out to send the message as it is.";
            return Err(ApiError::field(ErrorCode::ValidationFailed, "template_id", "unknown", message));
        }
        let new = NewMessageRow {
            conversation: id,
            direction: Direction::Outbound,
            sender,
            body: self.body.as_str(),
            media: Vec::new(),
            status: MessageStatus::Queued,
            created_at: now,
            template: self.template,
            gateway_id: None,
            idempotency: idempotency.map(|given| (given.key.as_str(), given.digest.as_str())),
            recovered: false,
        };
        let Some(message) = insert(conn, new)? else {
            // The only possible conflict is the idempotency key: a concurrent request to another conversation used it.
            return Err(KeyReused.into());
        };
        queries::update_state(conn, &mut conversation, state)?;
        enqueue(conn, &conversation, message.id, &number, now)?;
        Ok(Replied::Queued(message))
    }
}

/// Returns the message that an earlier request with the same idempotency key created.
///
/// # Errors
/// `idempotency_key_reused` when a different request used the key.
pub(super) fn replay(
    conn: &mut DbConnection,
    given: &RequestKey,
    now: DateTime<Utc>,
) -> Result<Option<Message>, ApiError> {
    match by_idempotency_key(conn, &given.key)? {
        None if is_used(conn, &given.key, now)? => Err(KeyReused.into()),
        None => Ok(None),
        Some((message, digest)) if digest.as_deref() == Some(given.digest.as_str()) => Ok(Some(message)),
        Some(_) => Err(KeyReused.into()),
    }
}

fn closed() -> ApiError {
    ApiError::new(
        ErrorCode::ConversationClosed,
        "The conversation is closed and cannot be changed. The customer's next message starts a new conversation.",
    )
}

fn not_reachable(conversation: &Conversation) -> ApiError {
    let detail = format!(
        "{} is a short code or a name, which cannot receive messages. Write to the customer's phone number instead.",
        conversation.number.display()
    );
    ApiError::new(ErrorCode::SenderNotReachable, detail)
}
