//! Teams, the numbers they own, and their members.

pub mod change;
pub mod members;
pub mod numbers;
mod problems;
pub(crate) mod queries;
pub mod routes;

use shared::team::TeamSummary;
use simulator::DeskNumber;

use crate::{
    auth::TeamScope,
    db::{Db, DbConnection, DbError},
};

/// Returns all teams by name, for commands on the server itself.
///
/// # Errors
/// Database errors.
pub fn all(conn: &mut DbConnection) -> Result<Vec<TeamSummary>, DbError> {
    queries::teams(conn, &TeamScope::Every)
}

/// Returns all team numbers with their teams' names, for the simulator's handset.
///
/// # Errors
/// Database errors.
pub(crate) async fn desk_numbers(db: &Db) -> Result<Vec<DeskNumber>, DbError> {
    let teams = db.read(|conn| queries::teams(conn, &TeamScope::Every)).await?;
    let numbers = teams.into_iter().flat_map(|team| {
        let label = team.name;
        team.numbers
            .into_iter()
            .map(move |number| DeskNumber { number: number.to_string(), label: label.clone() })
    });
    Ok(numbers.collect())
}
