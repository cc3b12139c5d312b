//! Templates in the database. One without a team belongs to all teams.

use diesel::prelude::*;
use shared::{
    ids::{TeamId, TemplateId},
    template::Template,
};

use crate::db::{DbConnection, DbError, on_each, schema::templates};

/// The templates that a team's conversations can use, in their order.
pub(super) fn of_team(conn: &mut DbConnection, team: TeamId) -> Result<Vec<Template>, DbError> {
    let rows: Vec<(i64, Option<i64>, String, String)> = on_each!(conn, |c| templates::table
        .filter(templates::team_id.eq(team.0).or(templates::team_id.is_null()))
        .filter(templates::archived_at.is_null())
        .order((templates::position, templates::name, templates::id))
        .select((templates::id, templates::team_id, templates::name, templates::body))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(id, team, name, body)| Template { id: TemplateId(id), team_id: team.map(TeamId), name, body })
        .collect())
}

/// Whether a team's conversations can use a template.
pub(crate) fn is_usable(conn: &mut DbConnection, id: TemplateId, team: TeamId) -> Result<bool, DbError> {
    Ok(of_team(conn, team)?.iter().any(|template| template.id == id))
}
