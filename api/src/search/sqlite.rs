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
use crate::{
    auth::TeamScope,
    db::{DbError, Moment, UtcTimestamp, Words},
};

/// Up to so many matches are sorted; of more, the newest are found sooner by walking back in time.
const FEW: i64 = 5_000;
/// How far back a walk goes for a term that stands in many conversations, and so will soon be met.
const WALK: i64 = 20_000;
/// How far back it goes for a term that the text index does not know.
const LONGEST_WALK: i64 = 50_000;
/// Of how many teams the conversations are merged; each costs a step for every conversation.
const MERGED: usize = 8;

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
        return walk(conn, wanted, LONGEST_WALK);
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
    let found = walk(conn, wanted, WALK)?;
    let enough = i64::try_from(found.len()).is_ok_and(|found| found >= wanted.limit);
    if enough { Ok(found) } else { sorted(conn, wanted, &matches) }
}

/// Every match, sorted.
fn sorted(conn: &mut SqliteConnection, wanted: &Wanted<'_>, matches: &str) -> Result<Vec<Found>, DbError> {
    let mut query = sql_query(
        "SELECT conversations.id AS id, active_at FROM conversation_texts_index
         CROSS JOIN conversations ON conversations.id = conversation_texts_index.rowid",
    )
    .into_boxed();
    // A phrase of three characters and more is exact; only shorter words have to be looked for in the text itself.
    let exact = wanted.term.is_indexed_whole();
    if !exact {
        query = query
            .sql(" CROSS JOIN conversation_texts ON conversation_texts.conversation_id = conversations.id");
    }
    query = query.sql(" WHERE conversation_texts_index MATCH ").text(matches.to_owned());
    query = of_teams(filtered(query.sql(" AND "), wanted), wanted);
    if !exact {
        query = of_term(query.sql(" AND "), wanted.term);
    }
    let query = query.sql(" ORDER BY active_at DESC, conversations.id DESC LIMIT ");
    Ok(query.number(wanted.limit).load(conn)?)
}

/// The newest conversations, one after the other, until enough of them match. Those of a few teams are merged, each team's
/// from its own part of the index, so that a small team's are not looked for among all others'.
fn walk(conn: &mut SqliteConnection, wanted: &Wanted<'_>, longest: i64) -> Result<Vec<Found>, DbError> {
    let mut newest = sql_query("SELECT newest.id AS id, newest.active_at AS active_at FROM (").into_boxed();
    let of = "SELECT id, active_at FROM conversations WHERE ";
    newest = match wanted.scope {
        TeamScope::Only(teams) if teams.len() <= MERGED => {
            for (place, team) in teams.iter().enumerate() {
                newest = newest.sql(if place == 0 { of.to_owned() } else { format!(" UNION ALL {of}") });
                newest = filtered(newest, wanted).sql(format!(" AND team_id = {team}"));
            }
            newest
        }
        _ => of_teams(filtered(newest.sql(of), wanted), wanted),
    };
    let newest = newest
        .sql(format!(" ORDER BY active_at DESC, id DESC LIMIT {longest}) AS newest"))
        .sql(" CROSS JOIN conversation_texts ON conversation_texts.conversation_id = newest.id WHERE ");
    let found = of_term(newest, wanted.term).sql(" LIMIT ").number(wanted.limit);
    Ok(found.load(conn)?)
}

/// Only the teams that one may see.
fn of_teams<'a>(query: Query<'a>, wanted: &Wanted<'_>) -> Query<'a> {
    match wanted.teams() {
        Some(teams) => query.sql(format!(" AND team_id IN ({teams})")),
        None => query,
    }
}

/// Status, time, and where the page before ended.
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
