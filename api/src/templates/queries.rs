//! Templates in the database. A template without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{TeamId, TemplateId},
    template::Template,
};

use crate::{
    auth::{Resource, TeamScope},
    catalogue::{self, CatalogueEntry},
    db::{
        DbConnection, DbError, Lock, Timestamp, for_share, for_update, on_each,
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

impl CatalogueEntry for Template {
    type Id = TemplateId;
    const RESOURCE: Resource = Resource::Template;
    const LOCK: Lock<'static> = Lock::Templates;

    fn id(&self) -> TemplateId {
        self.id
    }

    fn team_id(&self) -> Option<TeamId> {
        self.team_id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn position(&self) -> i32 {
        self.position
    }

    fn archived_at(&self) -> Option<DateTime<Utc>> {
        self.archived_at
    }

    fn find(conn: &mut DbConnection, scope: &TeamScope, id: TemplateId) -> Result<Option<Self>, DbError> {
        let row: Option<Row> =
            on_each!(conn, |c| templates::table.find(id.0).select(Row::as_select()).first(c).optional())?;
        Ok(row.map(Self::from).filter(|template| catalogue::is_visible(template, scope)))
    }

    fn list(conn: &mut DbConnection, scope: &TeamScope, archived: bool) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = on_each!(conn, |c| templates::table.select(Row::as_select()).load(c))?;
        Ok(catalogue::in_order(rows.into_iter().map(Self::from), scope, archived))
    }

    fn arrange(conn: &mut DbConnection, order: &[TemplateId]) -> Result<(), DbError> {
        for (position, id) in (0..).zip(order) {
            let position: i32 = position;
            on_each!(conn, |c| diesel::update(templates::table.find(id.0))
                .filter(templates::position.ne(position))
                .set(templates::position.eq(position))
                .execute(c))?;
        }
        Ok(())
    }

    fn archive(conn: &mut DbConnection, id: TemplateId, at: DateTime<Utc>) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::update(templates::table.find(id.0))
            .set(templates::archived_at.eq(Timestamp(at)))
            .execute(c))?;
        Ok(())
    }

    fn lock(conn: &mut DbConnection, id: TemplateId) -> Result<(), DbError> {
        let row = templates::table.filter(templates::id.eq(id.0)).select(templates::id);
        let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
        Ok(())
    }

    /// Whether a message was ever written from the template.
    fn was_used(conn: &mut DbConnection, id: TemplateId) -> Result<bool, DbError> {
        let found: Option<i64> = on_each!(conn, |c| messages::table
            .filter(messages::template_id.eq(id.0))
            .select(messages::id)
            .first(c)
            .optional())?;
        Ok(found.is_some())
    }

    fn delete(conn: &mut DbConnection, id: TemplateId) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::delete(templates::table.find(id.0)).execute(c))?;
        Ok(())
    }
}
