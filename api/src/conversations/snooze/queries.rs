//! Snoozes in the database. The caller has locked the conversation, and checked its team.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::ids::{ConversationId, TeamId};

use crate::db::{DbConnection, DbError, IsSnoozed, Timestamp, for_update, on_each, schema::conversations};

/// Snoozes a conversation until a time, with the name of the author and the note.
pub(super) fn snooze(
    conn: &mut DbConnection,
    id: ConversationId,
    until: DateTime<Utc>,
    by: &str,
    note: Option<&str>,
) -> Result<(), DbError> {
    let changes = (
        conversations::snoozed_until.eq(Some(Timestamp(until))),
        conversations::snoozed_by.eq(by),
        conversations::snooze_note.eq(note),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Ends a snooze, and removes its note.
pub(super) fn end(conn: &mut DbConnection, id: ConversationId) -> Result<(), DbError> {
    let changes = (
        conversations::snoozed_until.eq(None::<Timestamp>),
        conversations::snoozed_by.eq(None::<&str>),
        conversations::snooze_note.eq(None::<&str>),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Whether the time of a snooze has come.
pub(super) fn is_due(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<bool, DbError> {
    let due = conversations::table
        .filter(conversations::snoozed_until.le(Timestamp(now)))
        .filter(IsSnoozed)
        .select(conversations::id);
    Ok(on_each!(conn, |c| diesel::select(diesel::dsl::exists(due)).get_result(c))?)
}

/// Returns the conversations whose time has come, and locks them until the transaction ends.
pub(super) fn due_for_update(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<(ConversationId, TeamId)>, DbError> {
    let due = conversations::table
        .filter(conversations::snoozed_until.le(Timestamp(now)))
        .filter(IsSnoozed)
        .order((conversations::snoozed_until, conversations::id))
        .limit(limit)
        .select((conversations::id, conversations::team_id, conversations::assigned_to));
    let mut rows: Vec<(i64, i64, Option<i64>)> = for_update!(conn, due, |query, c| query.load(c))?;
    // In the order in which the trigger locks the counts of accounts, so that it cannot deadlock with an assignment.
    rows.sort_by_key(|(_, team, holder)| (*team, *holder));
    Ok(rows.into_iter().map(|(id, team, _)| (ConversationId(id), TeamId(team))).collect())
}

/// Returns a conversation to the queue, and leaves the note of its snooze.
pub(super) fn wake(conn: &mut DbConnection, id: ConversationId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0))
        .set(conversations::snoozed_until.eq(None::<Timestamp>))
        .execute(c))?;
    Ok(())
}
