//! Search on SQLite: FTS5's trigram index where a term is in few conversations; where it is in many, a walk back in time
//! that soon has enough of them. Never the whole table.

use chrono::{DateTime, Utc};
use diesel::{
    RunQueryDsl, SqliteConnection,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};

use super::{
    queries::{Found, Wanted},
    term::{Term, is_indexed},
};
use crate::db::{DbError, Moment, UtcTimestamp, Words};

/// Up to so many matches are sorted; of more, the newest are found sooner by walking back in time.
const FEW: i64 = 3_000;
/// How far back a walk goes at the most.
const WALK: i64 = 50_000;

type Query<'a> = BoxedSqlQuery<'a, Sqlite, SqlQuery>;

/// Adds values to a statement, each with its place in the text.
trait Binds: Sized {
    fn text(self, text: String) -> Self;
    fn number(self, number: i64) -> Self;
    fn time(self, time: DateTime<Utc>) -> Self;
}

impl Binds for Query<'_> {
    fn text(self, text: String) -> Self {
        self.sql("?").bind::<Text, _>(text)
    }

    fn number(self, number: i64) -> Self {
        self.sql("?").bind::<BigInt, _>(number)
    }

    fn time(self, time: DateTime<Utc>) -> Self {
        self.sql("?").bind::<UtcTimestamp, _>(Moment(time))
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The conversations that match, newest activity first.
pub(super) fn find(conn: &mut SqliteConnection, wanted: &Wanted<'_>) -> Result<Vec<Found>, DbError> {
    if !wanted.term.is_indexed() {
        // Two characters stand in so many numbers and names that the newest are found at once, or are not worth it.
        return walk(conn, wanted);
    }
    let matches = fts(wanted.term);
    let counted: Count = sql_query(
        "SELECT count(*) AS count FROM
         (SELECT 1 FROM conversation_texts_index WHERE conversation_texts_index MATCH ? LIMIT ?)",
    )
    .bind::<Text, _>(&matches)
    .bind::<BigInt, _>(FEW)
    .get_result(conn)?;
    if counted.count < FEW {
        return sorted(conn, wanted, &matches);
    }
    let found = walk(conn, wanted)?;
    let enough = i64::try_from(found.len()).is_ok_and(|found| found >= wanted.limit);
    if enough { Ok(found) } else { sorted(conn, wanted, &matches) }
}

/// Every match, sorted.
fn sorted(conn: &mut SqliteConnection, wanted: &Wanted<'_>, matches: &str) -> Result<Vec<Found>, DbError> {
    let query = sql_query("SELECT conversations.id AS id, active_at
         FROM conversation_texts_index CROSS JOIN conversations ON conversations.id = conversation_texts_index.rowid
         CROSS JOIN conversation_texts ON conversation_texts.conversation_id = conversations.id
         WHERE conversation_texts_index MATCH ")
    .into_boxed()
    .text(matches.to_owned());
    let query = of_term(filtered(query.sql(" AND "), wanted).sql(" AND "), wanted.term);
    let query = query.sql(" ORDER BY active_at DESC, conversations.id DESC LIMIT ");
    Ok(query.number(wanted.limit).load(conn)?)
}

/// The newest conversations, one after the other, until enough of them match.
fn walk(conn: &mut SqliteConnection, wanted: &Wanted<'_>) -> Result<Vec<Found>, DbError> {
    let newest = sql_query(
        "SELECT newest.id AS id, newest.active_at AS active_at FROM
         (SELECT id, active_at FROM conversations WHERE ",
    )
    .into_boxed();
    let newest = filtered(newest, wanted)
        .sql(format!(" ORDER BY active_at DESC, id DESC LIMIT {WALK}) AS newest"))
        .sql(" CROSS JOIN conversation_texts ON conversation_texts.conversation_id = newest.id WHERE ");
    let found = of_term(newest, wanted.term).sql(" LIMIT ").number(wanted.limit);
    Ok(found.load(conn)?)
}

/// Team, status, time, and where the page before ended.
fn filtered<'a>(query: Query<'a>, wanted: &Wanted<'_>) -> Query<'a> {
    let mut query = query.sql("active_at >= ").time(wanted.since);
    if let Some(cursor) = wanted.after {
        query = query
            .sql(" AND (active_at, conversations.id) < (")
            .time(cursor.at)
            .sql(", ")
            .number(cursor.id.0)
            .sql(")");
    }
    if let Some(teams) = wanted.teams() {
        query = query.sql(format!(" AND team_id IN ({teams})"));
    }
    if let Some(status) = wanted.status {
        query = query.sql(" AND status = ?").bind::<Text, _>(Words(status));
    }
    query
}

/// The text holds every word of one of the alternatives.
fn of_term<'a>(mut query: Query<'a>, term: &Term) -> Query<'a> {
    for (place, words) in term.alternatives.iter().enumerate() {
        query = query.sql(if place == 0 { "(" } else { " OR " });
        for (place, word) in words.iter().enumerate() {
            query = query
                .sql(if place == 0 {
                    "(instr(conversation_texts.text, "
                } else {
                    " AND instr(conversation_texts.text, "
                })
                .text(word.clone())
                .sql(") > 0");
        }
        query = query.sql(")");
    }
    query.sql(")")
}

/// The term in FTS5's own words: each as a phrase, so that nothing in it means anything else.
fn fts(term: &Term) -> String {
    let alternative = |words: &Vec<String>| {
        let phrases: Vec<String> = words
            .iter()
            .filter(|word| is_indexed(word))
            .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
            .collect();
        format!("({})", phrases.join(" AND "))
    };
    term.alternatives.iter().map(alternative).collect::<Vec<_>>().join(" OR ")
}
