//! The conversations that take over what a new file says, and the customers who have their numbers.

use std::collections::HashMap;

use diesel::prelude::*;
use shared::{
    CustomerAddress,
    ids::{ConversationId, DailyFileId, TeamId},
};

use super::Held;
use crate::db::{
    DbConnection, DbError, IsLive, IsOpen, IsPending, Words, for_update, on_each,
    schema::{conversations, customers, daily_files},
};

/// The conversations of a team that are not closed.
pub(super) fn live(conn: &mut DbConnection, team: TeamId) -> Result<Vec<Held>, DbError> {
    type Columns = (i64, Words<CustomerAddress>, Option<String>, Option<String>);
    let of_team = conversations::table.filter(conversations::team_id.eq(team.0)).select((
        conversations::id,
        conversations::number,
        conversations::reference,
        conversations::name,
    ));
    // Each has an index of its own.
    let mut rows: Vec<Columns> = on_each!(conn, |c| of_team.filter(IsOpen).load(c))?;
    let pending: Vec<Columns> = on_each!(conn, |c| of_team.filter(IsPending).load(c))?;
    rows.extend(pending);
    let held =
        |(id, Words(number), reference, name)| Held { id: ConversationId(id), number, reference, name };
    Ok(rows.into_iter().map(held).collect())
}

/// The references and names of the customers who have the numbers, by number.
pub(super) fn customers(
    conn: &mut DbConnection,
    file: DailyFileId,
    held: &[Held],
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

/// Whether a file is still current; until the end of the transaction it then stays so.
pub(super) fn is_current(conn: &mut DbConnection, file: DailyFileId) -> Result<bool, DbError> {
    let current = daily_files::table.find(file.0).select(daily_files::is_current);
    let found: Option<bool> = for_update!(conn, current, |query, c| query.first(c).optional())?;
    Ok(found == Some(true))
}

/// Whether a conversation lives; until the end of the transaction it then stays so.
pub(super) fn is_live(conn: &mut DbConnection, id: ConversationId) -> Result<bool, DbError> {
    let live = conversations::table.find(id.0).filter(IsLive).select(conversations::id);
    let found: Option<i64> = for_update!(conn, live, |query, c| query.first(c).optional())?;
    Ok(found.is_some())
}

/// Notes that the conversations have what the file says.
pub(super) fn done(conn: &mut DbConnection, file: DailyFileId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(daily_files::table.find(file.0))
        .set(daily_files::refreshed.eq(true))
        .execute(c))?;
    Ok(())
}

/// The current files whose teams' conversations do not have what they say yet.
pub(in crate::daily_files) fn due(conn: &mut DbConnection) -> Result<Vec<(TeamId, DailyFileId)>, DbError> {
    let rows: Vec<(i64, i64)> = on_each!(conn, |c| daily_files::table
        .filter(daily_files::is_current.eq(true))
        .filter(daily_files::refreshed.eq(false))
        .select((daily_files::team_id, daily_files::id))
        .load(c))?;
    Ok(rows.into_iter().map(|(team, file)| (TeamId(team), DailyFileId(file))).collect())
}
