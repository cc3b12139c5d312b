//! Tells a full or failing disk from other faults of the database, and remembers it until a write has shown that there is
//! room again.
//!
//! SQLite says so with `SQLITE_FULL` or `SQLITE_IOERR`, PostgreSQL with SQLSTATE 53100. Diesel passes on neither code, only
//! the message, so the message decides.

use std::{
    cell::Cell,
    sync::atomic::{AtomicBool, Ordering},
};

use diesel::{prelude::*, result::Error};

use super::{DbConnection, DbError, connection::on_each, schema::storage_probe};

/// What the databases write when there is no room: `SQLITE_FULL`, `SQLITE_IOERR`, and `ENOSPC` as PostgreSQL reports it.
const MESSAGES: [&str; 5] = [
    "database or disk is full",
    "disk I/O error",
    "No space left on device",
    "could not extend file",
    "Disk quota exceeded",
];
/// How much the probe writes: more than a burst of messages, and more than what a database keeps allocated.
const PROBE_BYTES: usize = 256 * 1024;

thread_local! {
    // Set where a fault of Diesel becomes one of ours, which happens on the thread that runs the statement.
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// Whether the fault says that the disk is full, or fails.
pub(super) fn is_storage_fault(error: &Error) -> bool {
    match error {
        Error::DatabaseError(_, information) => {
            MESSAGES.iter().any(|message| information.message().contains(message))
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => is_storage_fault(commit_error),
        _ => false,
    }
}

/// Notes that the statement which has just failed found no room.
pub(super) fn note_fault() {
    SEEN.set(true);
}

/// Whether a statement has found no room since the watch on this thread began.
pub(super) fn is_fault_noted() -> bool {
    SEEN.get()
}

/// Whether the disk was full when last written to.
#[derive(Debug, Default)]
pub(super) struct Storage {
    full: AtomicBool,
}

impl Storage {
    /// Runs `work`, and remembers when a statement in it found no room.
    pub(super) fn watched<T>(&self, work: impl FnOnce() -> T) -> T {
        SEEN.set(false);
        let outcome = work();
        if SEEN.take() {
            self.full.store(true, Ordering::Relaxed);
        }
        outcome
    }

    pub(super) fn is_full(&self) -> bool {
        self.full.load(Ordering::Relaxed)
    }

    /// A probe has been stored.
    pub(super) fn has_room(&self) {
        self.full.store(false, Ordering::Relaxed);
    }
}

/// Writes what only fits when there is room.
pub(super) fn fill(conn: &mut DbConnection) -> Result<(), DbError> {
    // Random, so that nothing can compress it.
    let filler: Vec<u8> = (0..PROBE_BYTES / 8).flat_map(|_| rand::random::<u64>().to_le_bytes()).collect();
    let row = (storage_probe::id.eq(rand::random::<i64>()), storage_probe::filler.eq(filler));
    on_each!(conn, |c| diesel::insert_into(storage_probe::table).values(row).execute(c))?;
    Ok(())
}

/// Takes away what [`fill`] wrote, here or in a process that has ended since.
pub(super) fn empty(conn: &mut DbConnection) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(storage_probe::table).execute(c))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{DatabaseUrl, Db};
    use super::*;

    /// The ids that are stored.
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
    async fn of_a_group_that_a_full_disk_breaks_exactly_what_was_answered_is_stored() {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&DatabaseUrl::Sqlite(folder.path().join("desk.db")), 1).unwrap();
        let limited = "CREATE TABLE kept (id INTEGER PRIMARY KEY, filler BLOB); PRAGMA max_page_count = 60;
             CREATE TABLE storage_probe (id INTEGER PRIMARY KEY, filler BLOB NOT NULL)";
        db.write(|conn| conn.batch(limited)).await.unwrap();

        // The writer is held, in a group of its own, until the others wait together.
        let (release, held) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel::<()>();
        let holding = tokio::spawn({
            let db = db.clone();
            async move {
                let hold = move |_: &mut DbConnection| {
                    let _ = begin.send(());
                    Ok::<_, DbError>(held.recv())
                };
                db.write(hold).await
            }
        });
        begun.await.unwrap();
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
        let mut answered = Vec::new();
        for (id, write) in (0..).zip(writes) {
            match write.await.unwrap() {
                Ok(()) => answered.push(id),
                Err(error) => assert!(matches!(error, DbError::Storage(_)), "{id}: {error}"),
            }
        }
        assert_eq!(
            answered,
            [5, 6, 7, 8, 9],
            "what ran before in the same transaction was lost, and says so"
        );
        assert_eq!(stored(&db).await, answered);

        assert!(db.storage.is_full());
        db.check_room().await.unwrap();
        assert!(!db.storage.is_full());
        db.write(|conn| conn.batch("INSERT INTO kept VALUES (10, zeroblob(1000000))")).await.unwrap();
        assert_eq!(stored(&db).await, [5, 6, 7, 8, 9, 10]);
    }
}
