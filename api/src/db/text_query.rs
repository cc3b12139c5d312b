//! Statements that are built at run time, whose values and columns are texts. For the commands that handle whole tables;
//! requests use Diesel's types.

use diesel::{
    QueryResult, QueryableByName, RunQueryDsl,
    backend::Backend,
    deserialize::{self, FromSql},
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::Error::QueryBuilderError,
    row::{NamedRow, Row},
    serialize::ToSql,
    sql_types::{HasSqlType, Nullable, Text, Untyped},
};

use super::{DbConnection, DbError, connection::on_each};

/// A row: the text of each column, in the order of the statement. `None` stands for NULL.
pub(super) type TextRow = Vec<Option<String>>;

/// A statement with `{}` for each value. It is prepared once for each connection.
#[derive(Clone, Debug)]
pub(super) struct TextQuery<'a> {
    sql: &'a str,
    values: Vec<Option<&'a str>>,
}

impl<'a> TextQuery<'a> {
    pub(super) fn new(sql: &'a str) -> Self {
        Self { sql, values: Vec::new() }
    }

    /// Adds the value of the next place.
    pub(super) fn bind(mut self, value: Option<&'a str>) -> Self {
        self.values.push(value);
        self
    }

    /// Returns the rows. Every column must be a text.
    pub(super) fn load(self, conn: &mut DbConnection) -> Result<Vec<TextRow>, DbError> {
        let rows: Vec<LoadedRow> = on_each!(conn, |c| RunQueryDsl::load(self, c))?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Returns the first column of the first row, if it is not NULL.
    pub(super) fn value(self, conn: &mut DbConnection) -> Result<Option<String>, DbError> {
        Ok(self.load(conn)?.into_iter().next().and_then(|row| row.into_iter().next().flatten()))
    }

    /// Executes the statement and returns the number of changed rows.
    pub(super) fn execute(self, conn: &mut DbConnection) -> Result<usize, DbError> {
        Ok(on_each!(conn, |c| RunQueryDsl::execute(self, c))?)
    }
}

impl<DB> QueryFragment<DB> for TextQuery<'_>
where
    DB: Backend + HasSqlType<Text>,
    for<'v> Option<&'v str>: ToSql<Nullable<Text>, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let mut texts = self.sql.split("{}");
        out.push_sql(texts.next().unwrap_or_default());
        for value in &self.values {
            let text = texts.next().ok_or_else(|| QueryBuilderError("more values than places".into()))?;
            out.push_bind_param::<Nullable<Text>, _>(value)?;
            out.push_sql(text);
        }
        match texts.next() {
            Some(_) => Err(QueryBuilderError("fewer values than places".into())),
            None => Ok(()),
        }
    }
}

impl QueryId for TextQuery<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for TextQuery<'_> {
    type SqlType = Untyped;
}

impl<C> RunQueryDsl<C> for TextQuery<'_> {}

struct LoadedRow(TextRow);

impl<DB: Backend> QueryableByName<DB> for LoadedRow
where
    String: FromSql<Text, DB>,
{
    fn build<'a>(row: &impl NamedRow<'a, DB>) -> deserialize::Result<Self> {
        let column = |place| Row::get_value::<Nullable<Text>, Option<String>, usize>(row, place);
        (0..row.field_count()).map(column).collect::<Result<_, _>>().map(Self)
    }
}
