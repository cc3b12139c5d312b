//! Search in the database: runs the statements of [`super::dialect`], loads the conversations that they find, and folds
//! stored texts again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    backend::Backend,
    dsl::max,
    pg::Pg,
    prelude::*,
    query_builder::{BoxedSqlQuery, SqlQuery},
    serialize::ToSql,
    sql_query,
    sql_types::{BigInt, HasSqlType, Text},
    sqlite::Sqlite,
};
use shared::{
    CustomerAddress,
    conversation::{Conversation, ConversationStatus},
};

use super::{
    dialect::{self, Dialect},
    request::SearchRequest,
    statement::{Statement, Value},
};
use crate::{
    auth::TeamScope,
    conversations::{
        queries::Row,
        search_text::{VERSION, text_of},
        tags::queries::has_tag,
    },
    db::{
        AsText, DbConnection, DbError, Timestamp, UtcTimestamp, on_each,
        schema::{conversation_texts, conversations, search_folding},
    },
};

/// A matching conversation, and the time of its last activity.
#[derive(Debug, QueryableByName)]
pub(super) struct Found {
    #[diesel(sql_type = BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = UtcTimestamp)]
    pub(super) active_at: Timestamp,
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

#[derive(QueryableByName)]
struct SampledText {
    #[diesel(sql_type = Text)]
    text: String,
}

/// Runs a statement. Statements are not cached, so that PostgreSQL makes each plan for its term.
fn load<T>(conn: &mut DbConnection, statement: Statement) -> Result<Vec<T>, DbError>
where
    T: QueryableByName<Sqlite> + QueryableByName<Pg> + 'static,
{
    Ok(match conn {
        DbConnection::Sqlite(conn) => bound::<Sqlite>(statement).load(conn)?,
        DbConnection::Postgres(conn) => bound::<Pg>(statement).load(conn)?,
    })
}

fn bound<DB>(statement: Statement) -> BoxedSqlQuery<'static, DB, SqlQuery>
where
    DB: Backend + HasSqlType<Text> + HasSqlType<BigInt> + HasSqlType<UtcTimestamp>,
    String: ToSql<Text, DB>,
    i64: ToSql<BigInt, DB>,
    Timestamp: ToSql<UtcTimestamp, DB>,
    AsText<ConversationStatus>: ToSql<Text, DB>,
{
    statement.values.into_iter().fold(sql_query(statement.sql).into_boxed(), |query, value| match value {
        Value::Text(text) => query.bind::<Text, _>(text),
        Value::Number(number) => query.bind::<BigInt, _>(number),
        Value::Time(time) => query.bind::<UtcTimestamp, _>(Timestamp(time)),
        Value::Status(status) => query.bind::<Text, _>(AsText(status)),
    })
}

impl Dialect {
    pub(super) fn of(conn: &DbConnection) -> Self {
        match conn {
            DbConnection::Sqlite(_) => Self::Sqlite,
            DbConnection::Postgres(_) => Self::Postgres,
        }
    }
}

/// Runs a statement that selects conversations.
pub(super) fn found(conn: &mut DbConnection, statement: Statement) -> Result<Vec<Found>, DbError> {
    load(conn, statement)
}

/// Runs a statement that selects ids of conversations.
pub(super) fn ids(conn: &mut DbConnection, statement: Statement) -> Result<Vec<i64>, DbError> {
    Ok(load(conn, statement)?.into_iter().map(|Id { id }| id).collect())
}

/// Returns search texts spread over all conversations, or none if there are few.
pub(super) fn sample(conn: &mut DbConnection) -> Result<Vec<String>, DbError> {
    let texts: Vec<SampledText> = load(conn, dialect::sample())?;
    Ok(texts.into_iter().map(|sampled| sampled.text).collect())
}

/// Returns the highest id of a conversation with a search text.
pub(super) fn last_id(conn: &mut DbConnection) -> Result<Option<i64>, DbError> {
    Ok(on_each!(conn, |c| conversation_texts::table
        .select(max(conversation_texts::conversation_id))
        .first(c))?)
}

/// Returns the conversations with one of these numbers, newest activity first, each with that time.
pub(super) fn with_numbers(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
    numbers: &[String],
) -> Result<Vec<(Conversation, DateTime<Utc>)>, DbError> {
    let rows: Vec<(Row, Timestamp)> = on_each!(conn, |c| {
        let mut found = conversations::table
            .filter(conversations::number.eq_any(numbers))
            .filter(conversations::active_at.ge(Timestamp(request.since)))
            .order((conversations::active_at.desc(), conversations::id.desc()))
            .limit(request.limit)
            .select((Row::as_select(), conversations::active_at))
            .into_boxed();
        if let TeamScope::Only(teams) = request.scope {
            // SQLite has no statistics. Without the sum, it can prefer to read all conversations of the teams.
            found = found.filter((conversations::team_id + 0).eq_any(teams.iter().map(|team| team.0)));
        }
        if let Some(status) = request.status {
            found = found.filter(conversations::status.eq(AsText(status)));
        }
        if let Some(tag) = request.tag {
            found = found.filter(has_tag(tag.0));
        }
        if let Some(cursor) = request.after {
            let at = Timestamp(cursor.at);
            let tied = conversations::active_at.eq(at).and(conversations::id.lt(cursor.id.0));
            found = found.filter(conversations::active_at.lt(at).or(tied));
        }
        found.load(c)
    })?;
    Ok(rows.into_iter().map(|(row, Timestamp(at))| (row.into(), at)).collect())
}

/// Loads conversations in the order of the search.
pub(super) fn conversations(
    conn: &mut DbConnection,
    found: Vec<Found>,
) -> Result<Vec<(Conversation, DateTime<Utc>)>, DbError> {
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::id.eq_any(&ids))
        .select(Row::as_select())
        .load(c))?;
    let mut rows: HashMap<i64, Conversation> =
        rows.into_iter().map(Conversation::from).map(|row| (row.id.0, row)).collect();
    let in_order = found.into_iter().filter_map(|found| Some((rows.remove(&found.id)?, found.active_at.0)));
    Ok(in_order.collect())
}

/// Conversations per slice of refolding. SQLite has one writer, so other writes wait for a slice.
const SLICE: i64 = 500;

/// The result of a slice of refolding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refolding {
    /// More conversations may follow.
    Continues,
    /// This was the last slice.
    Finished,
    /// No refolding was needed.
    UpToDate,
}

/// Folds the texts of the next slice of conversations again, and records the progress.
pub(super) fn refold_slice(conn: &mut DbConnection) -> Result<Refolding, DbError> {
    type Columns = (i64, AsText<CustomerAddress>, Option<String>, Option<String>, String);
    let (version, before): (i64, Option<i64>) = on_each!(conn, |c| search_folding::table
        .select((search_folding::version, search_folding::before_id))
        .first(c))?;
    let before = match before {
        None if version == VERSION => return Ok(Refolding::UpToDate),
        Some(before) if version == VERSION => before,
        _ => i64::MAX,
    };
    let rows: Vec<Columns> = on_each!(conn, |c| conversations::table
        .inner_join(conversation_texts::table.on(conversation_texts::conversation_id.eq(conversations::id)))
        .filter(conversations::id.lt(before))
        .order(conversations::id.desc())
        .limit(SLICE)
        .select((
            conversations::id,
            conversations::number,
            conversations::reference,
            conversations::name,
            conversation_texts::text,
        ))
        .load(c))?;
    let next = rows.last().map(|row| row.0);
    for (id, AsText(number), reference, name, stored) in rows {
        let text = text_of(&number, reference.as_deref(), name.as_deref());
        if text != stored {
            // A text that another replica has changed since is already folded by the new rules.
            on_each!(conn, |c| diesel::update(conversation_texts::table.find(id))
                .filter(conversation_texts::text.eq(stored))
                .set(conversation_texts::text.eq(text))
                .execute(c))?;
        }
    }
    let progress = (search_folding::version.eq(VERSION), search_folding::before_id.eq(next));
    on_each!(conn, |c| diesel::update(search_folding::table).set(progress).execute(c))?;
    Ok(if next.is_some() { Refolding::Continues } else { Refolding::Finished })
}
