//! The seam: one connection type for both databases, and the macros that write a statement once for both.
//! Nothing here knows what the desk stores.

use diesel::{
    Connection, ConnectionError, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    r2d2::ManageConnection,
};

use super::{DatabaseUrl, DbError};

/// A connection to whichever database this desk runs on.
#[expect(missing_debug_implementations, reason = "neither connection has one")]
pub enum DbConnection {
    /// A server.
    Postgres(PgConnection),
    /// The embedded file.
    Sqlite(SqliteConnection),
}

/// Runs the same Diesel expression on whichever database it is: `on_each!(conn, |c| query.load(c))`.
macro_rules! on_each {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($c) => $body,
            $crate::db::DbConnection::Sqlite($c) => $body,
        }
    };
}

/// Like [`on_each!`] for a SELECT whose rows the transaction is about to change: PostgreSQL locks them, SQLite has one
/// writer and needs no lock: `for_update!(conn, query, |q, c| q.first(c))`.
macro_rules! for_update {
    ($conn:expr, $query:expr, |$q:ident, $c:ident| $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($c) => {
                let $q = diesel::QueryDsl::for_update($query);
                $body
            }
            $crate::db::DbConnection::Sqlite($c) => {
                let $q = $query;
                $body
            }
        }
    };
}

/// Like [`for_update!`] for a SELECT whose rows must stay until the transaction ends, while others may look at them too.
macro_rules! for_share {
    ($conn:expr, $query:expr, |$q:ident, $c:ident| $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($c) => {
                let $q = diesel::QueryDsl::for_share($query);
                $body
            }
            $crate::db::DbConnection::Sqlite($c) => {
                let $q = $query;
                $body
            }
        }
    };
}

pub(crate) use {for_share, for_update, on_each};

impl DbConnection {
    /// Runs `work` in a transaction (or a savepoint, inside one): all of it, or nothing.
    ///
    /// # Errors
    /// Whatever `work` answers, and faults of the transaction itself.
    pub fn transaction<T, E: From<DbError>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.begin()?;
        match work(self) {
            Ok(value) => {
                self.commit()?;
                Ok(value)
            }
            Err(error) => {
                // What went wrong first says more; a connection that cannot roll back is broken, and is replaced.
                if let Err(fault) = self.roll_back() {
                    tracing::debug!(%fault, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// Lets only one transaction at a time go on that names the same topic; until its end. On SQLite there is only one
    /// writer anyway.
    ///
    /// # Errors
    /// Faults of the database.
    pub fn take_turns(&mut self, topic: &str) -> Result<(), DbError> {
        if let Self::Postgres(conn) = self {
            diesel::sql_query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
                .bind::<diesel::sql_types::Text, _>(topic)
                .execute(conn)?;
        }
        Ok(())
    }

    /// Begins a transaction; on SQLite one that may write from its first statement on, so that it never has to
    /// become one half-way ("database is locked").
    pub(super) fn begin(&mut self) -> Result<(), DbError> {
        match self {
            Self::Postgres(conn) => AnsiTransactionManager::begin_transaction(conn)?,
            Self::Sqlite(conn) => {
                let open =
                    AnsiTransactionManager::transaction_manager_status_mut(conn).transaction_depth()?;
                if open.is_none() {
                    AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE")?;
                } else {
                    AnsiTransactionManager::begin_transaction(conn)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn commit(&mut self) -> Result<(), DbError> {
        Ok(on_each!(self, |conn| AnsiTransactionManager::commit_transaction(conn))?)
    }

    pub(super) fn roll_back(&mut self) -> Result<(), DbError> {
        Ok(on_each!(self, |conn| { AnsiTransactionManager::rollback_transaction(conn) })?)
    }

    /// Whether the transaction that was begun is still open. SQLite ends the whole transaction by itself when the disk
    /// is full, and only refuses a `BEGIN` while there is one.
    pub(super) fn is_in_transaction(&mut self) -> bool {
        self.batch("BEGIN").is_err()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(on_each!(self, |conn| conn.batch_execute(sql))?)
    }
}

/// What a connection of the pool is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

/// Makes connections for the pool.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) url: DatabaseUrl,
    pub(super) purpose: Purpose,
}

impl Connections {
    pub(super) fn establish(&self) -> Result<DbConnection, ConnectionError> {
        let mut conn = match &self.url {
            DatabaseUrl::Postgres(url) => DbConnection::Postgres(PgConnection::establish(url)?),
            DatabaseUrl::Sqlite(path) => {
                DbConnection::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?)
            }
        };
        let settings = match (&self.url, self.purpose) {
            (DatabaseUrl::Postgres(_), _) => "SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8';",
            (DatabaseUrl::Sqlite(_), Purpose::Read) => {
                "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -2000;
                 PRAGMA temp_store = MEMORY;"
            }
            // An answered write has reached the disk: WAL with synchronous = FULL syncs at each commit.
            (DatabaseUrl::Sqlite(_), Purpose::Write) => {
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -8000; PRAGMA temp_store = MEMORY;
                 PRAGMA journal_size_limit = 67108864;"
            }
        };
        conn.batch(settings).map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        Ok(conn)
    }
}

impl ManageConnection for Connections {
    type Connection = DbConnection;
    type Error = ConnectionError;

    fn connect(&self) -> Result<DbConnection, ConnectionError> {
        self.establish()
    }

    fn is_valid(&self, conn: &mut DbConnection) -> Result<(), ConnectionError> {
        conn.batch("SELECT 1").map_err(|error| ConnectionError::BadConnection(error.to_string()))
    }

    fn has_broken(&self, conn: &mut DbConnection) -> bool {
        on_each!(conn, |conn| AnsiTransactionManager::is_broken_transaction_manager(conn))
    }
}
