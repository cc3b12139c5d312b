//! Writes the state of a conversation.

use diesel::{
    IntoSql,
    sql_types::{BigInt, Bool, Integer, Nullable, Text},
};
use shared::conversation::Conversation;

use super::State;
use crate::db::{AsText, DbConnection, DbError, Timestamp, UtcTimestamp, cached::FixedSql, on_each};

/// `active_at` never goes back, and a NULL leaves it unchanged.
struct UpdateState;
impl FixedSql for UpdateState {
    type Row = ();
    const SQL: &'static str = "UPDATE conversations SET status = {}, next_action = {}, waiting_since = {}, \
        last_message_at = {}, attention_code = {}, attention_text = {}, unread = {}, \
        active_at = CASE WHEN active_at < {} THEN {} ELSE active_at END, assigned_to = {}, \
        assignment_note = CASE WHEN {} THEN assignment_note END, snoozed_until = {}, \
        snoozed_by = CASE WHEN {} THEN snoozed_by END, snooze_note = CASE WHEN {} THEN snooze_note END WHERE id = {}";
}

/// Writes the new state of a live conversation to its row and to `conversation`, so that callers need not read it
/// again.
pub(crate) fn update_state(
    conn: &mut DbConnection,
    conversation: &mut Conversation,
    state: State,
) -> Result<(), DbError> {
    let (code, text) = state.attention.as_ref().map(|a| (a.code.as_str(), a.text.as_str())).unzip();
    let active_at = state.active_at.map(Timestamp);
    on_each!(conn, |c| UpdateState::execute(
        c,
        &[
            &AsText(state.status).into_sql::<Text>(),
            &state.next_action.map(AsText).into_sql::<Nullable<Text>>(),
            &Timestamp(state.waiting_since).into_sql::<UtcTimestamp>(),
            &state.last_message_at.map(Timestamp).into_sql::<Nullable<UtcTimestamp>>(),
            &code.into_sql::<Nullable<Text>>(),
            &text.into_sql::<Nullable<Text>>(),
            &state.unread.into_sql::<Integer>(),
            &active_at.into_sql::<Nullable<UtcTimestamp>>(),
            &active_at.into_sql::<Nullable<UtcTimestamp>>(),
            &state.assigned_to.as_ref().map(|assignee| assignee.id.0).into_sql::<Nullable<BigInt>>(),
            &state.keeps_note.into_sql::<Bool>(),
            &state.snoozed_until.map(Timestamp).into_sql::<Nullable<UtcTimestamp>>(),
            &state.keeps_snooze_note.into_sql::<Bool>(),
            &state.keeps_snooze_note.into_sql::<Bool>(),
            &conversation.id.0.into_sql::<BigInt>(),
        ]
    ))?;
    state.write_to(conversation);
    Ok(())
}
