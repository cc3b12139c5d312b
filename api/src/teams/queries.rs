//! Teams and numbers in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{dsl::exists, prelude::*};
use shared::{
    PhoneNumber,
    account::{AccountName, Role},
    ids::{AccountId, TeamId},
    team::{Member, NewTeam, TeamSummary},
};

use crate::{
    auth::{LookupError, NotFound, Resource, TeamScope},
    db::{
        AsText, DbConnection, DbError, IsLive, Timestamp, for_share, on_each,
        schema::{accounts, conversations, team_members, team_numbers, teams},
    },
};

/// Returns the teams of the scope by name, with their numbers.
pub(crate) fn teams(conn: &mut DbConnection, scope: &TeamScope) -> Result<Vec<TeamSummary>, DbError> {
    let rows: Vec<(i64, String, String, String)> = on_each!(conn, |c| teams::table
        .select((teams::id, teams::name, teams::region, teams::time_zone))
        .load(c))?;
    let numbers: Vec<(i64, AsText<PhoneNumber>)> = on_each!(conn, |c| team_numbers::table
        .order(team_numbers::number)
        .select((team_numbers::team_id, team_numbers::number))
        .load(c))?;
    let mut owned: HashMap<i64, Vec<PhoneNumber>> = HashMap::new();
    for (team, AsText(number)) in numbers {
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
    // Sorted here, because the order of the databases depends on their collation.
    teams.sort_by_key(|team| team.name.to_lowercase());
    Ok(teams)
}

/// Returns a team of the scope.
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
    let numbers: Vec<AsText<PhoneNumber>> = on_each!(conn, |c| team_numbers::table
        .filter(team_numbers::team_id.eq(id.0))
        .order(team_numbers::number)
        .select(team_numbers::number)
        .load(c))?;
    let numbers = numbers.into_iter().map(|AsText(number)| number).collect();
    Ok(Some(TeamSummary { id, name, numbers, region, time_zone }))
}

/// Returns the regions of the scope's teams.
pub(crate) fn regions(conn: &mut DbConnection, scope: &TeamScope) -> Result<Vec<String>, DbError> {
    let rows: Vec<(i64, String)> =
        on_each!(conn, |c| teams::table.select((teams::id, teams::region)).load(c))?;
    let mut regions: Vec<String> =
        rows.into_iter().filter(|(id, _)| scope.includes(TeamId(*id))).map(|(_, region)| region).collect();
    regions.sort_unstable();
    regions.dedup();
    Ok(regions)
}

/// Checks that a team exists and is in the scope.
///
/// # Errors
/// `NotFound`, the same for both.
pub(crate) fn require(conn: &mut DbConnection, scope: &TeamScope, id: TeamId) -> Result<(), LookupError> {
    if is_in(conn, scope, id)? { Ok(()) } else { Err(NotFound::new(Resource::Team).into()) }
}

fn is_in(conn: &mut DbConnection, scope: &TeamScope, id: TeamId) -> Result<bool, DbError> {
    let is_stored = |conn: &mut DbConnection| {
        on_each!(conn, |c| diesel::select(exists(teams::table.find(id.0))).get_result(c))
    };
    Ok(scope.includes(id) && is_stored(conn)?)
}

/// Narrows the scope to the team that a query or body names as `team_id`, if it names one.
///
/// # Errors
/// `NotFound`, naming the field, for a team that does not exist or that the caller is not in.
pub(crate) fn narrow_scope(
    conn: &mut DbConnection,
    scope: &TeamScope,
    team: Option<TeamId>,
) -> Result<TeamScope, LookupError> {
    let Some(team) = team else { return Ok(scope.clone()) };
    if !is_in(conn, scope, team)? {
        return Err(NotFound::team_id().into());
    }
    Ok(TeamScope::Only(vec![team]))
}

/// Returns the team that owns a number.
pub(crate) fn owner(conn: &mut DbConnection, number: &PhoneNumber) -> Result<Option<TeamId>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| team_numbers::table
        .find(number.as_str())
        .select(team_numbers::team_id)
        .first(c)
        .optional())?;
    Ok(id.map(TeamId))
}

/// Whether a team owns a number. Locks the number against removal until the transaction ends, so that a conversation
/// can start on it.
pub(crate) fn owns_number(
    conn: &mut DbConnection,
    team: TeamId,
    number: &PhoneNumber,
) -> Result<bool, DbError> {
    let row = team_numbers::table
        .filter(team_numbers::number.eq(number.as_str()))
        .filter(team_numbers::team_id.eq(team.0))
        .select(team_numbers::team_id);
    let found: Option<i64> = for_share!(conn, row, |query, c| query.first(c).optional())?;
    Ok(found.is_some())
}

/// Inserts a team.
pub(crate) fn insert(conn: &mut DbConnection, new: &NewTeam, now: DateTime<Utc>) -> Result<TeamId, DbError> {
    let values = (
        teams::name.eq(&new.name),
        teams::region.eq(&new.region),
        teams::time_zone.eq(&new.time_zone),
        teams::created_at.eq(Timestamp(now)),
        teams::help_reply.eq(new.help_reply.as_ref().and_then(Option::as_deref)),
    );
    Ok(TeamId(on_each!(conn, |c| diesel::insert_into(teams::table)
        .values(values)
        .returning(teams::id)
        .get_result(c))?))
}

/// Updates a team's name, region and time zone, and its reply to HELP if one is given.
pub(super) fn update(conn: &mut DbConnection, id: TeamId, new: &NewTeam) -> Result<(), DbError> {
    let changes = (
        teams::name.eq(&new.name),
        teams::region.eq(&new.region),
        teams::time_zone.eq(&new.time_zone),
        new.help_reply.as_ref().map(|reply| teams::help_reply.eq(reply)),
    );
    on_each!(conn, |c| diesel::update(teams::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Returns a team's reply to HELP.
pub(crate) fn help_reply(conn: &mut DbConnection, id: TeamId) -> Result<Option<String>, DbError> {
    let row: Option<Option<String>> =
        on_each!(conn, |c| teams::table.find(id.0).select(teams::help_reply).first(c).optional())?;
    Ok(row.flatten())
}

/// Adds a number to a team. Returns `false` if a team already has the number.
pub(crate) fn insert_number(
    conn: &mut DbConnection,
    team: TeamId,
    number: &PhoneNumber,
) -> Result<bool, DbError> {
    let values = (team_numbers::number.eq(number.as_str()), team_numbers::team_id.eq(team.0));
    let inserted = on_each!(conn, |c| diesel::insert_into(team_numbers::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(inserted > 0)
}

/// Removes a number from a team. Waits for transactions that start a conversation on it.
pub(super) fn delete_number(
    conn: &mut DbConnection,
    team: TeamId,
    number: &PhoneNumber,
) -> Result<(), DbError> {
    let owned = team_numbers::table
        .filter(team_numbers::number.eq(number.as_str()))
        .filter(team_numbers::team_id.eq(team.0));
    on_each!(conn, |c| diesel::delete(owned).execute(c))?;
    Ok(())
}

/// Counts the conversations on a team's number that are not closed.
pub(super) fn live_conversations(conn: &mut DbConnection, number: &PhoneNumber) -> Result<i64, DbError> {
    Ok(on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq(number.as_str()))
        .filter(IsLive)
        .count()
        .get_result(c))?)
}

/// Returns the members of a team.
pub(super) fn members(conn: &mut DbConnection, team: TeamId) -> Result<Vec<Member>, DbError> {
    type Columns = (i64, String, String, AsText<Role>, Option<Timestamp>);
    let rows: Vec<Columns> = on_each!(conn, |c| accounts::table
        .inner_join(team_members::table.on(team_members::account_id.eq(accounts::id)))
        .filter(team_members::team_id.eq(team.0))
        .order(accounts::id)
        .select((
            accounts::id,
            accounts::display_name,
            accounts::email,
            accounts::role,
            accounts::disabled_at,
        ))
        .load(c))?;
    let member = |(id, display_name, email, AsText(role), disabled_at): Columns| Member {
        account_id: AccountId(id),
        display_name,
        email,
        role,
        disabled: disabled_at.is_some(),
    };
    Ok(rows.into_iter().map(member).collect())
}

/// Returns the enabled members of a team, by name.
pub(crate) fn colleagues(conn: &mut DbConnection, team: TeamId) -> Result<Vec<AccountName>, DbError> {
    let rows: Vec<(i64, String)> = on_each!(conn, |c| accounts::table
        .inner_join(team_members::table.on(team_members::account_id.eq(accounts::id)))
        .filter(team_members::team_id.eq(team.0))
        .filter(accounts::disabled_at.is_null())
        .order((accounts::display_name, accounts::id))
        .select((accounts::id, accounts::display_name))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, name)| AccountName { id: AccountId(id), name }).collect())
}

/// Whether all these accounts, each given once, are enabled members of the team.
pub(crate) fn are_colleagues(
    conn: &mut DbConnection,
    team: TeamId,
    accounts: &[AccountId],
) -> Result<bool, DbError> {
    let given: Vec<i64> = accounts.iter().map(|account| account.0).collect();
    let found: Vec<i64> = on_each!(conn, |c| accounts::table
        .inner_join(team_members::table.on(team_members::account_id.eq(accounts::id)))
        .filter(team_members::team_id.eq(team.0))
        .filter(accounts::disabled_at.is_null())
        .filter(accounts::id.eq_any(&given))
        .select(accounts::id)
        .load(c))?;
    Ok(found.len() == given.len())
}
