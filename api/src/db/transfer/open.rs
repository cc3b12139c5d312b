//! Opens the source and the target of a move, and checks that they can be used.

use std::{thread, time::Duration};

use super::{
    TransferError, mark,
    read::{count, table_names},
    tables::{self, FILLED_BY_MIGRATIONS, LEFT_OUT, REBUILT, TEXT_INDEX, Table},
};
use crate::db::{
    DatabaseUrl, DbConnection, DbError, Migrations,
    connection::{Connections, Purpose},
    files,
    migrate::SchemaState,
    text_query::TextQuery,
};

/// How often, and after which time, a move looks again whether others use the database: PostgreSQL lists a connection for
/// a moment after its end.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);

/// Opens the source for reading. What other programs write later is not seen.
pub(super) fn source(url: &DatabaseUrl) -> Result<DbConnection, TransferError> {
    let shown = url.to_string();
    if is_missing(url) {
        return Err(TransferError::NoSource(shown));
    }
    let mut conn = connect(url, Purpose::MoveFrom)?;
    let state = schema(&mut conn, &shown)?;
    if state.newest.is_none() {
        return Err(TransferError::NotOurs(shown));
    }
    if state.pending > 0 {
        return Err(TransferError::Older(shown));
    }
    if mark::source(&mut conn)?.is_some() {
        return Err(TransferError::UnfinishedSource(shown));
    }
    if let DbConnection::Postgres(_) = conn {
        conn.batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
    }
    Ok(conn)
}

/// Opens the target and creates its schema, or continues the unfinished move from this source.
pub(super) fn target(
    url: &DatabaseUrl,
    source: &str,
    tables: &[Table],
) -> Result<DbConnection, TransferError> {
    if let DatabaseUrl::Sqlite(path) = url {
        let unreachable = |error: std::io::Error| DbError::Unreachable(error.to_string());
        files::prepare(path).map_err(unreachable)?;
    }
    let mut conn = connect(url, Purpose::MoveTo)?;
    if is_continued(&mut conn, url, source)? {
        return Ok(conn);
    }
    let mut migrations = Migrations::on_connection(conn);
    migrations.run()?;
    let mut conn = migrations.into_connection();
    mark::create(&mut conn, source, tables)?;
    Ok(conn)
}

/// Checks whether the target can be used, without changing it. Returns its connection if it exists and the move would
/// continue.
pub(super) fn inspect_target(url: &DatabaseUrl, source: &str) -> Result<Option<DbConnection>, TransferError> {
    if is_missing(url) {
        return Ok(None);
    }
    let mut conn = connect(url, Purpose::MoveFrom)?;
    Ok(is_continued(&mut conn, url, source)?.then_some(conn))
}

/// Returns a name of the database that stays the same however it is addressed.
pub(super) fn identity(conn: &mut DbConnection, url: &DatabaseUrl) -> Result<String, TransferError> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let path = path.canonicalize().unwrap_or_else(|_| path.clone());
            Ok(format!("sqlite://{}", path.display()))
        }
        DatabaseUrl::Postgres(_) => {
            let select = "SELECT datname || ' (PostgreSQL, ' || oid || ')' FROM pg_database
                 WHERE datname = current_database()";
            Ok(TextQuery::new(select).value(conn)?.unwrap_or_default())
        }
    }
}

/// Whether the target has an unfinished move from this source. Refuses a target that is neither this nor empty.
fn is_continued(conn: &mut DbConnection, url: &DatabaseUrl, source: &str) -> Result<bool, TransferError> {
    let shown = url.to_string();
    let state = schema(conn, &shown)?;
    match mark::source(conn)? {
        Some(known) if known != source => {
            return Err(TransferError::OtherSource { url: shown, source_url: known });
        }
        Some(_) if state.pending > 0 => return Err(TransferError::OtherVersion(shown)),
        Some(_) => return Ok(true),
        None => {}
    }
    let copied = tables::copied();
    for table in table_names(conn)? {
        let is_copied = copied.iter().any(|known| known.name == table);
        if !is_copied && !REBUILT.contains(&table.as_str()) {
            if LEFT_OUT.contains(&table.as_str()) || table.starts_with(TEXT_INDEX) {
                continue;
            }
            return Err(TransferError::OtherTable { url: shown, table });
        }
        if table != FILLED_BY_MIGRATIONS && count(conn, &table)? > 0 {
            return Err(TransferError::NotEmpty { url: shown, table });
        }
    }
    Ok(false)
}

fn is_missing(url: &DatabaseUrl) -> bool {
    matches!(url, DatabaseUrl::Sqlite(path) if !path.exists())
}

/// Reads the state of the schema, and refuses one that is newer than this program.
fn schema(conn: &mut DbConnection, shown: &str) -> Result<SchemaState, TransferError> {
    let state = SchemaState::of(conn)?;
    match state {
        SchemaState { newest: Some(_), unknown: Some(_), .. } => Err(TransferError::Newer(shown.to_owned())),
        state => Ok(state),
    }
}

/// Refuses a source on PostgreSQL that other programs use, or have changed since this move began to read it. The lock on a
/// SQLite file excludes them.
pub(super) fn refuse_changed_source(
    source: &mut DbConnection,
    url: &DatabaseUrl,
) -> Result<(), TransferError> {
    const NEWEST: &str = "SELECT max(id)::text FROM events";
    if let DbConnection::Sqlite(_) = source {
        return Ok(());
    }
    let own = TextQuery::new("SELECT pg_backend_pid()::text").value(source)?.unwrap_or_default();
    // The source's own connection still sees what it saw at the beginning.
    let mut conn = establish(url, Purpose::MoveFrom)?;
    wait_for_others(&mut conn, url, &own)?;
    // Every commit of a server adds an event.
    if TextQuery::new(NEWEST).value(source)? != TextQuery::new(NEWEST).value(&mut conn)? {
        return Err(TransferError::Changed(url.to_string()));
    }
    Ok(())
}

/// Connects, if no other program uses the database.
fn connect(url: &DatabaseUrl, purpose: Purpose) -> Result<DbConnection, TransferError> {
    let mut conn = establish(url, purpose)?;
    wait_for_others(&mut conn, url, "")?;
    Ok(conn)
}

fn establish(url: &DatabaseUrl, purpose: Purpose) -> Result<DbConnection, TransferError> {
    let connections = Connections { url: url.clone(), purpose };
    let mut conn = connections.establish().map_err(|error| {
        let error = error.to_string();
        if [DbError::Busy.to_string().as_str(), "database is locked"].iter().any(|part| error.contains(part))
        {
            return TransferError::InUse(url.to_string());
        }
        TransferError::Unreachable(url.to_string(), DbError::Unreachable(error))
    })?;
    if let DbConnection::Postgres(_) = conn {
        // One of the two databases waits for the other, and a large table takes minutes.
        conn.batch(
            "SET idle_in_transaction_session_timeout = 0; SET statement_timeout = 0; SET lock_timeout = 0",
        )?;
    }
    Ok(conn)
}

/// Refuses a database that others use. `own` is the process of another connection of this move.
fn wait_for_others(conn: &mut DbConnection, url: &DatabaseUrl, own: &str) -> Result<(), TransferError> {
    let mut looks = 0;
    while is_used_by_others(conn, own)? {
        looks += 1;
        if looks == LOOKS {
            return Err(TransferError::InUse(url.to_string()));
        }
        thread::sleep(BETWEEN_LOOKS);
    }
    Ok(())
}

/// Whether other programs are connected to PostgreSQL, under any name. The lock on a SQLite file excludes them.
fn is_used_by_others(conn: &mut DbConnection, own: &str) -> Result<bool, DbError> {
    if let DbConnection::Sqlite(_) = conn {
        return Ok(false);
    }
    // PostgreSQL hides the type of other users' connections. Its own processes have no user.
    let others = "SELECT pid::text FROM pg_stat_activity WHERE datname = current_database()
         AND coalesce(backend_type, 'client backend') = 'client backend' AND usesysid IS NOT NULL
         AND pid <> pg_backend_pid() AND pid::text <> {} LIMIT 1";
    Ok(TextQuery::new(others).bind(Some(own)).value(conn)?.is_some())
}
