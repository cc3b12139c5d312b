//! Search on SQLite. A term with few matches is looked up in FTS5's trigram index; for a frequent term, a scan from the
//! newest conversation backwards soon finds enough matches. Scans are limited, so that they do not read the whole
//! table.

use chrono::{DateTime, Utc};
use diesel::{
    RunQueryDsl, SqliteConnection,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};

use super::{
    queries::{Found, SearchRequest},
    term::{Term, is_indexed},
};
use crate::{
    auth::TeamScope,
    db::{AsText, DbError, Timestamp, UtcTimestamp},
};

/// Number of matches from which a backward scan is faster than sorting all matches.
const FREQUENT: i64 = 5_000;
/// Maximum number of conversations scanned for a frequent term.
const SCAN_LIMIT: i64 = 20_000;
/// Maximum number of conversations scanned for a term that the text index does not support.
const UNINDEXED_SCAN_LIMIT: i64 = 50_000;
/// Maximum number of teams whose conversations are merged from their own index ranges. Each team adds a step for every
/// conversation.
const MAX_MERGED_TEAMS: usize = 8;

type Query<'a> = BoxedSqlQuery<'a, Sqlite, SqlQuery>;

/// Adds a placeholder and its value to a statement.
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
        self.sql("?").bind::<UtcTimestamp, _>(Timestamp(time))
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Returns the matching conversations, newest activity first.
pub(super) fn find(conn: &mut SqliteConnection, request: &SearchRequest<'_>) -> Result<Vec<Found>, DbError> {
    if !request.term.is_indexed() {
        // Two characters occur in so many numbers and names that a scan of the newest conversations is enough.
        return scan(conn, request, UNINDEXED_SCAN_LIMIT);
    }
    let matches = fts(request.term);
    let counted: Count = sql_query(
        "SELECT count(*) AS count FROM
         (SELECT 1 FROM conversation_texts_index WHERE conversation_texts_index MATCH ? LIMIT ?)",
    )
    .bind::<Text, _>(&matches)
    .bind::<BigInt, _>(FREQUENT)
    .get_result(conn)?;
    if counted.count < FREQUENT {
        return sorted(conn, request, &matches);
    }
    let found = scan(conn, request, SCAN_LIMIT)?;
    let enough = i64::try_from(found.len()).is_ok_and(|found| found >= request.limit);
    if enough { Ok(found) } else { sorted(conn, request, &matches) }
}

/// Looks up all matches in the index and sorts them.
fn sorted(
    conn: &mut SqliteConnection,
    request: &SearchRequest<'_>,
    matches: &str,
) -> Result<Vec<Found>, DbError> {
    let mut query = sql_query(
        "SELECT conversations.id AS id, active_at FROM conversation_texts_index
         CROSS JOIN conversations ON conversations.id = conversation_texts_index.rowid",
    )
    .into_boxed();
    // The index matches phrases of three or more characters exactly. Shorter words are searched in the text itself.
    let exact = request.term.is_indexed_whole();
    if !exact {
        query = query
            .sql(" CROSS JOIN conversation_texts ON conversation_texts.conversation_id = conversations.id");
    }
    query = query.sql(" WHERE conversation_texts_index MATCH ").text(matches.to_owned());
    query = of_teams(filtered(query.sql(" AND "), request), request);
    if !exact {
        query = of_term(query.sql(" AND "), request.term);
    }
    let query = query.sql(" ORDER BY active_at DESC, conversations.id DESC LIMIT ");
    Ok(query.number(request.limit).load(conn)?)
}

/// Scans the newest conversations, until enough of them match. For a few teams, merges each team's own range of the
/// index, so that the scan for a small team does not read the conversations of all others.
fn scan(
    conn: &mut SqliteConnection,
    request: &SearchRequest<'_>,
    longest: i64,
) -> Result<Vec<Found>, DbError> {
    let mut newest = sql_query("SELECT newest.id AS id, newest.active_at AS active_at FROM (").into_boxed();
    let of = "SELECT id, active_at FROM conversations WHERE ";
    newest = match request.scope {
        TeamScope::Only(teams) if teams.len() <= MAX_MERGED_TEAMS => {
            for (place, team) in teams.iter().enumerate() {
                newest = newest.sql(if place == 0 { of.to_owned() } else { format!(" UNION ALL {of}") });
                newest = filtered(newest, request).sql(format!(" AND team_id = {team}"));
            }
            newest
        }
        _ => of_teams(filtered(newest.sql(of), request), request),
    };
    let newest = newest
        .sql(format!(" ORDER BY active_at DESC, id DESC LIMIT {longest}) AS newest"))
        .sql(" CROSS JOIN conversation_texts ON conversation_texts.conversation_id = newest.id WHERE ");
    let found = of_term(newest, request.term).sql(" LIMIT ").number(request.limit);
    Ok(found.load(conn)?)
}

/// Adds the condition for teams.
fn of_teams<'a>(query: Query<'a>, request: &SearchRequest<'_>) -> Query<'a> {
    match request.teams() {
        Some(teams) => query.sql(format!(" AND team_id IN ({teams})")),
        None => query,
    }
}

/// Adds the conditions for status, time and cursor.
fn filtered<'a>(query: Query<'a>, request: &SearchRequest<'_>) -> Query<'a> {
    let mut query = query.sql("active_at >= ").time(request.since);
    if let Some(cursor) = request.after {
        query = query
            .sql(" AND (active_at, conversations.id) < (")
            .time(cursor.at)
            .sql(", ")
            .number(cursor.id.0)
            .sql(")");
    }
    if let Some(status) = request.status {
        query = query.sql(" AND status = ?").bind::<Text, _>(AsText(status));
    }
    query
}

/// Adds the condition that the text contains every word of one alternative.
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

/// Returns the term as an FTS5 query, with each word quoted as a phrase, so that it contains no operators.
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
