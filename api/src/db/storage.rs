//! Recognises a full or failing disk among the database errors, and remembers it until a later write shows that there
//! is room again.
//!
//! SQLite reports `SQLITE_FULL` or `SQLITE_IOERR`, PostgreSQL SQLSTATE 53100. Diesel exposes only the error message and
//! neither code, so this module matches the message.

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
};

use diesel::{prelude::*, result::Error};

use super::{DbConnection, DbError, connection::on_each, schema::storage_probe};

/// Parts of the error messages for `SQLITE_FULL`, `SQLITE_IOERR`, and for `ENOSPC` as PostgreSQL reports it.
const MESSAGES: [&str; 5] = [
    "database or disk is full",
    "disk I/O error",
    "No space left on device",
    "could not extend file",
    "Disk quota exceeded",
];
/// Size of the probe: larger than a burst of messages, and larger than the space that a database preallocates.
const PROBE_BYTES: usize = 256 * 1024;

thread_local! {
    // Set when a Diesel error is converted to a `DbError`, which happens on the thread that ran the statement.
    static FAULT_NOTED: Cell<bool> = const { Cell::new(false) };
}

/// Whether the error means that the disk is full or failing.
pub(super) fn is_storage_fault(error: &Error) -> bool {
    match error {
        Error::DatabaseError(_, information) => {
            MESSAGES.iter().any(|message| information.message().contains(message))
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => is_storage_fault(commit_error),
        _ => false,
    }
}

/// Records that a statement on this thread found the disk full.
pub(super) fn note_fault() {
    FAULT_NOTED.set(true);
}

/// Whether a statement on this thread has found the disk full since [`Storage::watch`] began.
pub(super) fn is_fault_noted() -> bool {
    FAULT_NOTED.get()
}

/// Remembers whether the disk was full at the last write.
#[derive(Debug, Default)]
pub(super) struct Storage {
    full: AtomicBool,
}

impl Storage {
    /// Runs `work`, and remembers if one of its statements found the disk full.
    pub(super) fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        FAULT_NOTED.set(false);
        let outcome = work();
        if FAULT_NOTED.take() {
            self.full.store(true, Ordering::Relaxed);
        }
        outcome
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// Records that the probe was stored.
    pub(super) fn mark_room(&self) {
        self.full.store(false, Ordering::Relaxed);
    }
}

/// Writes a probe, which fails while the disk is full.
pub(super) fn write_probe(conn: &mut DbConnection) -> Result<(), DbError> {
    // Random, so that a file system cannot compress it.
    let filler: Vec<u8> = (0..PROBE_BYTES / 8).flat_map(|_| rand::random::<u64>().to_le_bytes()).collect();
    let row = (storage_probe::id.eq(rand::random::<i64>()), storage_probe::filler.eq(filler));
    on_each!(conn, |c| diesel::insert_into(storage_probe::table).values(row).execute(c))?;
    Ok(())
}

/// Deletes all probes, also those that a terminated process left behind.
pub(super) fn delete_probe(conn: &mut DbConnection) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(storage_probe::table).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{DatabaseUrl, Db};
    use super::*;

    /// Returns the stored ids.
    async fn stored(db: &Db) -> Vec<i64> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            id: i64,
        }
        let rows = db.read(|conn| {
            let query = diesel::sql_query("SELECT id FROM kept ORDER BY id");
            Ok::<Vec<Row>, DbError>(on_each!(conn, |c| query.load(c))?)
        });
        rows.await.unwrap().into_iter().map(|row| row.id).collect()
    }

    /// SQLite ends the whole transaction when a page does not fit, not only the statement.
    #[tokio::test(flavor = "current_thread")]
    async fn a_full_disk_loses_no_acknowledged_write_of_a_group() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("desk.db")), 1).unwrap();
        let limited = "CREATE TABLE kept (id INTEGER PRIMARY KEY, filler BLOB); PRAGMA max_page_count = 60;
             CREATE TABLE storage_probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)";
        db.write(|conn| conn.batch(limited)).await.unwrap();

        // Blocks the writer in a group of its own, so that the other writes form one group.
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (start, started) = tokio::sync::oneshot::channel::<()>();
        let holding = tokio::spawn({
            let db = db.clone();
            async move {
                let hold = move |_: &mut DbConnection| {
                    let _ = start.send(());
                    Ok::<_, DbError>(held.recv())
                };
                db.write(hold).await
            }
        });
        started.await.unwrap();
        let writes: Vec<_> = (0..10)
            .map(|id| {
                let (db, bytes) = (db.clone(), if id == 4 { 1_000_000 } else { 10 });
                let insert = format!("INSERT INTO kept VALUES ({id}, zeroblob({bytes}))");
                tokio::spawn(async move { db.write(move |conn| conn.batch(&insert)).await })
            })
            .collect();
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        release.send(()).unwrap();
        holding.await.unwrap().unwrap().unwrap();
        let mut acknowledged = Vec::new();
        for (id, write) in (0..).zip(writes) {
            match write.await.unwrap() {
                Ok(()) => acknowledged.push(id),
                Err(error) => assert!(matches!(error, DbError::Storage(_)), "{id}: {error}"),
            }
        }
        assert_eq!(
            acknowledged,
            [5, 6, 7, 8, 9],
            "the earlier writes of the same transaction are lost, and fail"
        );
        assert_eq!(stored(&db).await, acknowledged);

        assert!(db.storage.is_full());
        db.check_writable().await.unwrap();
        assert!(!db.storage.is_full());
        db.write(|conn| conn.batch("INSERT INTO kept VALUES (10, zeroblob(1000000))")).await.unwrap();
        assert_eq!(stored(&db).await, [5, 6, 7, 8, 9, 10]);
    }
}
