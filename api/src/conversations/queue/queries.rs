//! Database queries of the lists of conversations. The caller must have checked the team against its scope.

use chrono::DateTime;
use diesel::{dsl::sum, prelude::*};
use shared::{
    conversation::{AssigneeCount, Conversation, Counts, NextAction},
    ids::{AccountId, ConversationId, TagId, TeamId},
};

use super::{
    super::{
        cursor::{QueueCursor, TimeCursor},
        queries::Row,
        tags::queries::has_tag,
    },
    AssignedFilter, Filter,
};
use crate::db::{
    AsText, DbConnection, DbError, END_OF_TIME, IsAwake, IsClosed, IsOpen, IsPending, IsSnoozed,
    IsUnassigned, Timestamp, on_each,
    schema::{accounts, assigned_counts, conversations, queue_counts},
};

/// Returns the number of a team's open conversations by next action and by account, and of its snoozed ones, which
/// triggers keep.
pub(super) fn counts(conn: &mut DbConnection, team: TeamId) -> Result<(Counts, Vec<AssigneeCount>), DbError> {
    let (agent, customer, snoozed): (Option<i64>, Option<i64>, Option<i64>) =
        on_each!(conn, |c| queue_counts::table
            .filter(queue_counts::team_id.eq(team.0))
            .select((sum(queue_counts::agent), sum(queue_counts::customer), sum(queue_counts::snoozed)))
            .first(c))?;
    let rows: Vec<(i64, String, i64)> = on_each!(conn, |c| assigned_counts::table
        .inner_join(accounts::table.on(accounts::id.eq(assigned_counts::account_id)))
        .filter(assigned_counts::team_id.eq(team.0))
        .filter(assigned_counts::open.gt(0))
        .order(accounts::id)
        .select((accounts::id, accounts::display_name, assigned_counts::open))
        .load(c))?;
    let assignees: Vec<AssigneeCount> =
        rows.into_iter().map(|(id, name, open)| AssigneeCount { id: AccountId(id), name, open }).collect();
    let (agent, customer) = (agent.unwrap_or_default(), customer.unwrap_or_default());
    let assigned: i64 = assignees.iter().map(|assignee| assignee.open).sum();
    // Between the two statements, PostgreSQL can commit a change.
    let unassigned = (agent + customer - assigned).max(0);
    Ok((Counts { agent, customer, unassigned, snoozed: snoozed.unwrap_or_default() }, assignees))
}

/// Loads those of the conversations that are assigned as the filter says. A macro, because its type depends on the
/// query.
macro_rules! assigned {
    ($query:expr, $assigned:expr, $conn:expr) => {
        match $assigned {
            AssignedFilter::Any => $query.load($conn),
            AssignedFilter::Unassigned => $query.filter(IsUnassigned).load($conn),
            AssignedFilter::To(account) => {
                $query.filter(conversations::assigned_to.eq(account.0)).load($conn)
            }
        }
    };
}

/// Loads those of the conversations that have the tag, if one is given. A macro, because its type depends on the query.
macro_rules! tagged {
    ($query:expr, $tag:expr, $conn:expr) => {
        match $tag {
            None => $query.load($conn),
            Some(tag) => $query.filter(has_tag(tag.0)).load($conn),
        }
    };
}

/// Loads columns of a team's open conversations that are not snoozed with this next action after the cursor, longest
/// waiting first. One seek in one of the indexes `conversations_queue`, `conversations_queue_unassigned`,
/// `conversations_queue_assigned`. A macro, because its type depends on the database and the columns.
macro_rules! waiting {
    ($conn:expr, $team:expr, $action:expr, $filter:expr, $after:expr, $limit:expr, $columns:expr) => {{
        let (since, id) =
            $after.map_or((DateTime::UNIX_EPOCH, 0), |cursor| (cursor.waiting_since, cursor.id.0));
        on_each!($conn, |c| {
            let waiting = conversations::table
                .filter(conversations::team_id.eq($team.0))
                .filter(conversations::next_action.eq(AsText($action)))
                .filter(conversations::waiting_since.ge(Timestamp(since)))
                .filter(conversations::waiting_since.gt(Timestamp(since)).or(conversations::id.gt(id)))
                .filter(IsOpen)
                .filter(IsAwake)
                .order((conversations::waiting_since, conversations::id))
                .limit($limit)
                .select($columns);
            match $filter.tag {
                None => assigned!(waiting, $filter.assigned, c),
                Some(tag) => assigned!(waiting.filter(has_tag(tag.0)), $filter.assigned, c),
            }
        })?
    }};
}

/// Returns a team's open conversations with this next action after the cursor, longest waiting first.
pub(super) fn waiting_for(
    conn: &mut DbConnection,
    team: TeamId,
    action: NextAction,
    filter: Filter,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let rows: Vec<Row> = waiting!(conn, team, action, filter, after, limit, Row::as_select());
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns the ids of a team's open conversations that need the agent after the cursor, longest waiting first.
pub(super) fn waiting_ids(
    conn: &mut DbConnection,
    team: TeamId,
    filter: Filter,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Vec<ConversationId>, DbError> {
    let ids: Vec<i64> = waiting!(conn, team, NextAction::Agent, filter, after, limit, conversations::id);
    Ok(ids.into_iter().map(ConversationId).collect())
}

/// Locks the first of these conversations, in queue order, that still needs the agent and is unassigned or the
/// account's. On PostgreSQL, skips those that other transactions lock, or with `waits` waits for them.
pub(super) fn claim(
    conn: &mut DbConnection,
    candidates: &[ConversationId],
    account: AccountId,
    waits: bool,
) -> Result<Option<Conversation>, DbError> {
    // A macro, because its type depends on the database.
    macro_rules! first {
        () => {
            conversations::table
                .filter(conversations::id.eq_any(candidates.iter().map(|id| id.0)))
                .filter(conversations::next_action.eq(AsText(NextAction::Agent)))
                .filter(conversations::assigned_to.is_null().or(conversations::assigned_to.eq(account.0)))
                .filter(IsOpen)
                .filter(IsAwake)
                .order((conversations::waiting_since, conversations::id))
                .limit(1)
                .select(Row::as_select())
        };
    }
    let row: Option<Row> = match conn {
        DbConnection::Postgres(c) if waits => first!().for_update().first(c).optional()?,
        DbConnection::Postgres(c) => first!().for_update().skip_locked().first(c).optional()?,
        DbConnection::Sqlite(c) => first!().first(c).optional()?,
    };
    Ok(row.map(Conversation::from))
}

/// Returns a team's closed conversations after the cursor, newest first.
pub(super) fn closed(
    conn: &mut DbConnection,
    team: TeamId,
    tag: Option<TagId>,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| tagged!(
        conversations::table
            .filter(conversations::team_id.eq(team.0))
            .filter(conversations::closed_at.le(Timestamp(at)))
            .filter(conversations::closed_at.lt(Timestamp(at)).or(conversations::id.nullable().lt(id)))
            .filter(IsClosed)
            .order((conversations::closed_at.desc(), conversations::id.desc()))
            .limit(limit)
            .select(Row::as_select()),
        tag,
        c
    ))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns a team's snoozed conversations after the cursor, in the order in which their snoozes end.
pub(super) fn snoozed(
    conn: &mut DbConnection,
    team: TeamId,
    tag: Option<TagId>,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((DateTime::UNIX_EPOCH, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| tagged!(
        conversations::table
            .filter(conversations::team_id.eq(team.0))
            .filter(conversations::snoozed_until.ge(Timestamp(at)))
            .filter(conversations::snoozed_until.gt(Timestamp(at)).or(conversations::id.nullable().gt(id)))
            .filter(IsSnoozed)
            .order((conversations::snoozed_until, conversations::id))
            .limit(limit)
            .select(Row::as_select()),
        tag,
        c
    ))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns a team's pending conversations after the cursor, newest first.
pub(super) fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    tag: Option<TagId>,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| tagged!(
        conversations::table
            .filter(conversations::team_id.eq(team.0))
            .filter(conversations::opened_at.le(Timestamp(at)))
            .filter(conversations::opened_at.lt(Timestamp(at)).or(conversations::id.lt(id)))
            .filter(IsPending)
            .order((conversations::opened_at.desc(), conversations::id.desc()))
            .limit(limit)
            .select(Row::as_select()),
        tag,
        c
    ))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}
