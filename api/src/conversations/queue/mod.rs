//! Open conversations in queue order (rule 8), and the lists of snoozed, pending and closed conversations. All use
//! keyset pagination, so a change between two requests does not shift the page boundary.

mod answers;
pub mod next;
mod queries;
pub mod routes;

pub use answers::{Answer, QueueAnswers, QueueError};

use bytes::Bytes;
use serde::Deserialize;
use shared::{
    Page,
    conversation::{Conversation, NextAction, QueueSection},
    ids::{AccountId, TagId, TeamId},
    team::TeamSummary,
};
use utoipa::ToSchema;

use super::cursor::{QueueCursor, TimeCursor};
use crate::{
    auth::{NotFound, TeamScope},
    db::{DbConnection, DbError},
    paging::{InvalidCursor, decode_cursor, encode_cursor, page},
    teams,
};

/// Which of the open conversations to return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AssignedFilter {
    /// All of them.
    #[default]
    Any,
    /// Those that are assigned to no account.
    Unassigned,
    /// Those of this account.
    To(AccountId),
}

/// Which conversations to return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// By assignment. Applies to open conversations.
    pub assigned: AssignedFilter,
    /// Only those with this tag.
    pub tag: Option<TagId>,
}

/// A list of a team's conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ListedStatus {
    /// Open conversations that are not snoozed, in queue order.
    Open,
    /// Snoozed conversations; the one that returns next comes first.
    Snoozed,
    /// Conversations that wait for the customer's first reply, newest first.
    Pending,
    /// Closed conversations, newest first.
    Closed,
}

/// Why a page of conversations was not read.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// This list did not issue the cursor.
    #[error(transparent)]
    Cursor(#[from] InvalidCursor),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns a team's section of the queue, with up to `limit` conversations, as JSON.
fn section(
    conn: &mut DbConnection,
    team: TeamSummary,
    filter: Filter,
    limit: i64,
) -> Result<Bytes, QueueError> {
    let Page { items, next_cursor } = open(conn, team.id, filter, None, limit)?;
    let (counts, assignees) = queries::counts(conn, team.id)?;
    let section = QueueSection { team, counts, assignees, items, next_cursor };
    Ok(serde_json::to_vec(&section)?.into())
}

/// Returns a page of a team's conversations with this status.
///
/// # Errors
/// [`ListError`].
pub fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    status: ListedStatus,
    filter: Filter,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Conversation>, ListError> {
    if teams::queries::team(conn, scope, team)?.is_none() {
        return Err(NotFound::team_id().into());
    }
    match status {
        ListedStatus::Open => {
            let after: Option<QueueCursor> = decode_cursor(cursor)?;
            Ok(open(conn, team, filter, after.as_ref(), limit)?)
        }
        ListedStatus::Snoozed => {
            let after: Option<TimeCursor> = decode_cursor(cursor)?;
            let found = queries::snoozed(conn, team, filter.tag, after.as_ref(), limit + 1)?;
            Ok(page(found, limit, |last| encode_cursor(&TimeCursor { at: last.snoozed_until?, id: last.id })))
        }
        ListedStatus::Closed => {
            let after: Option<TimeCursor> = decode_cursor(cursor)?;
            let found = queries::closed(conn, team, filter.tag, after.as_ref(), limit + 1)?;
            Ok(page(found, limit, |last| encode_cursor(&TimeCursor { at: last.closed_at?, id: last.id })))
        }
        ListedStatus::Pending => {
            let after: Option<TimeCursor> = decode_cursor(cursor)?;
            let found = queries::pending(conn, team, filter.tag, after.as_ref(), limit + 1)?;
            Ok(page(found, limit, |last| encode_cursor(&TimeCursor { at: last.opened_at, id: last.id })))
        }
    }
}

/// Returns conversations that need the agent, then those that need the customer. Each part is one index seek.
fn open(
    conn: &mut DbConnection,
    team: TeamId,
    filter: Filter,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Page<Conversation>, DbError> {
    let first = after.map_or(NextAction::Agent, |cursor| cursor.next_action);
    let mut found = queries::waiting_for(conn, team, first, filter, after, limit + 1)?;
    let remaining = limit + 1 - i64::try_from(found.len()).unwrap_or(limit);
    if first == NextAction::Agent && remaining > 0 {
        let action = NextAction::Customer;
        found.extend(queries::waiting_for(conn, team, action, filter, None, remaining)?);
    }
    Ok(page(found, limit, |last| encode_cursor(&QueueCursor::after(last)?)))
}
