//! Access to the database through [`Db::read`] and [`Db::write`]. Both take a closure, one per request, and run it on a
//! thread outside the HTTP workers. Only this folder and `search/` distinguish SQLite and PostgreSQL.

pub mod backup;
pub(crate) mod cached;
mod commits;
mod connection;
pub(crate) mod files;
mod lock;
mod migrate;
pub(crate) mod schema;
mod storage;
mod text_query;
pub mod transfer;
mod types;
mod url;
mod writer;

use std::{sync::Arc, time::Duration};

use diesel::r2d2::Pool;
use tokio::sync::Semaphore;

use commits::{Commits, take_noted};
use connection::{Connections, Purpose};
use storage::Storage;
use writer::Writer;

pub use commits::CommitObserver;
pub(crate) use commits::note;
pub use connection::DbConnection;
pub(crate) use connection::{for_share, for_update, on_each};
pub use lock::Lock;
pub use migrate::Migrations;
pub use types::{
    AsText, END_OF_TIME, IsAwake, IsClosed, IsEarlier, IsLive, IsOpen, IsPending, IsScheduled, IsSent,
    IsSnoozed, IsUnassigned, Timestamp, UtcTimestamp,
};
pub use url::{DatabaseUrl, InvalidDatabaseUrl};

use crate::machine::processors;

/// How long a request waits for a connection before it fails as busy.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// A database error.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// A statement failed.
    #[error(transparent)]
    Query(diesel::result::Error),
    /// The database disk is full or failing. The transaction was rolled back.
    #[error("the database disk is full or failing: {0}")]
    Storage(String),
    /// The write queue is full, or no connection became free in time. The client can try again.
    #[error("the database is busy")]
    Busy,
    /// The database cannot be reached.
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
        Self::Query(error)
    }
}

/// Joins the lines of an error message of libpq.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

impl DbError {
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
    pool: Pool<Connections>,
    // One permit for each connection of the pool, so that tasks wait for a permit instead of blocking a thread.
    permits: Arc<Semaphore>,
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
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(CONNECTION_TIMEOUT)
            .build(Connections { url: url.clone(), purpose })
            .map_err(|error| unreachable(&error))?;
        let mut conn = pool.get().map_err(|error| unreachable(&error))?;
        transfer::refuse_unfinished(&mut conn)?;
        drop(conn);
        let permits = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(1)));
        Ok(Self { pool, permits, writer, storage, commits })
    }

    /// Runs `work` on a connection for reading.
    ///
    /// # Errors
    /// The error of `work`; `Busy` when no connection becomes free in time.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        let waited =
            tokio::time::timeout(CONNECTION_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = waited.map_err(|_| DbError::Busy)?.map_err(|_| DbError::Busy)?;
        let (pool, storage) = (self.pool.clone(), Arc::clone(&self.storage));
        tokio::task::spawn_blocking(move || {
            let mut conn = pool.get().map_err(|error| DbError::Unreachable(error.to_string()))?;
            let result = storage.watch(|| work(&mut conn));
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
            Some(writer) => writer.write(work).await,
            None => {
                let commits = self.commits.clone();
                self.read(move |conn| {
                    // A transaction that panicked on this thread may have left some.
                    take_noted();
                    let result = conn.transaction(work);
                    let events = take_noted();
                    if result.is_ok() {
                        commits.tell(&events);
                    }
                    result
                })
                .await
            }
        }
    }

    /// Sets what is told of every commit of this process from now on.
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

    /// Checks that the disk has room. Costs nothing, unless an earlier write found the disk full: then this writes a
    /// probe and deletes it again.
    ///
    /// # Errors
    /// `Storage` while the disk is full.
    pub async fn check_room(&self) -> Result<(), DbError> {
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
