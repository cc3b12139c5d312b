//! Search on PostgreSQL: the planner knows how often three characters occur (`pg_trgm`), and chooses between the text
//! index and a walk back in time by itself. The statement is never cached, so that it sees the term.

use diesel::{
    PgConnection, RunQueryDsl,
    pg::Pg,
    query_builder::{BoxedSqlQuery, SqlQuery},
    sql_query,
    sql_types::{BigInt, Text},
};

use shared::conversation::ConversationStatus;

use super::queries::{Found, Wanted};
use crate::db::{DbError, Moment, UtcTimestamp, Words};

/// How far back a walk goes for a term that the text index does not know.
const WALK: i64 = 50_000;

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
}

/// The conversations that match, newest activity first.
pub(super) fn find(conn: &mut PgConnection, wanted: &Wanted<'_>) -> Result<Vec<Found>, DbError> {
    let query =
        sql_query("SELECT id, active_at FROM (SELECT id, active_at FROM conversations WHERE active_at >= ");
    let mut statement = Statement { query: query.into_boxed(), binds: 0 }.time(wanted.since);
    if let Some(cursor) = wanted.after {
        statement = statement.sql(" AND (active_at, id) < (").time(cursor.at);
        statement = statement.sql(", ").number(cursor.id.0).sql(")");
    }
    if let Some(teams) = wanted.teams() {
        statement = statement.sql(&format!(" AND team_id IN ({teams})"));
    }
    if let Some(status) = wanted.status {
        statement = statement.sql(" AND status = ").status(status);
    }
    if !wanted.term.is_indexed() {
        statement = statement.sql(&format!(" ORDER BY active_at DESC, id DESC LIMIT {WALK}"));
    }
    statement = statement
        .sql(") AS found JOIN conversation_texts ON conversation_texts.conversation_id = found.id WHERE ");
    for (place, words) in wanted.term.alternatives.iter().enumerate() {
        statement = statement.sql(if place == 0 { "(" } else { " OR " });
        for (place, word) in words.iter().enumerate() {
            let before = if place == 0 { "(text LIKE " } else { " AND text LIKE " };
            statement = statement.sql(before).text(format!("%{}%", escaped(word)));
        }
        statement = statement.sql(")");
    }
    let statement = statement.sql(") ORDER BY active_at DESC, id DESC LIMIT ");
    Ok(statement.number(wanted.limit).query.load(conn)?)
}

/// The text, with what means something in a pattern standing for itself.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
