//! The abstraction over both databases: one connection type, and macros that run the same Diesel expression on either.

use diesel::{
    Connection, ConnectionError, IntoSql, PgConnection, RunQueryDsl, SqliteConnection,
    connection::{AnsiTransactionManager, SimpleConnection, TransactionManager},
    dsl::sql,
    sql_types::Text,
};

use super::{DatabaseUrl, DbError, Lock, cached::FixedSql, url::with_time_limits};

/// A connection to the configured database.
#[expect(missing_debug_implementations, reason = "neither connection has one")]
pub enum DbConnection {
    /// A connection to a PostgreSQL server.
    Postgres(PgConnection),
    /// A connection to the SQLite file.
    Sqlite(SqliteConnection),
}

/// Runs a Diesel expression on the connection's database: `on_each!(conn, |c| query.load(c))`.
macro_rules! on_each {
    ($conn:expr, |$c:ident| $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($c) => $body,
            $crate::db::DbConnection::Sqlite($c) => $body,
        }
    };
}

/// Like [`on_each!`] for a SELECT whose rows PostgreSQL locks until the transaction ends:
/// `locking!(for_key_share, conn, query, |q, c| q.first(c))`. SQLite has only one writer and needs no lock.
///
/// - `for_no_key_update`: the transaction will change the rows; others can still add rows that refer to them.
/// - `for_key_share`: the rows cannot be deleted.
macro_rules! locking {
    ($lock:ident, $conn:expr, $query:expr, |$q:ident, $c:ident| $body:expr) => {
        match $conn {
            $crate::db::DbConnection::Postgres($c) => {
                let $q = diesel::QueryDsl::$lock($query);
                $body
            }
            $crate::db::DbConnection::Sqlite($c) => {
                let $q = $query;
                $body
            }
        }
    };
}

/// [`locking!`] for rows that the transaction will change or delete (`FOR UPDATE`).
macro_rules! for_update {
    ($conn:expr, $query:expr, |$q:ident, $c:ident| $body:expr) => {
        $crate::db::locking!(for_update, $conn, $query, |$q, $c| $body)
    };
}

/// [`locking!`] for rows that must not change; other transactions can lock them the same way (`FOR SHARE`).
macro_rules! for_share {
    ($conn:expr, $query:expr, |$q:ident, $c:ident| $body:expr) => {
        $crate::db::locking!(for_share, $conn, $query, |$q, $c| $body)
    };
}

pub(crate) use {for_share, for_update, locking, on_each};

struct AdvisoryLock;
impl FixedSql for AdvisoryLock {
    type Row = ();
    const SQL: &'static str = "SELECT pg_advisory_xact_lock(hashtextextended({}, 0))";
}

impl DbConnection {
    /// Runs `work` in a transaction, or in a savepoint inside one. Rolls back if `work` fails.
    ///
    /// # Errors
    /// The error of `work` or of the transaction.
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
                // Returns the first error. The pool replaces a connection that cannot roll back.
                if let Err(fault) = self.roll_back() {
                    tracing::debug!(%fault, "a transaction could not be rolled back");
                }
                Err(error)
            }
        }
    }

    /// Takes an advisory lock until the transaction ends (PostgreSQL). SQLite has only one writer and needs no lock.
    ///
    /// # Errors
    /// Database errors.
    pub fn advisory_lock(&mut self, lock: Lock<'_>) -> Result<(), DbError> {
        if let Self::Postgres(conn) = self {
            AdvisoryLock::execute(conn, &[&lock.to_string().into_sql::<Text>()])?;
        }
        Ok(())
    }

    /// Whether transactions of this connection cannot write, on PostgreSQL.
    pub(super) fn is_read_only(&mut self) -> Result<bool, DbError> {
        let Self::Postgres(conn) = self else { return Ok(false) };
        let setting = sql::<Text>("current_setting('transaction_read_only')");
        Ok(diesel::select(setting).get_result::<String>(conn)? == "on")
    }

    /// Begins a transaction or, inside one, a savepoint. On SQLite, takes the write lock at once (`BEGIN IMMEDIATE`): a
    /// read transaction that starts to write later can fail with "database is locked".
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

    /// Whether the transaction is still open. SQLite ends the whole transaction when the disk is full. This method
    /// tries to begin another one, which SQLite refuses only inside a transaction.
    pub(super) fn is_in_transaction(&mut self) -> bool {
        self.batch("BEGIN").is_err()
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), DbError> {
        Ok(on_each!(self, |conn| conn.batch_execute(sql))?)
    }
}

/// The purpose of a connection, which selects its PRAGMAs on SQLite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
    /// Reads the whole database, and lets no other program use a SQLite file meanwhile.
    MoveFrom,
    /// Fills the database, and lets no other program use a SQLite file meanwhile.
    MoveTo,
}

/// Opens connections for the pool and the writer.
#[derive(Debug)]
pub(super) struct Connections {
    pub(super) url: DatabaseUrl,
    pub(super) purpose: Purpose,
}

impl Connections {
    pub(super) fn establish(&self) -> Result<DbConnection, ConnectionError> {
        let mut conn = match &self.url {
            DatabaseUrl::Postgres(url) => {
                DbConnection::Postgres(PgConnection::establish(&with_time_limits(url))?)
            }
            DatabaseUrl::Sqlite(path) => {
                DbConnection::Sqlite(SqliteConnection::establish(&path.to_string_lossy())?)
            }
        };
        let settings = match (&self.url, self.purpose) {
            // A plan that was made while a table had few rows stays in use when it has many. Without these settings, the
            // events and the outbox of a new desk are read as a whole by every statement, until PostgreSQL analyses them.
            (DatabaseUrl::Postgres(_), _) => {
                // A replica that stops in the middle of a transaction, for example because its machine is suspended,
                // must not keep its locks.
                "SET TIME ZONE 'UTC'; SET client_encoding = 'UTF8'; SET enable_seqscan = off; SET jit = off;
                 SET idle_in_transaction_session_timeout = '30s';
                 SELECT set_config('application_name', 'sms-chat', false)
                 WHERE current_setting('application_name') = '';"
            }
            (DatabaseUrl::Sqlite(_), Purpose::Read) => {
                "PRAGMA busy_timeout = 10000; PRAGMA query_only = ON; PRAGMA cache_size = -1000;
                 PRAGMA temp_store = MEMORY;"
            }
            // WAL with synchronous = FULL syncs at each commit, so an acknowledged write survives a power cut.
            (DatabaseUrl::Sqlite(_), Purpose::Write) => {
                "PRAGMA busy_timeout = 10000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 PRAGMA foreign_keys = ON; PRAGMA cache_size = -4000; PRAGMA temp_store = MEMORY;
                 PRAGMA journal_size_limit = 67108864;"
            }
            // The locking mode is set first: then the first read fails while another connection is open.
            (DatabaseUrl::Sqlite(_), Purpose::MoveFrom) => {
                "PRAGMA busy_timeout = 2000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA query_only = ON;
                 SELECT count(*) FROM sqlite_schema; PRAGMA cache_size = -64000; PRAGMA temp_store = MEMORY;"
            }
            (DatabaseUrl::Sqlite(_), Purpose::MoveTo) => {
                "PRAGMA busy_timeout = 2000; PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;
                 PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -64000;
                 PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864;"
            }
        };
        conn.batch(settings).map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        Ok(conn)
    }
}
