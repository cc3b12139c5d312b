//! Checks that a file is a complete database of SMS Chat.

use std::path::Path;

use super::{
    BackupError,
    files::{self, Access},
};
use crate::db::{
    DbConnection, DbError,
    migrate::SchemaState,
    text_query::TextQuery,
    transfer::{MARK, copied, count, table_names},
};

/// What was found in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The size of the file.
    pub bytes: u64,
    /// The newest migration.
    pub schema: String,
    /// Number of migrations that the next start of the server runs.
    pub pending: usize,
    /// The tables with the number of their rows.
    pub tables: Vec<(&'static str, u64)>,
}

impl Verified {
    /// Returns the number of all rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.tables.iter().map(|(_, rows)| rows).sum()
    }
}

/// Verifies a file, which errors call `name`.
pub(super) fn verify(path: &Path, name: &str) -> Result<Verified, BackupError> {
    let unreadable = |error| BackupError::Unreadable(name.to_owned(), error);
    if !files::is_sqlite(path).map_err(unreadable)? {
        return Err(BackupError::NotSqlite(name.to_owned()));
    }
    let bytes = std::fs::metadata(path).map_err(unreadable)?.len();
    let damaged = |error: DbError| BackupError::Damaged(name.to_owned(), error.to_string());
    let mut conn = files::open(path, Access::Immutable).map_err(damaged)?;
    let found = integrity(&mut conn).map_err(damaged)?;
    if let Some(problem) = found {
        return Err(BackupError::Damaged(name.to_owned(), problem));
    }
    let state = SchemaState::of(&mut conn).map_err(damaged)?;
    let Some(schema) = state.newest else { return Err(BackupError::NotOurs(name.to_owned())) };
    if state.unknown.is_some() {
        return Err(BackupError::Newer(name.to_owned()));
    }
    let existing = table_names(&mut conn).map_err(damaged)?;
    if existing.iter().any(|table| table == MARK) {
        return Err(BackupError::UnfinishedMove(name.to_owned()));
    }
    let select = "SELECT \"table\" FROM pragma_foreign_key_check";
    let broken = TextQuery::new(select).load(&mut conn).map_err(damaged)?;
    if let Some(table) = broken.first().and_then(|row| row.first().cloned().flatten()) {
        return Err(BackupError::BrokenReferences(name.to_owned(), broken.len(), table));
    }
    let known = copied().into_iter().filter(|table| existing.iter().any(|name| name == table.name));
    let counted = known.map(|table| Ok((table.name, count(&mut conn, table.name)?)));
    let tables = counted.collect::<Result<_, DbError>>().map_err(damaged)?;
    Ok(Verified { bytes, schema, pending: state.pending, tables })
}

/// Returns the first problem that SQLite finds.
fn integrity(conn: &mut DbConnection) -> Result<Option<String>, DbError> {
    let found = TextQuery::new("SELECT integrity_check FROM pragma_integrity_check").value(conn)?;
    Ok(found.filter(|result| result != "ok"))
}
