//! Two doors to the database: [`Db::read`] and [`Db::write`]. Both take one closure a request and run it off the HTTP
//! workers. This folder is the only place that knows which database it is (with `search/`); it knows no noun.

mod connection;
pub(crate) mod files;
mod migrate;
pub(crate) mod schema;
mod storage;
mod types;
mod url;
mod writer;

use std::{sync::Arc, time::Duration};

use diesel::r2d2::Pool;
use tokio::sync::Semaphore;

use connection::{Connections, Purpose};
use storage::Storage;
use writer::Writer;

pub use connection::DbConnection;
pub(crate) use connection::{for_share, for_update, on_each};
pub use migrate::Migrations;
pub use types::{IsClosed, IsLive, IsOpen, IsPending, IsSent, Moment, UtcTimestamp, Words};
pub use url::DatabaseUrl;

/// How long a request waits for a connection before it is told that the server is busy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What can go wrong between us and the database.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// The statement failed.
    #[error(transparent)]
    Query(diesel::result::Error),
    /// The disk of the database is full, or fails; nothing was kept.
    #[error("the disk of the database is full or fails: {0}")]
    Storage(String),
    /// There is more to do than can be queued; try again.
    #[error("the database has more to do than it can queue")]
    Busy,
    /// The database cannot be reached.
    #[error("the database cannot be reached: {}", in_one_line(.0))]
    Unreachable(String),
    /// The closure panicked; nothing of it was kept.
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

/// libpq explains itself in several lines.
fn in_one_line(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines.join("; ")
}

impl DbError {
    /// Whether a trigger refused to touch a closed conversation.
    #[must_use]
    pub fn is_conversation_closed(&self) -> bool {
        use diesel::result::Error::DatabaseError;
        matches!(self, Self::Query(DatabaseError(_, info)) if info.message().contains("conversation_closed"))
    }

    /// Whether a unique index refused a second one.
    #[must_use]
    pub fn is_duplicate(&self) -> bool {
        use diesel::result::{DatabaseErrorKind::UniqueViolation, Error::DatabaseError};
        matches!(self, Self::Query(DatabaseError(UniqueViolation, _)))
    }
}

/// The desk's database. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Db {
    pool: Pool<Connections>,
    // As many permits as the pool has connections, so that nobody blocks a thread to wait for one.
    permits: Arc<Semaphore>,
    // On SQLite, all writes go through one thread; on PostgreSQL, through the pool.
    writer: Option<Arc<Writer>>,
    // Whether there was room for the last writes.
    storage: Arc<Storage>,
}

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("embedded", &self.writer.is_some()).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database with up to `connections` connections (and, on SQLite, one more that writes). An embedded
    /// file is made when it is not there; its folder too.
    ///
    /// # Errors
    /// When it cannot be reached or opened.
    pub fn open(url: &DatabaseUrl, connections: u32) -> Result<Self, DbError> {
        let unreachable = |error: &dyn std::fmt::Display| DbError::Unreachable(error.to_string());
        let storage = Arc::new(Storage::default());
        let (purpose, writer) = match url {
            DatabaseUrl::Postgres(_) => (Purpose::Write, None),
            DatabaseUrl::Sqlite(path) => {
                files::prepare(path).map_err(|error| unreachable(&error))?;
                // The writer comes first: it turns WAL on.
                (Purpose::Read, Some(Arc::new(Writer::start(url.clone(), Arc::clone(&storage))?)))
            }
        };
        let pool = Pool::builder()
            .max_size(connections)
            .min_idle(Some(1))
            .test_on_check_out(false)
            .connection_timeout(PATIENCE)
            .build(Connections { url: url.clone(), purpose })
            .map_err(|error| unreachable(&error))?;
        let permits = Arc::new(Semaphore::new(usize::try_from(connections).unwrap_or(1)));
        Ok(Self { pool, permits, writer, storage })
    }

    /// Runs `work` on a connection for reading.
    ///
    /// # Errors
    /// What `work` answers; `Busy` when no connection is free in time.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        let waited = tokio::time::timeout(PATIENCE, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = waited.map_err(|_| DbError::Busy)?.map_err(|_| DbError::Busy)?;
        let (pool, storage) = (self.pool.clone(), Arc::clone(&self.storage));
        tokio::task::spawn_blocking(move || {
            let mut conn = pool.get().map_err(|error| DbError::Unreachable(error.to_string()))?;
            let answer = storage.watched(|| work(&mut conn));
            drop(conn);
            drop(permit);
            answer
        })
        .await
        .map_err(|_| DbError::Panicked)?
    }

    /// Runs `work` in a transaction. Once this answers `Ok`, what it wrote survives a power cut.
    ///
    /// # Errors
    /// What `work` answers, and then nothing was written; `Busy` when too much is queued.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        match &self.writer {
            Some(writer) => writer.write(work).await,
            None => self.read(move |conn| conn.transaction(work)).await,
        }
    }

    /// Whether it is an embedded file, which only this machine's processes use.
    #[must_use]
    pub fn is_embedded(&self) -> bool {
        self.writer.is_some()
    }

    /// Whether the database takes what is written; leaves nothing behind.
    ///
    /// # Errors
    /// When it does not.
    pub async fn probe(&self) -> Result<(), DbError> {
        self.write(|conn| conn.batch("CREATE TEMPORARY TABLE probe (n INTEGER); DROP TABLE probe")).await
    }

    /// Whether the database takes what is written, as far as that is known. After a write that found no room, this
    /// writes something and takes it away again; before, it costs nothing.
    ///
    /// # Errors
    /// `Storage` while there is no room.
    pub async fn check_room(&self) -> Result<(), DbError> {
        if self.storage.is_full() {
            self.write(storage::fill).await?;
            self.write(storage::empty).await?;
            self.storage.has_room();
            tracing::info!("the disk of the database has room again");
        }
        Ok(())
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), DbError> {
        self.read(|conn| conn.batch("SELECT 1")).await
    }
}
