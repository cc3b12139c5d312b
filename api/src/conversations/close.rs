//! Closes conversations (rule 9). A closed conversation stays closed.

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    closure::{Closure, MAX_NOTE_CHARACTERS, NewClosure},
    event::EventKind,
    ids::ConversationId,
};

use super::{
    conversation::{Closed, State},
    drafts,
    moved::{Operation, UnseenError, require_seen},
    queries, scheduled,
};
use crate::{
    auth::{Caller, NotFound, Resource, audit_log::AuditEvent},
    closures,
    db::{DbConnection, DbError},
    events,
    fields::Invalid,
};

/// Why a conversation was not closed.
#[derive(Debug, thiserror::Error)]
pub enum CloseError {
    /// The conversation does not exist, or the caller is not in its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The conversation is already closed.
    #[error("The conversation is already closed and cannot be changed.")]
    AlreadyClosed(#[from] Closed),
    /// The team cannot use the closure reason.
    #[error("This closure reason is not available to the team. Choose another one.")]
    UnknownReason,
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

/// Closes a conversation.
///
/// # Errors
/// [`CloseError`].
pub fn close(
    conn: &mut DbConnection,
    id: ConversationId,
    new: &NewClosure,
    by: &Caller,
    now: DateTime<Utc>,
) -> Result<(), CloseError> {
    let found = queries::find_for_update(conn, &by.scope, id)?;
    let mut conversation = found.ok_or(NotFound::new(Resource::Conversation))?;
    State::from(&conversation).close()?;
    let reason = closures::queries::usable(conn, new.closure_reason_id, conversation.team_id)?
        .ok_or(CloseError::UnknownReason)?;
    let note = note(new.note.as_deref())?;
    require_seen(conn, id, new.last_seen_message_id, &by.sender(), Operation::Closure)?;
    let closure = Closure {
        closure_reason_id: reason.id,
        closure_reason: reason.name,
        note,
        closed_by: by.name().to_owned(),
        closed_at: now,
        cancelled_messages: scheduled::cancel_all(conn, &mut conversation, now)?,
    };
    queries::close(conn, id, &closure, by.account_id())?;
    drafts::queries::delete_of_conversation(conn, id)?;
    events::queries::insert(conn, EventKind::ConversationClosed, conversation.team_id, id, None, now)?;
    let closed = AuditEvent::new(AuditAction::ConversationClosed, by)
        .team(conversation.team_id)
        .subject(AuditSubjectKind::Conversation, id.0)
        .detail("closure_reason", closure.closure_reason);
    Ok(closed.record(conn, now)?)
}

/// Returns the trimmed note, or `None` if it is empty.
pub(super) fn note(given: Option<&str>) -> Result<Option<String>, Invalid> {
    let Some(note) = given.map(str::trim).filter(|note| !note.is_empty()) else {
        return Ok(None);
    };
    let length = note.chars().count();
    if length > MAX_NOTE_CHARACTERS {
        let message = format!("A note has at most {MAX_NOTE_CHARACTERS} characters; this one has {length}.");
        return Err(Invalid::field("note", "too_long", message));
    }
    if note.contains('\0') {
        return Err(Invalid::field("note", "invalid_character", "Remove the NUL character from the note."));
    }
    Ok(Some(note.to_owned()))
}
