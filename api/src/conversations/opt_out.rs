//! Opts a conversation's customer out after a request in their own words instead of a keyword such as STOP.

use chrono::{DateTime, Utc};
use shared::{
    consent::{ConsentSource, ConsentState, NewOptOut},
    ids::{ConversationId, MessageId},
    message::Sender,
};

use super::{consent::append_manual_entry, queries};
use crate::{
    auth::{NotFound, Resource, TeamScope},
    consents::{MAX_NOTE_CHARACTERS, queries::NewRow, wording::sounds_like_opt_out},
    db::{DbConnection, DbError, Lock},
    fields::{Invalid, Validation},
    messages, teams,
};

/// Why a customer was not opted out.
#[derive(Debug, thiserror::Error)]
pub enum OptOutError {
    /// The conversation does not exist for the caller, or its team number no longer belongs to its team.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The note is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Number of recent messages that are searched for the opt-out.
const RECENT: i64 = 50;
/// Default note of the ledger entry.
const NOTE: &str = "The customer asked in a message to receive no more messages.";

/// Opts a conversation's customer out of its team number. The ledger entry refers to the customer's newest message that
/// sounds like an opt-out, if there is one.
///
/// # Errors
/// [`OptOutError`].
pub fn opt_out(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
    new: &NewOptOut,
    by: &Sender,
    now: DateTime<Utc>,
) -> Result<(), OptOutError> {
    let conversation = queries::find(conn, scope, id)?.ok_or(NotFound::new(Resource::Conversation))?;
    if teams::queries::owner(conn, &conversation.team_number)? != Some(conversation.team_id) {
        return Err(NotFound::new(Resource::NumberOfTheTeam).into());
    }
    let mut validation = Validation::default();
    let note = new.note.as_deref().map(|note| validation.text("note", note, MAX_NOTE_CHARACTERS));
    validation.finish()?;
    // Lock order: the number first, then the conversation's row, as in every request that may start a conversation.
    conn.advisory_lock(Lock::Number(conversation.number.as_str()))?;
    let row = NewRow {
        team_number: &conversation.team_number,
        number: &conversation.number,
        state: ConsentState::OptedOut,
        source: ConsentSource::Manual,
        by,
        message: opt_out_message(conn, id)?,
        note: Some(note.as_deref().unwrap_or(NOTE)),
    };
    append_manual_entry(conn, &row, now)?;
    Ok(())
}

/// Returns the customer's newest message that sounds like an opt-out.
fn opt_out_message(conn: &mut DbConnection, id: ConversationId) -> Result<Option<MessageId>, DbError> {
    let recent = messages::queries::newest_inbound(conn, id, RECENT)?;
    Ok(recent.into_iter().find(|(_, body)| sounds_like_opt_out(body)).map(|(id, _)| id))
}
