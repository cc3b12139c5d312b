//! Open conversations in queue order (rule 8), and the lists of pending and closed conversations. All use keyset
//! pagination, so a change between two requests does not shift the page boundary.

mod queries;

use shared::{
    Page,
    conversation::{Conversation, ConversationStatus, NextAction, Queue, QueueSection},
    ids::TeamId,
};

use super::cursor::{QueueCursor, TimeCursor};
use crate::{
    auth::TeamScope,
    db::DbConnection,
    error::ApiError,
    paging::{decode_cursor, encode_cursor, page},
    teams,
};

/// Returns a section for each team in the scope, with counts and the first page.
pub fn queue(conn: &mut DbConnection, scope: &TeamScope, limit: i64) -> Result<Queue, ApiError> {
    let sections = teams::queries::teams(conn, scope)?
        .into_iter()
        .map(|team| {
            let page = open(conn, team.id, None, limit)?;
            let counts = queries::counts(conn, team.id)?;
            Ok(QueueSection { team, counts, items: page.items, next_cursor: page.next_cursor })
        })
        .collect::<Result<_, ApiError>>()?;
    Ok(Queue { sections })
}

/// Returns a page of a team's conversations with this status.
pub fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: TeamId,
    status: ConversationStatus,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Conversation>, ApiError> {
    if teams::queries::team(conn, scope, team)?.is_none() {
        return Err(ApiError::not_found("team").about_team_id());
    }
    match status {
        ConversationStatus::Open => open(conn, team, cursor, limit),
        ConversationStatus::Closed => {
            let after: Option<TimeCursor> = decode_cursor(cursor)?;
            let found = queries::closed(conn, team, after.as_ref(), limit + 1)?;
            Ok(page(found, limit, |last| encode_cursor(&TimeCursor { at: last.closed_at?, id: last.id })))
        }
        ConversationStatus::Pending => {
            let after: Option<TimeCursor> = decode_cursor(cursor)?;
            let found = queries::pending(conn, team, after.as_ref(), limit + 1)?;
            Ok(page(found, limit, |last| encode_cursor(&TimeCursor { at: last.opened_at, id: last.id })))
        }
    }
}

/// Returns conversations that need the agent, then those that need the customer. Each part is one index seek.
fn open(
    conn: &mut DbConnection,
    team: TeamId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<Page<Conversation>, ApiError> {
    let after: Option<QueueCursor> = decode_cursor(cursor)?;
    let first = after.as_ref().map_or(NextAction::Agent, |cursor| cursor.next_action);
    let mut found = queries::waiting_for(conn, team, first, after.as_ref(), limit + 1)?;
    let remaining = limit + 1 - i64::try_from(found.len()).unwrap_or(limit);
    if first == NextAction::Agent && remaining > 0 {
        found.extend(queries::waiting_for(conn, team, NextAction::Customer, None, remaining)?);
    }
    Ok(page(found, limit, |last| encode_cursor(&QueueCursor::after(last)?)))
}
