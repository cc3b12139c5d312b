//! A conversation whose customer may have opted out in words of their own: an agent opts them out by one click.

use chrono::{DateTime, Utc};
use shared::{
    consent::{ConsentSource, ConsentState, NewOptOut},
    ids::{ConversationId, MessageId},
    message::{Direction, Sender},
};

use super::{
    queries::NewRow,
    record::{LONGEST_NOTE, append_by_hand, turn},
    wording::sounds_like_opt_out,
};
use crate::{
    auth::TeamScope, conversations, db::DbConnection, error::ApiError, fields::Fields, messages, teams,
};

/// The number of recent messages among which the request is looked for.
const RECENT: i64 = 50;
/// The note of an entry that comes without one.
const NOTE: &str = "The customer asked in a message to receive no more.";

/// Opts a conversation's customer out of its team number. The entry names the message that asks for it, if one does.
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
    let conversation = conversations::queries::find(conn, scope, id)?.ok_or_else(missing)?;
    if teams::queries::owner(conn, &conversation.team_number)? != Some(conversation.team_id) {
        return Err(ApiError::not_found("number of the team"));
    }
    let mut fields = Fields::default();
    let note = new.note.as_deref().map(|note| fields.note("note", note, LONGEST_NOTE));
    fields.finish()?;
    // The same order as in every request that may begin a conversation: this lock, then the conversation's row.
    conn.take_turns(&turn(&conversation.number))?;
    let row = NewRow {
        team_number: &conversation.team_number,
        number: &conversation.number,
        state: ConsentState::OptedOut,
        source: ConsentSource::Manual,
        by,
        message: request(conn, id)?,
        note: Some(note.as_deref().unwrap_or(NOTE)),
    };
    append_by_hand(conn, &row, now)?;
    Ok(())
}

/// The newest message of the customer that sounds like an opt-out.
fn request(conn: &mut DbConnection, id: ConversationId) -> Result<Option<MessageId>, ApiError> {
    let recent = messages::queries::newest(conn, id, None, RECENT)?;
    let found = recent
        .iter()
        .find(|message| message.direction == Direction::Inbound && sounds_like_opt_out(&message.body));
    Ok(found.map(|message| message.id))
}
