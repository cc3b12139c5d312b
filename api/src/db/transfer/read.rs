//! Reads a table in the order of its primary key, page by page.

use super::{columns::Column, tables::Table};
use crate::db::{
    DbConnection, DbError,
    text_query::{TextQuery, TextRow},
};

/// The statements that read a table.
#[derive(Debug)]
pub(super) struct Reader {
    first: String,
    next: String,
}

impl Reader {
    /// Prepares to read pages of this many rows.
    pub(super) fn new(conn: &DbConnection, table: &Table, rows: usize) -> Self {
        let keys = table.key_columns();
        let columns: Vec<String> = table.columns.iter().map(|column| column.read(conn)).collect();
        // With the table, because the name alone is also that of the column as a text.
        let names: Vec<String> =
            keys.iter().map(|key| format!("\"{}\".\"{}\"", table.name, key.name)).collect();
        let places: Vec<String> = keys.iter().map(|key: &Column| key.write(conn, "{}")).collect();
        let select = format!("SELECT {} FROM \"{}\"", columns.join(", "), table.name);
        let order = format!("ORDER BY {} LIMIT {rows}", names.join(", "));
        Self {
            first: format!("{select} {order}"),
            next: format!("{select} WHERE ({}) > ({}) {order}", names.join(", "), places.join(", ")),
        }
    }

    /// Returns the page after this primary key, or the first page.
    pub(super) fn page(
        &self,
        conn: &mut DbConnection,
        after: Option<&[String]>,
    ) -> Result<Vec<TextRow>, DbError> {
        match after {
            None => TextQuery::new(&self.first).load(conn),
            Some(key) => {
                key.iter().fold(TextQuery::new(&self.next), |query, value| query.bind(Some(value))).load(conn)
            }
        }
    }
}

/// Counts the rows of a table.
pub(in crate::db) fn count(conn: &mut DbConnection, table: &str) -> Result<u64, DbError> {
    let count = TextQuery::new(&format!("SELECT CAST(count(*) AS TEXT) FROM \"{table}\"")).value(conn)?;
    Ok(count.and_then(|count| count.parse().ok()).unwrap_or_default())
}

/// Returns the names of all tables.
pub(in crate::db) fn table_names(conn: &mut DbConnection) -> Result<Vec<String>, DbError> {
    let select = match conn {
        DbConnection::Postgres(_) => {
            "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1"
        }
        DbConnection::Sqlite(_) => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY 1"
        }
    };
    let rows = TextQuery::new(select).load(conn)?;
    Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}
