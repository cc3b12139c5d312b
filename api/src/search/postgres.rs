//! Search on PostgreSQL. A term with few matches is looked up in the trigram index (`pg_trgm`); for a frequent term, a
//! scan from the newest conversation backwards soon finds enough matches. The code chooses, not the planner, because
//! the planner's estimates are far off for digits. Statements are not cached, so that each plan is made for its term.

use diesel::{
    PgConnection, RunQueryDsl,
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Text},
};

use shared::conversation::ConversationStatus;

use super::{
    queries::{Found, SearchRequest},
    term::Term,
};
use crate::db::{AsText, DbError, Timestamp, UtcTimestamp};

/// Number of matches from which a backward scan is faster than sorting all matches.
const FREQUENT: i64 = 2_000;
/// Maximum number of conversations scanned for a frequent term.
const SCAN_LIMIT: i64 = 20_000;
/// Maximum number of conversations scanned for a term that the text index does not support.
const UNINDEXED_SCAN_LIMIT: i64 = 50_000;

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// A statement with numbered binds.
struct Statement<'a> {
    query: Query<'a>,
    binds: usize,
}

impl Statement<'_> {
    fn sql(mut self, text: &str) -> Self {
        self.query = self.query.sql(text);
        self
    }

    fn text(mut self, text: String) -> Self {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<Text, _>(text);
        self
    }

    fn number(mut self, number: i64) -> Self {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<BigInt, _>(number);
        self
    }

    fn status(mut self, status: ConversationStatus) -> Self {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<Text, _>(AsText(status));
        self
    }

    fn time(mut self, time: chrono::DateTime<chrono::Utc>) -> Self {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<UtcTimestamp, _>(Timestamp(time));
        self
    }

    /// Adds the conditions for team, status, time and cursor.
    fn filtered(mut self, request: &SearchRequest<'_>) -> Self {
        self = self.sql("active_at >= ").time(request.since);
        if let Some(cursor) = request.after {
            self = self.sql(" AND (active_at, id) < (").time(cursor.at);
            self = self.sql(", ").number(cursor.id.0).sql(")");
        }
        if let Some(teams) = request.teams() {
            self = self.sql(&format!(" AND team_id IN ({teams})"));
        }
        match request.status {
            Some(status) => self.sql(" AND status = ").status(status),
            None => self,
        }
    }

    /// Adds the condition that the text contains every word of one alternative.
    fn of_term(mut self, term: &Term) -> Self {
        for (place, words) in term.alternatives.iter().enumerate() {
            self = self.sql(if place == 0 { "(" } else { " OR " });
            for (place, word) in words.iter().enumerate() {
                let before = if place == 0 { "(text LIKE " } else { " AND text LIKE " };
                self = self.sql(before).text(format!("%{}%", escaped(word)));
            }
            self = self.sql(")");
        }
        self.sql(")")
    }

    /// Adds the order, newest activity first, and the limit.
    fn newest(self, limit: i64) -> Self {
        self.sql(" ORDER BY active_at DESC, id DESC LIMIT ").number(limit)
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Returns the matching conversations, newest activity first.
pub(super) fn find(conn: &mut PgConnection, request: &SearchRequest<'_>) -> Result<Vec<Found>, DbError> {
    if !request.term.is_indexed() {
        return scan(conn, request, UNINDEXED_SCAN_LIMIT);
    }
    let counting = beginning("SELECT count(*) AS count FROM (SELECT 1 FROM conversation_texts WHERE ");
    let counting = counting.of_term(request.term).sql(" LIMIT ").number(FREQUENT).sql(") AS matching");
    let counted: Count = counting.query.get_result(conn)?;
    if counted.count < FREQUENT {
        return sorted(conn, request);
    }
    let found = scan(conn, request, SCAN_LIMIT)?;
    let enough = i64::try_from(found.len()).is_ok_and(|found| found >= request.limit);
    if enough { Ok(found) } else { sorted(conn, request) }
}

fn beginning<'a>(sql: &str) -> Statement<'a> {
    Statement { query: sql_query(sql).into_boxed(), binds: 0 }
}

/// Looks up all matches in the index and sorts them.
fn sorted(conn: &mut PgConnection, request: &SearchRequest<'_>) -> Result<Vec<Found>, DbError> {
    let matching =
        beginning("WITH matching AS MATERIALIZED (SELECT conversation_id FROM conversation_texts WHERE ");
    let found = matching
        .of_term(request.term)
        .sql(") SELECT id, active_at FROM matching JOIN conversations ON id = conversation_id WHERE ")
        .filtered(request);
    Ok(found.newest(request.limit).query.load(conn)?)
}

/// Scans the newest conversations for matches.
fn scan(conn: &mut PgConnection, request: &SearchRequest<'_>, longest: i64) -> Result<Vec<Found>, DbError> {
    let found = beginning("SELECT id, active_at FROM (SELECT id, active_at FROM conversations WHERE ")
        .filtered(request)
        .newest(longest)
        .sql(") AS newest JOIN conversation_texts ON conversation_id = id WHERE ")
        .of_term(request.term);
    Ok(found.newest(request.limit).query.load(conn)?)
}

/// Escapes the special characters of a `LIKE` pattern.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
