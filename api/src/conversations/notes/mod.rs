//! Notes: messages of the team to itself in a conversation (rule 18). A note is never sent and changes nothing else in
//! the conversation: it is no reply.

pub mod routes;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use shared::{
    ids::{AccountId, ConversationId},
    message::{BodyFault, MAX_MENTIONS, Message, MessageBody, Sender},
    note::NewNote as Written,
};

use super::{
    conversation::{Closed, State},
    queries as conversations,
    reply::{ReplayError, replay},
};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    idempotency::{KeyReused, RequestKey},
    messages::store::{self, NewNote},
    teams,
};

/// A note that has passed the checks that need no database.
#[derive(Clone, Debug)]
pub struct Note {
    body: MessageBody,
    mentions: Vec<AccountId>,
}

/// The outcome of adding a note.
#[derive(Clone, Debug)]
pub enum Noted {
    /// The note is stored.
    Added(Message),
    /// An earlier request with the same idempotency key created this note.
    Replayed(Message),
}

/// Why a note cannot be added, whatever its conversation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidNote {
    /// The text is empty, too long or contains NUL.
    #[error("{}", body_text(*.0))]
    Body(BodyFault),
    /// It mentions too many accounts. Holds their number.
    #[error("A note mentions at most {MAX_MENTIONS} accounts; this one mentions {0}.")]
    TooManyMentions(usize),
}

fn body_text(fault: BodyFault) -> String {
    match fault {
        BodyFault::Empty => "Enter a note.".to_owned(),
        BodyFault::TooLong(_) | BodyFault::Nul => fault.to_string(),
    }
}

/// Why a note was not added.
#[derive(Debug, thiserror::Error)]
pub enum NoteError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The idempotency key was used with another request, or could not be looked up.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The conversation is closed.
    #[error(
        "The conversation is closed and cannot be changed. Add the note to the customer's next conversation."
    )]
    Closed(#[from] Closed),
    /// It mentions an account that is not an enabled member of the team.
    #[error("Mention only colleagues of this team whose account is not disabled.")]
    UnknownMention,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Note {
    /// Checks the note: 1 to 1600 characters, at most 20 mentions. Repeated mentions count once.
    ///
    /// # Errors
    /// [`InvalidNote`].
    pub fn parse(new: Written) -> Result<Self, InvalidNote> {
        let body = MessageBody::parse(new.body).map_err(InvalidNote::Body)?;
        let mentions = BTreeSet::from_iter(new.mentions);
        if mentions.len() > MAX_MENTIONS {
            return Err(InvalidNote::TooManyMentions(mentions.len()));
        }
        Ok(Self { body, mentions: mentions.into_iter().collect() })
    }

    /// Stores the note.
    ///
    /// # Errors
    /// [`NoteError`].
    pub fn add(
        &self,
        conn: &mut DbConnection,
        scope: &TeamScope,
        id: ConversationId,
        sender: &Sender,
        idempotency: Option<&RequestKey>,
        now: DateTime<Utc>,
    ) -> Result<Noted, NoteError> {
        let found = conversations::find_for_update(conn, scope, id)?;
        let conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
        if let Some(given) = idempotency
            && let Some(replayed) = replay(conn, given, now)?
        {
            return Ok(Noted::Replayed(replayed));
        }
        State::from(&conversation).require_live()?;
        if !self.mentions.is_empty()
            && !teams::queries::are_colleagues(conn, conversation.team_id, &self.mentions)?
        {
            return Err(NoteError::UnknownMention);
        }
        let new = NewNote {
            conversation: &conversation,
            sender,
            body: self.body.as_str(),
            mentions: &self.mentions,
            idempotency: idempotency.map(|given| (given.key.as_str(), given.digest.as_str())),
        };
        // The only possible conflict is the idempotency key: a concurrent request to another conversation used it.
        let note = store::insert_note(conn, &new, now)?.ok_or(ReplayError::from(KeyReused))?;
        Ok(Noted::Added(note))
    }
}
