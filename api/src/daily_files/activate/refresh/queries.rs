//! The conversations that a new file updates, and the customers with their numbers.

use std::collections::HashMap;

use diesel::prelude::*;
use shared::{
    CustomerAddress,
    ids::{ConversationId, DailyFileId, TeamId},
};

use super::LiveConversation;
use crate::db::{
    AsText, DbConnection, DbError, IsAwake, IsLive, IsOpen, IsPending, IsSnoozed, for_update, on_each,
    schema::{conversations, customers, daily_files},
};

/// Returns the conversations of a team that are not closed.
pub(super) fn live(conn: &mut DbConnection, team: TeamId) -> Result<Vec<LiveConversation>, DbError> {
    type Columns = (i64, AsText<CustomerAddress>, Option<String>, Option<String>);
    let of_team = conversations::table.filter(conversations::team_id.eq(team.0)).select((
        conversations::id,
        conversations::number,
        conversations::reference,
        conversations::name,
    ));
    // Three queries, because each has its own index.
    let mut rows: Vec<Columns> = on_each!(conn, |c| of_team.filter(IsOpen).filter(IsAwake).load(c))?;
    let snoozed: Vec<Columns> = on_each!(conn, |c| of_team.filter(IsSnoozed).load(c))?;
    let pending: Vec<Columns> = on_each!(conn, |c| of_team.filter(IsPending).load(c))?;
    rows.extend(snoozed);
    rows.extend(pending);
    let held = |(id, AsText(number), reference, name)| LiveConversation {
        id: ConversationId(id),
        number,
        reference,
        name,
    };
    Ok(rows.into_iter().map(held).collect())
}

/// Returns the references and names of the customers with the conversations' numbers, by number.
pub(super) fn customers(
    conn: &mut DbConnection,
    file: DailyFileId,
    held: &[LiveConversation],
) -> Result<HashMap<String, Vec<(String, String)>>, DbError> {
    let numbers: Vec<&str> = held.iter().map(|held| held.number.as_str()).collect();
    let rows: Vec<(String, String, String)> = on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq(file.0))
        .filter(customers::number.eq_any(&numbers))
        .order((customers::number, customers::line))
        .select((customers::number, customers::reference, customers::name))
        .load(c))?;
    let mut found: HashMap<String, Vec<(String, String)>> = HashMap::new();
    for (number, reference, name) in rows {
        found.entry(number).or_default().push((reference, name));
    }
    Ok(found)
}

/// Whether a file is still current. Locks its row until the end of the transaction.
pub(super) fn is_current(conn: &mut DbConnection, file: DailyFileId) -> Result<bool, DbError> {
    let current = daily_files::table.find(file.0).select(daily_files::is_current);
    let found: Option<bool> = for_update!(conn, current, |query, c| query.first(c).optional())?;
    Ok(found == Some(true))
}

/// Whether a conversation is not closed. Locks its row until the end of the transaction.
pub(super) fn is_live(conn: &mut DbConnection, id: ConversationId) -> Result<bool, DbError> {
    let live = conversations::table.find(id.0).filter(IsLive).select(conversations::id);
    let found: Option<i64> = for_update!(conn, live, |query, c| query.first(c).optional())?;
    Ok(found.is_some())
}

/// Records that the conversations are updated to the file.
pub(super) fn mark_refreshed(conn: &mut DbConnection, file: DailyFileId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(daily_files::table.find(file.0))
        .set(daily_files::refreshed.eq(true))
        .execute(c))?;
    Ok(())
}

/// Returns the current files whose teams' conversations are not updated yet.
pub(in crate::daily_files) fn due(conn: &mut DbConnection) -> Result<Vec<(TeamId, DailyFileId)>, DbError> {
    let rows: Vec<(i64, i64)> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::is_current.eq(true))
        .filter(daily_files::refreshed.eq(false))
        .select((daily_files::team_id, daily_files::id))
        .load(c))?;
    Ok(rows.into_iter().map(|(team, file)| (TeamId(team), DailyFileId(file))).collect())
}
