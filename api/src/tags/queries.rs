//! Tags in the database. A tag without a team belongs to all teams.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{TagId, TeamId},
    tag::{Tag, TagColour},
};

use crate::{
    auth::TeamScope,
    catalogue::queries::catalogue_entry,
    db::{
        AsText, DbConnection, DbError, Timestamp, for_share, on_each,
        schema::{conversation_tags, tags},
    },
    precondition::version_of,
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
        let version = version_of(&(&row.name, row.colour.0, row.archived_at.is_some()));
        Self {
            id: TagId(row.id),
            team_id: row.team_id.map(TeamId),
            name: row.name,
            colour: row.colour.0,
            position: row.position,
            archived_at: row.archived_at.map(DateTime::from),
            version,
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

catalogue_entry!(
    Tag, TagId, Tags, tags,
    audited as TagCreated, TagChanged, TagDeleted,
    used by conversation_tags.tag_id
);
