//! Stores the customers and the rejected rows of a file.

use diesel::{
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use shared::{daily_file::RejectedRow, ids::DailyFileId};

use crate::{
    daily_files::parse::Row,
    db::{
        DbConnection, DbError, on_each,
        schema::{customers, rejected_rows},
    },
};

/// Rows per INSERT statement on SQLite. More rows need fewer steps, but binds take longer to look up.
const ROWS_PER_STATEMENT: usize = 50;

/// Stores customers of a file.
pub(super) fn insert(conn: &mut DbConnection, id: DailyFileId, rows: &[Row]) -> Result<(), DbError> {
    match conn {
        DbConnection::Sqlite(conn) => {
            let mut chunks = rows.chunks_exact(ROWS_PER_STATEMENT);
            for rows in chunks.by_ref() {
                Insert::<ROWS_PER_STATEMENT> { file: id.0, rows }.execute(conn)?;
            }
            for row in chunks.remainder() {
                Insert::<1> { file: id.0, rows: std::slice::from_ref(row) }.execute(conn)?;
            }
        }
        DbConnection::Postgres(conn) => {
            let rows: Vec<_> = rows
                .iter()
                .map(|row| {
                    (
                        customers::daily_file_id.eq(id.0),
                        customers::number.eq(row.number.as_str()),
                        customers::line.eq(row.line),
                        customers::reference.eq(&row.reference),
                        customers::name.eq(&row.name),
                        customers::key_data.eq(&row.key_data),
                    )
                })
                .collect();
            diesel::copy_from(customers::table).from_insertable(rows).execute(conn)?;
        }
    }
    Ok(())
}

/// `N` rows in one statement that SQLite prepares once. Diesel builds its own batch inserts anew each time, which takes
/// longer than the insert itself.
struct Insert<'a, const N: usize> {
    file: i64,
    rows: &'a [Row],
}

impl<const N: usize> QueryId for Insert<'_, N> {
    type QueryId = Insert<'static, N>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl<const N: usize> RunQueryDsl<SqliteConnection> for Insert<'_, N> {}

impl<const N: usize> QueryFragment<Sqlite> for Insert<'_, N> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        debug_assert_eq!(self.rows.len(), N);
        out.push_sql("INSERT INTO customers (daily_file_id, number, line, ref, name, key_data) VALUES ");
        for (place, row) in self.rows.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            out.push_bind_param::<BigInt, _>(&self.file)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(row.number.as_str())?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&row.line)?;
            for text in [&row.reference, &row.name, &row.key_data] {
                out.push_sql(", ");
                out.push_bind_param::<Text, _>(text)?;
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

/// Stores rejected rows of a file.
pub(super) fn insert_rejected(
    conn: &mut DbConnection,
    id: DailyFileId,
    rows: &[RejectedRow],
) -> Result<(), DbError> {
    for row in rows {
        let values = (
            rejected_rows::daily_file_id.eq(id.0),
            rejected_rows::line.eq(row.line),
            rejected_rows::column_name.eq(row.column.as_deref()),
            rejected_rows::value.eq(&row.value),
            rejected_rows::reason.eq(&row.reason),
        );
        on_each!(conn, |c| diesel::insert_into(rejected_rows::table).values(values).execute(c))?;
    }
    Ok(())
}
