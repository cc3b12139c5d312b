//! Replies. One transaction writes the message, the conversation's new state, the outbox row and the event. The outbox
//! sends the message after the commit.

mod queries;

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress,
    ids::{ConversationId, MessageId, TemplateId},
    message::{BodyFault, Message, MessageBody, NewMessage as Written, Sender},
    template::{BrokenPlaceholder, broken_placeholder, placeholders},
};

use super::{
    chosen_time::{InvalidTime, require_time},
    conversation::{Closed, State, queries::update_state},
    drafts,
    moved::{Operation, UnseenError, require_seen},
    queries as conversations, scheduled,
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    consents::check::{ConsentError, require_consent},
    db::{DbConnection, DbError},
    idempotency::{KeyReused, RequestKey, is_used},
    messages::{
        queries::by_idempotency_key,
        store::{self, NewMessage},
    },
    templates,
};

/// A reply that has passed the checks that need no database.
#[derive(Clone, Debug)]
pub struct Reply {
    body: MessageBody,
    template: Option<TemplateId>,
    last_seen: Option<MessageId>,
    send_at: Option<DateTime<Utc>>,
}

/// The outcome of a reply.
#[derive(Clone, Debug)]
pub enum Replied {
    /// The message is stored, and queued for sending or scheduled.
    Queued(Message),
    /// An earlier request with the same idempotency key created this message.
    Replayed(Message),
}

/// Why a message cannot be sent, whatever its conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// The message has media.
    #[error("Pictures cannot be sent yet. Leave media out to send only the message.")]
    Media,
    /// The text is empty, too long or contains NUL.
    #[error("{0}")]
    Body(BodyFault),
    /// The text contains a part that looks like a placeholder and is none.
    #[error("{0}")]
    BrokenPlaceholder(BrokenPlaceholder),
    /// The text contains these placeholders.
    #[error("Replace {} with a value before sending.", in_braces(.0))]
    MissingPlaceholders(Vec<String>),
}

/// Why a request could not be compared with an earlier one.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The idempotency key was used with another request.
    #[error(transparent)]
    KeyReused(#[from] KeyReused),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a reply was not queued.
#[derive(Debug, thiserror::Error)]
pub enum ReplyError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The idempotency key was used with another request, or could not be looked up.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The conversation is closed.
    #[error(
        "The conversation is closed and cannot be changed. The customer's next message starts a new conversation."
    )]
    Closed(#[from] Closed),
    /// The customer's address is not a phone number.
    #[error(
        "{} is a short code or a name, which cannot receive messages. Write to the customer's phone number instead.",
        .0.display()
    )]
    NotReachable(CustomerAddress),
    /// The customer has opted out.
    #[error(transparent)]
    Consent(#[from] ConsentError),
    /// The conversation has messages that the caller has not seen.
    #[error(transparent)]
    Unseen(#[from] UnseenError),
    /// The message cannot be scheduled for this time.
    #[error(transparent)]
    Time(#[from] InvalidTime),
    /// The team cannot use the template.
    #[error("The team cannot use this template. Leave template_id out to send the message as it is.")]
    UnknownTemplate,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// "{{name}}, {{due_date}}"
fn in_braces(placeholders: &[String]) -> String {
    let named: Vec<String> = placeholders.iter().map(|name| format!("{{{{{name}}}}}")).collect();
    named.join(", ")
}

/// Checks the text of a message to a customer: 1 to 1600 characters, no placeholders.
///
/// # Errors
/// [`InvalidMessage`].
pub(super) fn parse_body(text: String) -> Result<MessageBody, InvalidMessage> {
    let body = MessageBody::parse(text).map_err(InvalidMessage::Body)?;
    if let Some(broken) = broken_placeholder(body.as_str()) {
        return Err(InvalidMessage::BrokenPlaceholder(broken));
    }
    let missing = placeholders(body.as_str());
    if missing.is_empty() { Ok(body) } else { Err(InvalidMessage::MissingPlaceholders(missing)) }
}

impl Reply {
    /// Checks the message: 1 to 1600 characters, no placeholders, no media.
    ///
    /// # Errors
    /// [`InvalidMessage`].
    pub fn parse(new: Written) -> Result<Self, InvalidMessage> {
        if new.media.is_some() {
            return Err(InvalidMessage::Media);
        }
        let Written { body, template_id: template, last_seen_message_id: last_seen, send_at, .. } = new;
        Ok(Self { body: parse_body(body)?, template, last_seen, send_at })
    }

    /// Stores the reply, and queues it for sending or schedules it. Its draft ends.
    ///
    /// # Errors
    /// [`ReplyError`].
    pub fn queue(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        id: ConversationId,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        now: DateTime<Utc>,
    ) -> Result<Replied, ReplyError> {
        let replied = self.store(conn, scope, id, sender, idempotency, now)?;
        drafts::delete_sent(conn, sender, idempotency)?;
        Ok(replied)
    }

    fn store(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        id: ConversationId,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        now: DateTime<Utc>,
    ) -> Result<Replied, ReplyError> {
        let found = conversations::find_for_update(conn, scope, id)?;
        let mut conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
        let key = idempotency.map(|given| given.key.as_str());
        let obstacles = queries::obstacles(conn, &conversation, key, self.last_seen)?;
        if let (true, Some(given)) = (obstacles.is_key_used, idempotency)
            && let Some(replayed) = replay(conn, given, now)?
        {
            return Ok(Replied::Replayed(replayed));
        }
        if let Some(send_at) = self.send_at {
            require_time(send_at, now)?;
        }
        let state = State::from(&conversation).reply(sender, now)?;
        let number = conversation.number.phone();
        let number = number.ok_or_else(|| ReplyError::NotReachable(conversation.number.clone()))?;
        if obstacles.has_opted_out {
            require_consent(conn, &conversation.team_number, &conversation.number)?;
        }
        if obstacles.has_later_messages {
            require_seen(conn, id, self.last_seen, sender, Operation::Reply)?;
        }
        if let Some(template) = self.template
            && !templates::queries::is_usable(conn, template, conversation.team_id)?
        {
            return Err(ReplyError::UnknownTemplate);
        }
        let new = NewMessage {
            conversation: &conversation,
            sender,
            body: self.body.as_str(),
            media: Vec::new(),
            created_at: self.send_at.unwrap_or(now),
            template: self.template,
            send_to: Some(&number),
            send_at: self.send_at,
            gateway_id: None,
            idempotency: idempotency.map(|given| (given.key.as_str(), given.digest.as_str())),
            recovered: false,
        };
        let Some(message) = store::insert(conn, &new, now)? else {
            // The only possible conflict is the idempotency key: a concurrent request to another conversation used it.
            return Err(ReplayError::from(KeyReused).into());
        };
        match self.send_at {
            None => update_state(conn, &mut conversation, state)?,
            Some(send_at) => scheduled::queries::insert(conn, &message, send_at)?,
        }
        Ok(Replied::Queued(message))
    }
}

/// Returns the message that an earlier request with the same idempotency key created.
///
/// # Errors
/// [`ReplayError`].
pub(super) fn replay(
    conn: &mut DbConnection,
    given: &RequestKey,
    now: DateTime<Utc>,
) -> Result<Option<Message>, ReplayError> {
    match by_idempotency_key(conn, &given.key)? {
        None if is_used(conn, &given.key, now)? => Err(KeyReused.into()),
        None => Ok(None),
        Some((message, digest)) if digest.as_deref() == Some(given.digest.as_str()) => Ok(Some(message)),
        Some(_) => Err(KeyReused.into()),
    }
}
