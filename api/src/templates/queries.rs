//! Templates in the database. A template without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{TeamId, TemplateId},
    template::Template,
};

use crate::{
    auth::TeamScope,
    catalogue::{self, CatalogueEntry, queries::catalogue_entry},
    db::{
        DbConnection, DbError, Timestamp, for_share, on_each,
        schema::{messages, templates},
    },
    precondition::version_of,
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
        let version = version_of(&(&row.name, &row.body, row.archived_at.is_some()));
        Self {
            id: TemplateId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            body: row.body,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
            version,
        }
    }
}

/// Returns the templates that a team's conversations can use, in their order.
pub(crate) fn of_team(conn: &mut DbConnection, team: TeamId) -> Result<Vec<Template>, DbError> {
    Template::list(conn, &TeamScope::Only(vec![team]), false)
}

/// Whether a team's conversations can use a template. Locks the template against deletion until the transaction ends.
pub(crate) fn is_usable(conn: &mut DbConnection, id: TemplateId, team: TeamId) -> Result<bool, DbError> {
    let row: Option<Row> = for_share!(
        conn,
        templates::table.filter(templates::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Template::from).is_some_and(|template| catalogue::is_usable(&template, team)))
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

catalogue_entry!(
    Template, TemplateId, Templates, templates,
    audited as TemplateCreated, TemplateChanged, TemplateDeleted,
    used by messages.template_id
);
