//! Closure reasons in the database. One without a team belongs to all teams.

use diesel::prelude::*;
use shared::{
    closure::ClosureReason,
    ids::{ClosureReasonId, TeamId},
};

use crate::db::{DbConnection, DbError, on_each, schema::closure_reasons};

fn reason((id, team, name): (i64, Option<i64>, String)) -> ClosureReason {
    ClosureReason { id: ClosureReasonId(id), team_id: team.map(TeamId), name }
}

/// The reasons that a team's conversations can be closed with, in their order.
pub(super) fn of_team(conn: &mut DbConnection, team: TeamId) -> Result<Vec<ClosureReason>, DbError> {
    let rows: Vec<(i64, Option<i64>, String)> = on_each!(conn, |c| closure_reasons::table
        .filter(closure_reasons::team_id.eq(team.0).or(closure_reasons::team_id.is_null()))
        .filter(closure_reasons::archived_at.is_null())
        .order((closure_reasons::position, closure_reasons::name, closure_reasons::id))
        .select((closure_reasons::id, closure_reasons::team_id, closure_reasons::name))
        .load(c))?;
    Ok(rows.into_iter().map(reason).collect())
}

/// A reason, if a team's conversations can be closed with it.
pub(crate) fn usable(
    conn: &mut DbConnection,
    id: ClosureReasonId,
    team: TeamId,
) -> Result<Option<ClosureReason>, DbError> {
    Ok(of_team(conn, team)?.into_iter().find(|reason| reason.id == id))
}

/// The reason with this name among those that a team's conversations can be closed with.
pub(crate) fn by_name(
    conn: &mut DbConnection,
    team: TeamId,
    name: &str,
) -> Result<Option<ClosureReasonId>, DbError> {
    Ok(of_team(conn, team)?.into_iter().find(|reason| reason.name == name).map(|reason| reason.id))
}
