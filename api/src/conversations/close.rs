//! Closes conversations (rule 9). A closed conversation stays closed.

use chrono::{DateTime, Utc};
use shared::{
    ErrorCode,
    closure::{Closure, MAX_NOTE_CHARACTERS, NewClosure},
    event::EventKind,
    ids::ConversationId,
};

use super::{
    conversation::State,
    moved::{Operation, require_seen},
    queries,
};
use crate::{auth::Caller, closures, db::DbConnection, error::ApiError, events};

/// Closes a conversation.
///
/// # Errors
/// `not_found`, `conversation_closed`, `validation_failed` for an unknown reason or an overlong note,
/// `conversation_moved`.
pub fn close(
    conn: &mut DbConnection,
    id: ConversationId,
    new: &NewClosure,
    by: &Caller,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let conversation =
        queries::find_for_update(conn, &by.scope, id)?.ok_or_else(|| ApiError::not_found("conversation"))?;
    State::from(&conversation).close().map_err(|_| {
        ApiError::new(
            ErrorCode::ConversationClosed,
            "The conversation is already closed and cannot be changed.",
        )
    })?;
    let reason =
        closures::queries::usable(conn, new.closure_reason_id, conversation.team_id)?.ok_or_else(|| {
            let message = "This closure reason is not available to the team. Choose another one.";
            ApiError::field(ErrorCode::ValidationFailed, "closure_reason_id", "unknown", message)
        })?;
    let closure = Closure {
        closure_reason_id: reason.id,
        closure_reason: reason.name,
        note: note(new.note.as_deref())?,
        closed_by: by.name().to_owned(),
        closed_at: now,
    };
    require_seen(conn, id, new.last_seen_message_id, &by.sender(), Operation::Closure)?;
    queries::close(conn, id, &closure, by.account_id())?;
    events::queries::insert(conn, EventKind::ConversationClosed, conversation.team_id, id, None, now)?;
    Ok(())
}

fn note(given: Option<&str>) -> Result<Option<String>, ApiError> {
    let Some(note) = given.map(str::trim).filter(|note| !note.is_empty()) else {
        return Ok(None);
    };
    let length = note.chars().count();
    let fault = |code, message| Err(ApiError::field(ErrorCode::ValidationFailed, "note", code, message));
    if length > MAX_NOTE_CHARACTERS {
        return fault(
            "too_long",
            format!("A note has at most {MAX_NOTE_CHARACTERS} characters; this one has {length}."),
        );
    }
    if note.contains('\0') {
        return fault("invalid_character", "Remove the NUL character from the note.".into());
    }
    Ok(Some(note.to_owned()))
}
