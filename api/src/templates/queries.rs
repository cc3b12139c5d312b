//! Templates in the database. A template without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{TeamId, TemplateId},
    template::Template,
};

use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, Timestamp, for_share, for_update, on_each,
        schema::{messages, templates},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = templates)]
struct Row {
    id: i64,
    team_id: Option<i64>,
    name: String,
    body: String,
    position: i32,
    archived_at: Option<Timestamp>,
}

impl From<Row> for Template {
    fn from(row: Row) -> Self {
        Self {
            id: TemplateId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            body: row.body,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
        }
    }
}

/// Returns the active or the archived templates of the scope, by team and position. Those of all teams come last.
pub(super) fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    archived: bool,
) -> Result<Vec<Template>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| templates::table.select(Row::as_select()).load(c))?;
    let mut found: Vec<Template> = rows
        .into_iter()
        .map(Template::from)
        .filter(|template| template.archived_at.is_some() == archived)
        .filter(|template| template.team_id.is_none_or(|team| scope.includes(team)))
        .collect();
    found.sort_by_key(|known| (known.team_id.is_none(), known.team_id, known.position, known.id));
    Ok(found)
}

/// Returns the templates that a team's conversations can use, in their order.
pub(super) fn of_team(conn: &mut DbConnection, team: TeamId) -> Result<Vec<Template>, DbError> {
    list(conn, &TeamScope::Only(vec![team]), false)
}

/// Whether a team's conversations can use a template. Locks the template against deletion until the transaction ends.
pub(crate) fn is_usable(conn: &mut DbConnection, id: TemplateId, team: TeamId) -> Result<bool, DbError> {
    let row: Option<Row> = for_share!(
        conn,
        templates::table.filter(templates::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    let is_of_team = |template: &Template| template.team_id.is_none_or(|owner| owner == team);
    Ok(row.map(Template::from).is_some_and(|found| found.archived_at.is_none() && is_of_team(&found)))
}

/// Returns a template of the scope.
pub(super) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TemplateId,
) -> Result<Option<Template>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| templates::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Template::from).filter(|template| template.team_id.is_none_or(|team| scope.includes(team))))
}

pub(crate) fn insert(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    name: &str,
    body: &str,
    position: i32,
) -> Result<TemplateId, DbError> {
    let values = (
        templates::team_id.eq(team.map(|id| id.0)),
        templates::name.eq(name),
        templates::body.eq(body),
        templates::position.eq(position),
    );
    Ok(TemplateId(on_each!(conn, |c| diesel::insert_into(templates::table)
        .values(values)
        .returning(templates::id)
        .get_result(c))?))
}

/// Updates a template's name, text and archive time.
pub(super) fn update(
    conn: &mut DbConnection,
    id: TemplateId,
    name: &str,
    body: &str,
    archived_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let changes = (
        templates::name.eq(name),
        templates::body.eq(body),
        templates::archived_at.eq(archived_at.map(Timestamp)),
    );
    on_each!(conn, |c| diesel::update(templates::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Saves the order of a team's templates.
pub(super) fn arrange(conn: &mut DbConnection, order: &[i64]) -> Result<(), DbError> {
    for (position, id) in (0..).zip(order) {
        let position: i32 = position;
        on_each!(conn, |c| diesel::update(templates::table.find(id))
            .filter(templates::position.ne(position))
            .set(templates::position.eq(position))
            .execute(c))?;
    }
    Ok(())
}

/// Whether a message was ever written from a template.
pub(super) fn was_used(conn: &mut DbConnection, id: TemplateId) -> Result<bool, DbError> {
    let message: Option<i64> = on_each!(conn, |c| messages::table
        .filter(messages::template_id.eq(id.0))
        .select(messages::id)
        .first(c)
        .optional())?;
    Ok(message.is_some())
}

/// Locks a template until the transaction ends: waits for transactions that use it, and blocks new ones.
pub(super) fn lock(conn: &mut DbConnection, id: TemplateId) -> Result<(), DbError> {
    let row = templates::table.filter(templates::id.eq(id.0)).select(templates::id);
    let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
    Ok(())
}

pub(super) fn delete(conn: &mut DbConnection, id: TemplateId) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(templates::table.find(id.0)).execute(c))?;
    Ok(())
}
