//! The tags of conversations in the database.

use std::collections::BTreeSet;

use diesel::{
    backend::Backend,
    dsl::exists,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types,
    sqlite::Sqlite,
};
use serde::{Deserialize, Serialize};
use shared::{
    ids::{ConversationId, TagId, TeamId},
    tag::ConversationTag,
};

use crate::db::{
    DbConnection, DbError, on_each,
    schema::{conversation_tags, conversations},
};

/// The tags of a conversation as JSON: a list of [`PlacedTag`].
#[derive(Clone, Copy, Debug, QueryId)]
pub(crate) struct TagsOfConversation;

impl Expression for TagsOfConversation {
    type SqlType = sql_types::Text;
}
impl<Source> AppearsOnTable<Source> for TagsOfConversation {}
impl<Source> SelectableExpression<Source> for TagsOfConversation {}
impl ValidGrouping<()> for TagsOfConversation {
    type IsAggregate = is_aggregate::Never;
}
impl QueryFragment<Pg> for TagsOfConversation {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        push(out, "coalesce(json_agg(json_build_object(", ")), '[]')::text")
    }
}
impl QueryFragment<Sqlite> for TagsOfConversation {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        push(out, "json_group_array(json_object(", "))")
    }
}

/// Writes the subquery with the database's own functions.
fn push<DB: Backend>(mut out: AstPass<'_, '_, DB>, start: &str, end: &str) -> QueryResult<()> {
    out.push_sql("(SELECT ");
    out.push_sql(start);
    out.push_sql(
        "'id', tags.id, 'name', tags.name, 'colour', tags.colour, 'team', tags.team_id, 'position', tags.position",
    );
    out.push_sql(end);
    out.push_sql(
        " FROM conversation_tags JOIN tags ON tags.id = conversation_tags.tag_id \
         WHERE conversation_tags.conversation_id = conversations.id)",
    );
    Ok(())
}

/// A tag of [`TagsOfConversation`], with its place in the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PlacedTag {
    #[serde(flatten)]
    tag: ConversationTag,
    team: Option<TeamId>,
    position: i32,
}

/// Returns the tags in the order of the catalogue. The database does not sort them, because SQLite would do so in a
/// temporary table for each row.
pub(crate) fn in_order(mut tags: Vec<PlacedTag>) -> Vec<ConversationTag> {
    tags.sort_by_key(|placed| (placed.team.is_none(), placed.position, placed.tag.id));
    tags.into_iter().map(|placed| placed.tag).collect()
}

/// Whether a conversation has a tag, as a part of a larger query.
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn has_tag(tag: i64) -> _ {
    exists(
        conversation_tags::table
            .filter(conversation_tags::conversation_id.eq(conversations::id))
            .filter(conversation_tags::tag_id.eq(tag)),
    )
}

/// Returns the ids of a conversation's tags.
pub(super) fn ids(conn: &mut DbConnection, id: ConversationId) -> Result<BTreeSet<TagId>, DbError> {
    let ids: Vec<i64> = on_each!(conn, |c| conversation_tags::table
        .filter(conversation_tags::conversation_id.eq(id.0))
        .select(conversation_tags::tag_id)
        .load(c))?;
    Ok(ids.into_iter().map(TagId).collect())
}

/// Adds tags to a conversation.
pub(super) fn add(conn: &mut DbConnection, id: ConversationId, tags: &[TagId]) -> Result<(), DbError> {
    if tags.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = tags
        .iter()
        .map(|tag| (conversation_tags::conversation_id.eq(id.0), conversation_tags::tag_id.eq(tag.0)))
        .collect();
    on_each!(conn, |c| diesel::insert_into(conversation_tags::table).values(&rows).execute(c))?;
    Ok(())
}

/// Removes tags from a conversation.
pub(super) fn remove(conn: &mut DbConnection, id: ConversationId, tags: &[TagId]) -> Result<(), DbError> {
    let tags: Vec<i64> = tags.iter().map(|tag| tag.0).collect();
    let rows = conversation_tags::table
        .filter(conversation_tags::conversation_id.eq(id.0))
        .filter(conversation_tags::tag_id.eq_any(tags));
    on_each!(conn, |c| diesel::delete(rows).execute(c))?;
    Ok(())
}
