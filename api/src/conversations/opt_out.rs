//! Opts a conversation's customer out after a request in their own words instead of a keyword such as STOP.

use chrono::{DateTime, Utc};
use shared::{
    consent::{ConsentSource, ConsentState, NewOptOut},
    ids::{ConversationId, MessageId},
    message::{Direction, Sender},
};

use super::{consent::append_manual_entry, queries};
use crate::{
    auth::TeamScope,
    consents::{LONGEST_NOTE, queries::NewRow, wording::sounds_like_opt_out},
    db::{DbConnection, Lock},
    error::ApiError,
    fields::Fields,
    messages, teams,
};

/// Number of recent messages that are searched for the opt-out.
const RECENT: i64 = 50;
/// Default note of the ledger entry.
const NOTE: &str = "The customer asked in a message to receive no more messages.";

/// Opts a conversation's customer out of its team number. The ledger entry refers to the customer's newest message that
/// sounds like an opt-out, if there is one.
///
/// # Errors
/// `not_found`, also when the number no longer belongs to the conversation's team; `validation_failed` for the note.
pub fn opt_out(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
    new: &NewOptOut,
    by: &Sender,
    now: DateTime<Utc>,
) -> Result<(), ApiError> {
    let missing = || ApiError::not_found("conversation");
    let conversation = queries::find(conn, scope, id)?.ok_or_else(missing)?;
    if teams::queries::owner(conn, &conversation.team_number)? != Some(conversation.team_id) {
        return Err(ApiError::not_found("number of the team"));
    }
    let mut fields = Fields::default();
    let note = new.note.as_deref().map(|note| fields.note("note", note, LONGEST_NOTE));
    fields.finish()?;
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
fn opt_out_message(conn: &mut DbConnection, id: ConversationId) -> Result<Option<MessageId>, ApiError> {
    let recent = messages::queries::newest(conn, id, None, RECENT)?;
    let found = recent
        .iter()
        .find(|message| message.direction == Direction::Inbound && sounds_like_opt_out(&message.body));
    Ok(found.map(|message| message.id))
}
