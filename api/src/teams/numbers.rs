//! Adds numbers to teams, and removes them.

use chrono::{DateTime, Utc};
use shared::{PhoneNumber, ids::TeamId, team::TeamDetail};

use super::{
    change::{detail, record_change},
    queries,
};
use crate::{
    auth::{LookupError, TeamScope},
    db::{DbConnection, DbError},
    fields::Taken,
    numbers::parse::{InvalidNumber, parse_field},
};

/// Why a number was not added to a team.
#[derive(Debug, thiserror::Error)]
pub enum AddNumberError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The number is not valid.
    #[error(transparent)]
    Invalid(#[from] InvalidNumber),
    /// A team already has the number.
    #[error(transparent)]
    Taken(#[from] Taken),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Why a number was not removed from a team.
#[derive(Debug, thiserror::Error)]
pub enum RemoveNumberError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// The team does not have the number.
    #[error("The team does not have this number.")]
    NotOfTeam,
    /// The number has conversations that are not closed.
    #[error(
        "{conversations} conversations on this number are in progress or await a reply. Close them first: without the \
         number, they cannot be answered."
    )]
    InUse {
        /// How many.
        conversations: i64,
    },
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Adds a number to a team, in any usual format of the team's region.
///
/// # Errors
/// [`AddNumberError`].
pub fn add(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    typed: &str,
    now: DateTime<Utc>,
) -> Result<TeamDetail, AddNumberError> {
    let team = detail(conn, scope, id)?;
    let number = parse_field("number", typed, &team.region)?;
    if !queries::insert_number(conn, id, &number)? {
        let whose = if team.numbers.contains(&number) { "This team" } else { "Another team" };
        let message = format!("{whose} already has {}. A number belongs to one team.", number.display());
        return Err(Taken { field: "number", message }.into());
    }
    record_change(conn, id, now)?;
    Ok(detail(conn, scope, id)?)
}

/// Removes a number from a team, unless it has conversations that are not closed. Returns the team as it was.
///
/// # Errors
/// [`RemoveNumberError`].
pub fn remove(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<TeamDetail, RemoveNumberError> {
    let team = detail(conn, scope, id)?;
    if !team.numbers.contains(number) {
        return Err(RemoveNumberError::NotOfTeam);
    }
    // Deletes first, so that no conversation can start during the check. An error rolls the deletion back.
    queries::delete_number(conn, id, number)?;
    let conversations = queries::live_conversations(conn, number)?;
    if conversations > 0 {
        return Err(RemoveNumberError::InUse { conversations });
    }
    record_change(conn, id, now)?;
    Ok(team)
}
