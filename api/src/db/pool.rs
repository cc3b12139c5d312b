//! The pool of connections. After a connection has broken, connections that were made before are tested before their
//! next use: after a restart or failover of the database, one request fails instead of one for each connection. While
//! no connection can be made, requests fail at once instead of waiting; the pool goes on trying by itself.

use std::{
    ops::{Deref, DerefMut},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use diesel::{
    ConnectionError,
    connection::{AnsiTransactionManager, TransactionManager},
    r2d2::{self, ManageConnection, NopErrorHandler},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    DbConnection, DbError,
    connection::{Connections, on_each},
    in_one_line,
};

/// How long a request waits for its turn.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a request with a permit waits for a connection. Half of it is the longest interval between two attempts to
/// connect.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(4);

/// How often a request that waits for a connection looks whether one can be made at all.
const CHECK_INTERVAL: Duration = Duration::from_millis(250);

/// A connection of the pool.
pub(super) struct Pooled {
    conn: DbConnection,
    /// The number of broken connections when this one was last known to work.
    checked_after: u64,
    /// A statement found that the connection is lost, or that its database only reads.
    pub(super) is_lost: bool,
}

impl Deref for Pooled {
    type Target = DbConnection;

    fn deref(&self) -> &DbConnection {
        &self.conn
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut DbConnection {
        &mut self.conn
    }
}

/// Makes and checks the connections of the pool.
pub(super) struct Manager {
    connections: Connections,
    faults: Arc<Faults>,
}

/// What the pool has seen of the database.
#[derive(Default)]
struct Faults {
    /// Number of connections that have broken.
    broken: AtomicU64,
    /// Whether the last attempt to connect failed.
    refused: AtomicBool,
}

impl ManageConnection for Manager {
    type Connection = Pooled;
    type Error = ConnectionError;

    fn connect(&self) -> Result<Pooled, ConnectionError> {
        let checked_after = self.faults.broken.load(Ordering::Acquire);
        let connected = self.connections.establish();
        // Logs the first of many failures, not each of them.
        match (self.faults.refused.swap(connected.is_err(), Ordering::AcqRel), &connected) {
            (false, Err(error)) => {
                let error = in_one_line(&error.to_string());
                tracing::error!(error, "no connection to the database can be made; trying again");
            }
            (true, Ok(_)) => tracing::info!("the database accepts connections again"),
            _ => {}
        }
        Ok(Pooled { conn: connected?, checked_after, is_lost: false })
    }

    fn is_valid(&self, pooled: &mut Pooled) -> Result<(), ConnectionError> {
        let broken = self.faults.broken.load(Ordering::Acquire);
        if pooled.checked_after != broken {
            let fault = |error: DbError| ConnectionError::BadConnection(error.to_string());
            pooled.conn.batch("SELECT 1").map_err(fault)?;
            pooled.checked_after = broken;
        }
        Ok(())
    }

    fn has_broken(&self, pooled: &mut Pooled) -> bool {
        let conn = &mut pooled.conn;
        let is_broken =
            pooled.is_lost || on_each!(conn, |c| AnsiTransactionManager::is_broken_transaction_manager(c));
        if is_broken {
            self.faults.broken.fetch_add(1, Ordering::AcqRel);
        }
        is_broken
    }
}

/// The connections. Cheap to clone; all clones share them.
#[derive(Clone)]
pub(super) struct Pool {
    pool: r2d2::Pool<Manager>,
    // One permit for each connection, so that tasks wait for a permit instead of blocking a thread.
    permits: Arc<Semaphore>,
    faults: Arc<Faults>,
}

impl Pool {
    /// Opens the pool, and waits for its first connection.
    pub(super) fn open(connections: Connections, size: u32) -> Result<Self, DbError> {
        let faults = Arc::<Faults>::default();
        let pool = r2d2::Pool::builder()
            .max_size(size)
            .min_idle(Some(1))
            .test_on_check_out(true)
            .connection_timeout(CONNECT_TIMEOUT)
            .error_handler(Box::new(NopErrorHandler))
            .build(Manager { connections, faults: Arc::clone(&faults) })
            .map_err(|error| DbError::Unreachable(error.to_string()))?;
        let permits = Arc::new(Semaphore::new(usize::try_from(size).unwrap_or(1)));
        Ok(Self { pool, permits, faults })
    }

    /// Waits for a turn to use a connection.
    pub(super) async fn permit(&self) -> Result<OwnedSemaphorePermit, DbError> {
        self.check_reachable()?;
        let waited = tokio::time::timeout(QUEUE_TIMEOUT, Arc::clone(&self.permits).acquire_owned()).await;
        let permit = waited.map_err(|_| DbError::Busy)?.map_err(|_| DbError::Busy)?;
        // Those that waited while the connection was lost fail now, instead of one after the other.
        self.check_reachable()?;
        Ok(permit)
    }

    /// Returns a connection. Call it with a permit, on a thread that may wait.
    pub(super) fn get(&self) -> Result<r2d2::PooledConnection<Manager>, DbError> {
        let mut waited = Duration::ZERO;
        loop {
            let fault = match self.pool.get_timeout(CHECK_INTERVAL) {
                Ok(conn) => return Ok(conn),
                Err(fault) => fault,
            };
            self.check_reachable()?;
            waited += CHECK_INTERVAL;
            if waited >= CONNECT_TIMEOUT {
                return Err(match self.pool.state().connections {
                    0 => DbError::Unreachable(fault.to_string()),
                    _ => DbError::Busy,
                });
            }
        }
    }

    /// Fails while there is no connection and none can be made.
    fn check_reachable(&self) -> Result<(), DbError> {
        if self.faults.refused.load(Ordering::Acquire) && self.pool.state().connections == 0 {
            return Err(DbError::Unreachable("it refuses connections".to_owned()));
        }
        Ok(())
    }
}
