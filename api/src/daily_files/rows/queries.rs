//! The customers of a file: inserts in batches, reads page by page, deletes in slices.

use diesel::{
    prelude::*,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{BigInt, Text},
    sqlite::Sqlite,
};
use shared::{PhoneNumber, ids::DailyFileId};

use crate::{
    daily_files::row::Row,
    db::{AsText, DbConnection, DbError, on_each, schema::customers},
};

/// Rows per INSERT statement on SQLite. More rows need fewer steps, but binds take longer to look up.
const ROWS_PER_STATEMENT: usize = 50;

/// Stores customers of a file.
pub(in crate::daily_files) fn insert(
    conn: &mut DbConnection,
    id: DailyFileId,
    rows: &[Row],
) -> Result<(), DbError> {
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

/// Returns a page of a file's customers, ordered by number and line, after a position.
pub(in crate::daily_files) fn page(
    conn: &mut DbConnection,
    id: DailyFileId,
    after: Option<&(PhoneNumber, i64)>,
    limit: i64,
) -> Result<Vec<Row>, DbError> {
    let (number, line) = after.map_or(("", i64::MIN), |(number, line)| (number.as_str(), *line));
    let rows: Vec<(AsText<PhoneNumber>, i64, String, String, String)> = on_each!(conn, |c| customers::table
        .filter(customers::daily_file_id.eq(id.0))
        .filter(customers::number.ge(number))
        .filter(customers::number.gt(number).or(customers::line.gt(line)))
        .order((customers::daily_file_id, customers::number, customers::line))
        .limit(limit)
        .select((
            customers::number,
            customers::line,
            customers::reference,
            customers::name,
            customers::key_data
        ))
        .load(c))?;
    Ok(rows
        .into_iter()
        .map(|(AsText(number), line, reference, name, key_data)| Row {
            line,
            number,
            reference,
            name,
            key_data,
        })
        .collect())
}

/// Deletes the first `count` customers of a file. Returns whether there may be more.
pub(in crate::daily_files) fn delete(
    conn: &mut DbConnection,
    id: DailyFileId,
    count: i64,
) -> Result<bool, DbError> {
    let of_file = customers::table.filter(customers::daily_file_id.eq(id.0));
    let last: Option<(String, i64)> = on_each!(conn, |c| of_file
        .order((customers::daily_file_id, customers::number, customers::line))
        .offset(count - 1)
        .limit(1)
        .select((customers::number, customers::line))
        .first(c)
        .optional())?;
    match last {
        Some((number, line)) => {
            let first = of_file
                .filter(customers::number.le(&number))
                .filter(customers::number.lt(&number).or(customers::line.le(line)));
            on_each!(conn, |c| diesel::delete(first).execute(c))?;
            Ok(true)
        }
        None => {
            on_each!(conn, |c| diesel::delete(of_file).execute(c))?;
            Ok(false)
        }
    }
}
