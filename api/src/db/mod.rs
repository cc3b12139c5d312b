//! Access to the database through [`Db::read`] and [`Db::write`]. Both take a closure, one per request, and run it on a
//! thread outside the HTTP workers. Only this folder and `search/` distinguish SQLite and PostgreSQL.

pub mod backup;
pub(crate) mod cached;
mod commits;
mod connection;
mod fault;
pub(crate) mod files;
mod lock;
mod migrate;
mod pool;
pub(crate) mod schema;
mod storage;
mod text_query;
pub mod transfer;
mod types;
mod url;
mod writer;

use std::sync::Arc;

use commits::{Commits, take_noted};
use connection::{Connections, Purpose};
use pool::Pool;
use storage::Storage;
use writer::Writer;

pub use commits::CommitObserver;
pub(crate) use commits::{after_commit, note};
pub use connection::DbConnection;
pub(crate) use connection::{for_share, for_update, locking, on_each};
pub use lock::Lock;
pub use migrate::Migrations;
pub use types::{
    AsText, END_OF_TIME, HasCampaignRowData, IsAwake, IsClosed, IsDeliveryPending, IsEarlier, IsLive, IsOpen,
    IsPending, IsPendingBefore, IsRunning, IsScheduled, IsSent, IsSnoozed, IsUnassigned, Timestamp,
    UtcTimestamp,
};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

use crate::{machine::processors, request_id::carried};

/// A database error.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error(transparent)]
    Query(diesel::result::Error),
    /// The database disk is full or failing. The transaction was rolled back.
    #[error("the database disk is full or failing: {0}")]
    Storage(String),
    /// The write queue is full, no connection became free in time, or a statement waited too long. The client can try
    /// again.
    #[error("the database is busy")]
    Busy,
    /// A newer version of this program has migrated the database.
    #[error(
        "the database was migrated by a newer version of sms-chat (migration {0}); start that version or a newer one"
    )]
    NewerSchema(String),
    /// The database cannot be reached, the connection was lost, or the database only reads.
    #[error("the database cannot be reached: {}", in_one_line(.0))]
    Unreachable(String),
    /// The database was not filled completely.
    #[error(
        "the move from {0} into this database is unfinished, so nothing else may use it; \
         run the same sms-chat move again to finish it"
    )]
    UnfinishedMove(String),
    /// The closure panicked. The transaction was rolled back.
    #[error("a database closure panicked")]
    Panicked,
}

impl From<diesel::result::Error> for DbError {
    fn from(error: diesel::result::Error) -> Self {
        if storage::is_storage_fault(&error) {
            storage::note_fault();
            return Self::Storage(error.to_string());
        }
        fault::passing(&error).unwrap_or(Self::Query(error))
    }
}

/// Joins the lines of an error message of libpq.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

impl DbError {
    /// Whether the database cannot be reached, which the pool logs once.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }

    /// Whether a trigger refused to change a closed conversation.
    #[must_use]
    pub fn is_conversation_closed(&self) -> bool {
        use diesel::result::Error::DatabaseError;
        matches!(self, Self::Query(DatabaseError(_, info)) if info.message().contains("conversation_closed"))
    }

    /// Whether a unique index refused a duplicate.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error::DatabaseError};
        matches!(self, Self::Query(DatabaseError(UniqueViolation, _)))
    }
}

/// The database. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Db {
    pool: Pool,
    // The thread for all writes on SQLite. `None` on PostgreSQL, which writes through the pool.
    writer: Option<Arc<Writer>>,
    // Whether the last write found the disk full.
    storage: Arc<Storage>,
    commits: Commits,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("embedded", &self.writer.is_some()).finish_non_exhaustive()
    }
}

/// Maximum number of connections that read from SQLite. Reading keeps a processor busy, so that more would only use
/// more memory.
fn most_readers() -> u32 {
    u32::try_from(2 * processors()).unwrap_or(u32::MAX)
}

impl Db {
    /// Opens the database with up to `connections` connections: on SQLite at most two for each processor, and one more for
    /// writes. Creates a missing SQLite file and its folder.
    ///
    /// # Errors
    /// When it cannot be reached or opened.
    pub fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, DbError> {
        let unreachable = |error: &dyn std::fmt::Display| DbError::Unreachable(error.to_string());
        let (storage, commits) = (Arc::new(Storage::default()), Commits::default());
        let (connections, purpose, writer) = match url {
            DatabaseUrl::Postgres(_) => (connections, Purpose::Write, None),
            DatabaseUrl::Sqlite(path) => {
                files::prepare(path).map_err(|error| unreachable(&error))?;
                // Starts the writer before the readers, because it turns WAL on.
                let writer = Writer::start(url.clone(), Arc::clone(&storage), commits.clone())?;
                (connections.min(most_readers()), Purpose::Read, Some(Arc::new(writer)))
            }
        };
        let pool = Pool::open(Connections { url: url.clone(), purpose }, connections)?;
        let mut conn = pool.get()?;
        transfer::refuse_unfinished(&mut conn)?;
        Ok(Self { pool, writer, storage, commits })
    }

    /// Runs `work` on a connection for reading.
    ///
    /// # Errors
    /// The error of `work`; `Busy` when no connection becomes free in time, and `Unreachable` at once while there is
    /// none.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        let permit = self.pool.permit().await?;
        let (pool, storage, work) = (self.pool.clone(), Arc::clone(&self.storage), carried(work));
        tokio::task::spawn_blocking(move || {
            let mut conn = pool.get()?;
            let (result, is_lost) = fault::watch(|| storage.watch(|| work(&mut conn)));
            conn.is_lost |= is_lost;
            drop(conn);
            drop(permit);
            result
        })
        .await
        .map_err(|_| DbError::Panicked)?
    }

    /// Runs `work` in a transaction. Once this returns `Ok`, the changes survive a power cut.
    ///
    /// # Errors
    /// The error of `work`, after a rollback; `Busy` when the queue is full.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(carried(work)).await,
            None => {
                let commits = self.commits.clone();
                self.read(move |conn| {
                    // A transaction that panicked on this thread may have left some.
                    take_noted();
                    let result = conn.transaction(work);
                    let noted = take_noted();
                    if result.is_ok() {
                        commits.tell(noted);
                    }
                    result
                })
                .await
            }
        }
    }

    /// Sets the observer of every commit of this process from now on.
    pub fn observe_commits(&self, observer: Arc<dyn CommitObserver>) {
        self.commits.observe(observer);
    }

    /// Whether the database is a SQLite file, which only processes on this machine use.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.writer.is_some()
    }

    /// Checks that the database accepts writes, with a temporary table.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> Result<(), DbError> {
        self.write(|conn| conn.batch("CREATE TEMPORARY TABLE probe (n INTEGER); DROP TABLE probe")).await
    }

    /// Checks that the database takes writes. On PostgreSQL, asks whether it only reads, as a standby does. If an earlier
    /// write found the disk full, this writes a probe and deletes it again.
    ///
    /// # Errors
    /// `Storage` while the disk is full, `Unreachable` while the database only reads.
    pub async fn check_writable(&self) -> Result<(), DbError> {
        if !self.is_embedded() {
            self.read(|conn| if conn.is_read_only()? { Err(fault::read_only()) } else { Ok(()) }).await?;
        }
        if self.storage.is_full() {
            self.write(storage::write_probe).await?;
            self.write(storage::delete_probe).await?;
            self.storage.mark_room();
            tracing::info!("the database disk has room again");
        }
        Ok(())
    }

    /// Checks that the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(|conn| conn.batch("SELECT 1")).await
    }
}
