//! Teams and numbers in the database.

use std::collections::HashMap;

use diesel::prelude::*;
use shared::{PhoneNumber, ids::TeamId, team::TeamSummary};

use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, Words, on_each,
        schema::{team_numbers, teams},
    },
};

/// The teams of the scope, by name, with their numbers.
pub(crate) fn teams(conn: &mut DbConnection, scope: &TeamScope) -> Result<Vec<TeamSummary>, DbError> {
    let rows: Vec<(i64, String, String, String)> = on_each!(conn, |c| teams::table
        .select((teams::id, teams::name, teams::region, teams::time_zone))
        .load(c))?;
    let numbers: Vec<(i64, Words<PhoneNumber>)> = on_each!(conn, |c| team_numbers::table
        .order(team_numbers::number)
        .select((team_numbers::team_id, team_numbers::number))
        .load(c))?;
    let mut owned: HashMap<i64, Vec<PhoneNumber>> = HashMap::new();
    for (team, Words(number)) in numbers {
        owned.entry(team).or_default().push(number);
    }
    let mut teams: Vec<TeamSummary> = rows
        .into_iter()
        .filter(|(id, ..)| scope.includes(TeamId(*id)))
        .map(|(id, name, region, time_zone)| TeamSummary {
            id: TeamId(id),
            name,
            numbers: owned.remove(&id).unwrap_or_default(),
            region,
            time_zone,
        })
        .collect();
    // By name as people read it, whatever the database's collation.
    teams.sort_by_key(|team| team.name.to_lowercase());
    Ok(teams)
}

/// One team of the scope.
pub(crate) fn team(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
) -> Result<Option<TeamSummary>, DbError> {
    if !scope.includes(id) {
        return Ok(None);
    }
    let row: Option<(String, String, String)> = on_each!(conn, |c| teams::table
        .find(id.0)
        .select((teams::name, teams::region, teams::time_zone))
        .first(c)
        .optional())?;
    let Some((name, region, time_zone)) = row else {
        return Ok(None);
    };
    let numbers: Vec<Words<PhoneNumber>> = on_each!(conn, |c| team_numbers::table
        .filter(team_numbers::team_id.eq(id.0))
        .order(team_numbers::number)
        .select(team_numbers::number)
        .load(c))?;
    let numbers = numbers.into_iter().map(|Words(number)| number).collect();
    Ok(Some(TeamSummary { id, name, numbers, region, time_zone }))
}

/// The team that owns a number.
pub(crate) fn owner(conn: &mut DbConnection, number: &PhoneNumber) -> Result<Option<TeamId>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| team_numbers::table
        .find(number.as_str())
        .select(team_numbers::team_id)
        .first(c)
        .optional())?;
    Ok(id.map(TeamId))
}
