//! Statements whose text never changes, and which are therefore prepared once for each connection. Diesel prepares every
//! UPDATE and `sql_query` again at each use: SQLite then parses and plans it, and PostgreSQL needs a second round trip.

use std::marker::PhantomData;

use diesel::{
    Connection, QueryResult, RunQueryDsl,
    backend::Backend,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error::QueryBuilderError,
};

/// A statement with a fixed text. Its type identifies the prepared statement, so each statement is a type of its own.
pub(crate) trait FixedSql: Sized + 'static {
    /// The SQL types of the returned columns; `()` for a statement that returns none.
    type Row;
    /// The statement, with `{}` for each value. A value can also be a part of the statement that Diesel writes, such as
    /// an INSERT with a fixed list of columns.
    const SQL: &'static str;

    /// Executes the statement and returns the number of changed rows.
    fn execute<C: Connection>(conn: &mut C, values: &[&dyn QueryFragment<C::Backend>]) -> QueryResult<usize> {
        RunQueryDsl::execute(Cached::<Self, C::Backend>::new(values), conn)
    }
}

/// A [`FixedSql`] with its values, to be loaded like any other query.
pub(crate) struct Cached<'a, S, DB: Backend> {
    values: &'a [&'a dyn QueryFragment<DB>],
    statement: PhantomData<S>,
}

impl<'a, S: FixedSql, DB: Backend> Cached<'a, S, DB> {
    /// Fills the values in, in the order of their places.
    pub(crate) fn new(values: &'a [&'a dyn QueryFragment<DB>]) -> Self {
        Self { values, statement: PhantomData }
    }
}

impl<S: FixedSql, DB: Backend> QueryFragment<DB> for Cached<'_, S, DB> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut texts = S::SQL.split("{}");
        out.push_sql(texts.next().unwrap_or_default());
        for value in self.values {
            let text = texts.next().ok_or_else(|| QueryBuilderError("more values than places".into()))?;
            value.walk_ast(out.reborrow())?;
            out.push_sql(text);
        }
        match texts.next() {
            Some(_) => Err(QueryBuilderError("fewer values than places".into())),
            None => Ok(()),
        }
    }
}

impl<S: FixedSql, DB: Backend> QueryId for Cached<'_, S, DB> {
    type QueryId = S;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<S: FixedSql, DB: Backend> Query for Cached<'_, S, DB> {
    type SqlType = S::Row;
}

impl<S, DB: Backend, C> RunQueryDsl<C> for Cached<'_, S, DB> {}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, PoisonError};

    use diesel::{
        IntoSql, SqliteConnection,
        connection::{InstrumentationEvent, SimpleConnection},
        sql_types::BigInt,
    };

    use super::*;

    struct Raise;
    impl FixedSql for Raise {
        type Row = ();
        const SQL: &'static str = "UPDATE counters SET n = n + {} WHERE id = {}";
    }

    #[test]
    fn an_update_is_prepared_once() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.batch_execute(
            "CREATE TABLE counters (id INTEGER, n INTEGER); INSERT INTO counters VALUES (7, 0)",
        )
        .unwrap();
        let prepared = Arc::new(Mutex::new(0));
        let counter = Arc::clone(&prepared);
        conn.set_instrumentation(move |event: InstrumentationEvent<'_>| {
            if let InstrumentationEvent::CacheQuery { .. } = event {
                *counter.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            }
        });
        for by in [1_i64, 2, 3] {
            let id = 7_i64.into_sql::<BigInt>();
            assert_eq!(Raise::execute(&mut conn, &[&by.into_sql::<BigInt>(), &id]), Ok(1));
        }
        assert_eq!(*prepared.lock().unwrap(), 1);
        assert_eq!(
            diesel::select(diesel::dsl::sql::<BigInt>("(SELECT n FROM counters)")).first(&mut conn),
            Ok(6_i64)
        );
    }

    /// SQLite plans a statement with a bound LIMIT again at each use, unless it is compiled with this option.
    #[test]
    fn sqlite_plans_a_prepared_statement_once() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let option = "(SELECT count(*) FROM pragma_compile_options WHERE compile_options = 'ENABLE_QPSG')";
        let count = diesel::dsl::sql::<BigInt>(option);
        assert_eq!(diesel::select(count).first(&mut conn), Ok(1_i64));
    }

    #[test]
    fn a_wrong_number_of_values_is_an_error() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let value = 1_i64.into_sql::<BigInt>();
        assert!(matches!(Raise::execute(&mut conn, &[&value]), Err(QueryBuilderError(_))));
        assert!(matches!(Raise::execute(&mut conn, &[&value, &value, &value]), Err(QueryBuilderError(_))));
    }
}
