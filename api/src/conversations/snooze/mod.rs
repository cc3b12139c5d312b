//! Snoozes conversations (rule 20): they are out of the queue until a time. `wake` returns them on time; a message of
//! the customer, a reply and the closure end a snooze in the same statement that changes the conversation, see
//! [`State`].

mod queries;
pub mod routes;
pub(crate) mod wake;

use chrono::{DateTime, Utc};
use shared::{
    conversation::{Conversation, ConversationStatus},
    event::EventKind,
    ids::{AccountId, ConversationId},
    snooze::NewSnooze,
};

use super::{
    chosen_time::{InvalidTime, require_time},
    close::note,
    conversation::{Closed, State},
    moved::{Operation, UnseenError, require_seen},
    queries as conversations,
};
use crate::{
    auth::{Caller, NotFound, Resource, TeamScope},
    db::{DbConnection, DbError},
    events,
    fields::Invalid,
};

/// Why a conversation was not snoozed, or its snooze not ended.
#[derive(Debug, thiserror::Error)]
pub enum SnoozeError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is closed.
    #[error("The conversation is closed and cannot be changed.")]
    Closed(#[from] Closed),
    /// The conversation is pending.
    #[error(
        "The customer has not replied yet, so the conversation is not in the queue and cannot be snoozed."
    )]
    Pending,
    /// The time cannot be chosen.
    #[error(transparent)]
    Time(#[from] InvalidTime),
    /// The note is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The conversation has messages that the caller has not seen.
    #[error(transparent)]
    Unseen(#[from] UnseenError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Takes an open conversation out of the queue until a time. Replaces an earlier snooze.
///
/// # Errors
/// [`SnoozeError`].
pub fn snooze(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    new: &NewSnooze,
    now: DateTime<Utc>,
) -> Result<(), SnoozeError> {
    let conversation = lock(conn, &caller.scope, id)?;
    let note = note(new.note.as_deref())?;
    require_time(new.until, now)?;
    require_seen(conn, id, new.last_seen_message_id, &caller.sender(), Operation::Snooze)?;
    queries::snooze(conn, id, new.until, caller.name(), note.as_deref())?;
    changed(conn, &conversation, caller.account_id(), now)
}

/// Returns a snoozed conversation to the queue. Does nothing if it is not snoozed.
///
/// # Errors
/// [`SnoozeError`].
pub fn end(
    conn: &mut DbConnection,
    caller: &Caller,
    id: ConversationId,
    now: DateTime<Utc>,
) -> Result<(), SnoozeError> {
    let conversation = lock(conn, &caller.scope, id)?;
    if conversation.snoozed_until.is_none() {
        return Ok(());
    }
    queries::end(conn, id)?;
    changed(conn, &conversation, caller.account_id(), now)
}

/// Returns the conversation, locked, if it is open.
fn lock(conn: &mut DbConnection, scope: &TeamScope, id: ConversationId) -> Result<Conversation, SnoozeError> {
    let found = conversations::find_for_update(conn, scope, id)?;
    let conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
    State::from(&conversation).require_live()?;
    if conversation.status == ConversationStatus::Pending {
        return Err(SnoozeError::Pending);
    }
    Ok(conversation)
}

/// Appends the event of a snooze, or of its end.
fn changed(
    conn: &mut DbConnection,
    conversation: &Conversation,
    by: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<(), SnoozeError> {
    let (kind, team) = (EventKind::SnoozeChanged, conversation.team_id);
    Ok(events::queries::insert_with_account(conn, kind, team, conversation.id, None, by, now)?)
}
