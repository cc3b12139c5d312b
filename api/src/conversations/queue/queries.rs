//! Database queries of the lists of conversations. The caller must have checked the team against its scope.

use chrono::{DateTime, Utc};
use diesel::{dsl::sum, prelude::*};
use shared::{
    conversation::{Conversation, Counts, NextAction},
    ids::TeamId,
};

use super::super::{
    cursor::{QueueCursor, TimeCursor},
    queries::Row,
};
use crate::db::{
    AsText, DbConnection, DbError, IsClosed, IsOpen, IsPending, Timestamp, on_each,
    schema::{conversations, queue_counts},
};

/// Returns the number of a team's open conversations by next action, which triggers keep.
pub(super) fn counts(conn: &mut DbConnection, team: TeamId) -> Result<Counts, DbError> {
    let (agent, customer): (Option<i64>, Option<i64>) = on_each!(conn, |c| queue_counts::table
        .filter(queue_counts::team_id.eq(team.0))
        .select((sum(queue_counts::agent), sum(queue_counts::customer)))
        .first(c))?;
    Ok(Counts { agent: agent.unwrap_or_default(), customer: customer.unwrap_or_default() })
}

/// Returns a team's open conversations with this next action after the cursor, longest waiting first. One seek in the
/// index `conversations_queue`.
pub(super) fn waiting_for(
    conn: &mut DbConnection,
    team: TeamId,
    action: NextAction,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (since, id) = after.map_or((DateTime::UNIX_EPOCH, 0), |cursor| (cursor.waiting_since, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::next_action.eq(AsText(action)))
        .filter(conversations::waiting_since.ge(Timestamp(since)))
        .filter(conversations::waiting_since.gt(Timestamp(since)).or(conversations::id.gt(id)))
        .filter(IsOpen)
        .order((conversations::waiting_since, conversations::id))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Later than all stored times.
const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// Returns a team's closed conversations after the cursor, newest first.
pub(super) fn closed(
    conn: &mut DbConnection,
    team: TeamId,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::closed_at.le(Timestamp(at)))
        .filter(conversations::closed_at.lt(Timestamp(at)).or(conversations::id.nullable().lt(id)))
        .filter(IsClosed)
        .order((conversations::closed_at.desc(), conversations::id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns a team's pending conversations after the cursor, newest first.
pub(super) fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::opened_at.le(Timestamp(at)))
        .filter(conversations::opened_at.lt(Timestamp(at)).or(conversations::id.lt(id)))
        .filter(IsPending)
        .order((conversations::opened_at.desc(), conversations::id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}
