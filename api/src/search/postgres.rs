//! Search on PostgreSQL: the trigram index (`pg_trgm`) where a term is in few conversations; where it is in many, a walk
//! back in time that soon has enough of them. It is not left to the planner, which guesses how many match and is far off
//! for digits. No statement is cached, so that it sees the term.

use diesel::{
    PgConnection, RunQueryDsl,
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Text},
};

use shared::conversation::ConversationStatus;

use super::{
    queries::{Found, Wanted},
    term::Term,
};
use crate::db::{DbError, Moment, UtcTimestamp, Words};

/// Up to so many matches are sorted; of more, the newest are found sooner by walking back in time.
const FEW: i64 = 2_000;
/// How far back a walk goes for a term that stands in many conversations, and so will soon be met.
const WALK: i64 = 20_000;
/// How far back it goes for a term that the text index does not know.
const LONGEST_WALK: i64 = 50_000;

type Query<'a> = BoxedSqlQuery<'a, Pg, SqlQuery>;

/// Adds binds to a statement, which PostgreSQL numbers.
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
        self.query = self.query.sql(format!("${}", self.binds)).bind::<Text, _>(Words(status));
        self
    }

    fn time(mut self, time: chrono::DateTime<chrono::Utc>) -> Self {
        self.binds += 1;
        self.query = self.query.sql(format!("${}", self.binds)).bind::<UtcTimestamp, _>(Moment(time));
        self
    }

    /// Team, status, time, and where the page before ended.
    fn filtered(mut self, wanted: &Wanted<'_>) -> Self {
        self = self.sql("active_at >= ").time(wanted.since);
        if let Some(cursor) = wanted.after {
            self = self.sql(" AND (active_at, id) < (").time(cursor.at);
            self = self.sql(", ").number(cursor.id.0).sql(")");
        }
        if let Some(teams) = wanted.teams() {
            self = self.sql(&format!(" AND team_id IN ({teams})"));
        }
        match wanted.status {
            Some(status) => self.sql(" AND status = ").status(status),
            None => self,
        }
    }

    /// The text holds every word of one of the alternatives.
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

    /// The newest of what was selected.
    fn newest(self, limit: i64) -> Self {
        self.sql(" ORDER BY active_at DESC, id DESC LIMIT ").number(limit)
    }
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// The conversations that match, newest activity first.
pub(super) fn find(conn: &mut PgConnection, wanted: &Wanted<'_>) -> Result<Vec<Found>, DbError> {
    if !wanted.term.is_indexed() {
        return walk(conn, wanted, LONGEST_WALK);
    }
    let counting = beginning("SELECT count(*) AS count FROM (SELECT 1 FROM conversation_texts WHERE ");
    let counting = counting.of_term(wanted.term).sql(" LIMIT ").number(FEW).sql(") AS matching");
    let counted: Count = counting.query.get_result(conn)?;
    if counted.count < FEW {
        return sorted(conn, wanted);
    }
    let found = walk(conn, wanted, WALK)?;
    let enough = i64::try_from(found.len()).is_ok_and(|found| found >= wanted.limit);
    if enough { Ok(found) } else { sorted(conn, wanted) }
}

fn beginning<'a>(sql: &str) -> Statement<'a> {
    Statement { query: sql_query(sql).into_boxed(), binds: 0 }
}

/// Every match, sorted.
fn sorted(conn: &mut PgConnection, wanted: &Wanted<'_>) -> Result<Vec<Found>, DbError> {
    let matching =
        beginning("WITH matching AS MATERIALIZED (SELECT conversation_id FROM conversation_texts WHERE ");
    let found = matching
        .of_term(wanted.term)
        .sql(") SELECT id, active_at FROM matching JOIN conversations ON id = conversation_id WHERE ")
        .filtered(wanted);
    Ok(found.newest(wanted.limit).query.load(conn)?)
}

/// The newest conversations, until enough of them match.
fn walk(conn: &mut PgConnection, wanted: &Wanted<'_>, longest: i64) -> Result<Vec<Found>, DbError> {
    let found = beginning("SELECT id, active_at FROM (SELECT id, active_at FROM conversations WHERE ")
        .filtered(wanted)
        .newest(longest)
        .sql(") AS newest JOIN conversation_texts ON conversation_id = id WHERE ")
        .of_term(wanted.term);
    Ok(found.newest(wanted.limit).query.load(conn)?)
}

/// The text, with what means something in a pattern standing for itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
