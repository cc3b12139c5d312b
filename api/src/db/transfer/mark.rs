//! The progress mark: a table in the target that exists from the start of a move until its end. Each batch of rows
//! commits together with the mark, so that an interrupted move continues with the next row.

use super::{
    TransferError,
    tables::{FILLED_BY_MIGRATIONS, Table},
};
use crate::db::{DbConnection, DbError, text_query::TextQuery};

/// The name of the table.
pub const MARK: &str = "unfinished_move";

/// The progress of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The primary key of the last copied row, as JSON. Empty before the first row.
    pub(super) last_key: String,
    pub(super) copied: u64,
    pub(super) is_complete: bool,
}

impl Mark {
    pub(super) fn key(&self) -> Option<Vec<String>> {
        serde_json::from_str(&self.last_key).ok()
    }
}

/// Refuses a database into which a move is unfinished.
///
/// # Errors
/// `UnfinishedMove`; database errors.
pub(in crate::db) fn refuse_unfinished(conn: &mut DbConnection) -> Result<(), DbError> {
    match source(conn)? {
        Some(source) => Err(DbError::UnfinishedMove(source)),
        None => Ok(()),
    }
}

/// Returns the source of the unfinished move into this database, if there is one.
pub(super) fn source(conn: &mut DbConnection) -> Result<Option<String>, DbError> {
    let exists = match conn {
        DbConnection::Postgres(_) => "SELECT to_regclass({})::text",
        DbConnection::Sqlite(_) => "SELECT name FROM sqlite_schema WHERE name = {}",
    };
    if TextQuery::new(exists).bind(Some(MARK)).value(conn)?.is_none() {
        return Ok(None);
    }
    TextQuery::new("SELECT source FROM unfinished_move LIMIT 1").value(conn)
}

/// Creates the table, with a row for each table to copy, and deletes the row that a new database has.
pub(super) fn create(conn: &mut DbConnection, source: &str, tables: &[Table]) -> Result<(), DbError> {
    conn.transaction(|conn| {
        conn.batch(
            "CREATE TABLE unfinished_move (
                table_name TEXT NOT NULL PRIMARY KEY,
                source TEXT NOT NULL,
                last_key TEXT NOT NULL,
                copied TEXT NOT NULL,
                is_complete TEXT NOT NULL
            )",
        )?;
        conn.batch(&format!("DELETE FROM {FILLED_BY_MIGRATIONS}"))?;
        for table in tables {
            let insert = "INSERT INTO unfinished_move (table_name, source, last_key, copied, is_complete)
                 VALUES ({}, {}, '', '0', 'no')";
            TextQuery::new(insert).bind(Some(table.name)).bind(Some(source)).execute(conn)?;
        }
        Ok(())
    })
}

/// Deletes the table.
pub(super) fn remove(conn: &mut DbConnection) -> Result<(), DbError> {
    conn.batch("DROP TABLE unfinished_move")
}

/// Returns the progress of a table.
pub(super) fn of(conn: &mut DbConnection, table: &Table) -> Result<Mark, DbError> {
    let select = "SELECT last_key, copied, is_complete FROM unfinished_move WHERE table_name = {}";
    let rows = TextQuery::new(select).bind(Some(table.name)).load(conn)?;
    let mut values = rows.into_iter().flatten().map(Option::unwrap_or_default);
    let mut next = || values.next().unwrap_or_default();
    Ok(Mark { last_key: next(), copied: next().parse().unwrap_or_default(), is_complete: next() == "yes" })
}

/// Replaces the progress of a table, if it is still `before`.
pub(super) fn advance(
    conn: &mut DbConnection,
    table: &Table,
    before: &Mark,
    after: &Mark,
) -> Result<(), TransferError> {
    let update = "UPDATE unfinished_move SET last_key = {}, copied = {}, is_complete = {}
         WHERE table_name = {} AND last_key = {} AND is_complete = 'no'";
    let copied = after.copied.to_string();
    let changed = TextQuery::new(update)
        .bind(Some(&after.last_key))
        .bind(Some(&copied))
        .bind(Some(if after.is_complete { "yes" } else { "no" }))
        .bind(Some(table.name))
        .bind(Some(&before.last_key))
        .execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(TransferError::Concurrent) }
}
