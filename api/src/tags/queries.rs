//! Tags in the database. A tag without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{TagId, TeamId},
    tag::{Tag, TagColour},
};

use crate::{
    auth::{Resource, TeamScope},
    catalogue::{self, CatalogueEntry},
    db::{
        AsText, DbConnection, DbError, Lock, Timestamp, for_share, for_update, on_each,
        schema::{conversation_tags, tags},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = tags)]
struct Row {
    id: i64,
    team_id: Option<i64>,
    name: String,
    colour: AsText<TagColour>,
    position: i32,
    archived_at: Option<Timestamp>,
}

impl From<Row> for Tag {
    fn from(row: Row) -> Self {
        Self {
            id: TagId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            colour: row.colour.0,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
        }
    }
}

/// Returns the tags with these ids, and locks them against deletion until the transaction ends.
pub(crate) fn with_ids(conn: &mut DbConnection, ids: &[TagId]) -> Result<Vec<Tag>, DbError> {
    let rows: Vec<Row> = for_share!(
        conn,
        tags::table
            .filter(tags::id.eq_any(ids.iter().map(|id| id.0).collect::<Vec<i64>>()))
            .order(tags::id)
            .select(Row::as_select()),
        |query, c| query.load(c)
    )?;
    Ok(rows.into_iter().map(Tag::from).collect())
}

pub(crate) fn insert(
    conn: &mut DbConnection,
    team: Option<TeamId>,
    name: &str,
    colour: TagColour,
    position: i32,
) -> Result<TagId, DbError> {
    let values = (
        tags::team_id.eq(team.map(|id| id.0)),
        tags::name.eq(name),
        tags::colour.eq(AsText(colour)),
        tags::position.eq(position),
    );
    Ok(TagId(on_each!(conn, |c| diesel::insert_into(tags::table)
        .values(values)
        .returning(tags::id)
        .get_result(c))?))
}

/// Updates a tag's name, colour and archive time.
pub(super) fn update(
    conn: &mut DbConnection,
    id: TagId,
    name: &str,
    colour: TagColour,
    archived_at: Option<DateTime<Utc>>,
) -> Result<(), DbError> {
    let changes = (
        tags::name.eq(name),
        tags::colour.eq(AsText(colour)),
        tags::archived_at.eq(archived_at.map(Timestamp)),
    );
    on_each!(conn, |c| diesel::update(tags::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

impl CatalogueEntry for Tag {
    type Id = TagId;
    const RESOURCE: Resource = Resource::Tag;
    const LOCK: Lock<'static> = Lock::Tags;

    fn id(&self) -> TagId {
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

    fn find(conn: &mut DbConnection, scope: &TeamScope, id: TagId) -> Result<Option<Self>, DbError> {
        let row: Option<Row> =
            on_each!(conn, |c| tags::table.find(id.0).select(Row::as_select()).first(c).optional())?;
        Ok(row.map(Self::from).filter(|tag| catalogue::is_visible(tag, scope)))
    }

    fn list(conn: &mut DbConnection, scope: &TeamScope, archived: bool) -> Result<Vec<Self>, DbError> {
        let rows: Vec<Row> = on_each!(conn, |c| tags::table.select(Row::as_select()).load(c))?;
        Ok(catalogue::in_order(rows.into_iter().map(Self::from), scope, archived))
    }

    fn arrange(conn: &mut DbConnection, order: &[TagId]) -> Result<(), DbError> {
        for (position, id) in (0..).zip(order) {
            let position: i32 = position;
            on_each!(conn, |c| diesel::update(tags::table.find(id.0))
                .filter(tags::position.ne(position))
                .set(tags::position.eq(position))
                .execute(c))?;
        }
        Ok(())
    }

    fn archive(conn: &mut DbConnection, id: TagId, at: DateTime<Utc>) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::update(tags::table.find(id.0))
            .set(tags::archived_at.eq(Timestamp(at)))
            .execute(c))?;
        Ok(())
    }

    fn lock(conn: &mut DbConnection, id: TagId) -> Result<(), DbError> {
        let row = tags::table.filter(tags::id.eq(id.0)).select(tags::id);
        let _: Option<i64> = for_update!(conn, row, |query, c| query.first(c).optional())?;
        Ok(())
    }

    /// Whether a conversation has the tag.
    fn was_used(conn: &mut DbConnection, id: TagId) -> Result<bool, DbError> {
        let found: Option<i64> = on_each!(conn, |c| conversation_tags::table
            .filter(conversation_tags::tag_id.eq(id.0))
            .select(conversation_tags::conversation_id)
            .first(c)
            .optional())?;
        Ok(found.is_some())
    }

    fn delete(conn: &mut DbConnection, id: TagId) -> Result<(), DbError> {
        on_each!(conn, |c| diesel::delete(tags::table.find(id.0)).execute(c))?;
        Ok(())
    }
}
