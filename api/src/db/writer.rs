//! SQLite's one writer: a thread that takes the waiting closures together, runs each in a savepoint of one
//! transaction, commits once, and only then answers them. A closure that fails or panics rolls back alone.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose},
};

/// How many closures may wait; the next one is answered `Busy`.
const QUEUE: usize = 4096;
/// How many closures share a commit at most.
const GROUP: usize = 64;

/// Runs inside the transaction; what it returns runs after the commit.
type Job = Box<dyn FnOnce(&mut DbConnection) -> Reply + Send>;
/// Told how the commit went.
type Reply = Box<dyn FnOnce(Result<(), String>) + Send>;

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl) -> Result<Self, DbError> {
        let unreachable = |error: &dyn std::fmt::Display| DbError::Unreachable(error.to_string());
        let conn =
            Connections { url, purpose: Purpose::Write }.establish().map_err(|error| unreachable(&error))?;
        let (jobs, waiting) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(conn, waiting))
            .map_err(|error| unreachable(&error))?;
        Ok(Self { jobs })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let outcome = catch_unwind(AssertUnwindSafe(|| conn.transaction(work)));
            let outcome = outcome.unwrap_or_else(|_| {
                let _ = conn.roll_back();
                Err(E::from(DbError::Panicked))
            });
            Box::new(move |committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    Err(fault) => outcome.and(Err(E::from(DbError::Unreachable(fault)))),
                };
                // Nobody waits any more when the request was dropped; the write stands all the same.
                let _ = answer.send(outcome);
            })
        });
        self.jobs.try_send(job).map_err(|_| DbError::Busy)?;
        // Never run: the group's transaction could not begin. Trying again is safe.
        answered.await.map_err(|_| DbError::Busy)?
    }
}

fn work(mut conn: DbConnection, mut waiting: mpsc::Receiver<Job>) {
    let mut group = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut group, GROUP) > 0 {
        if let Err(error) = conn.begin() {
            // Nothing ran: each closure is dropped, and with it the channel on which its answer is awaited: `Busy`.
            tracing::error!(%error, "the embedded database refuses to begin a transaction");
            group.clear();
            continue;
        }
        let replies: Vec<Reply> = group.drain(..).map(|job| job(&mut conn)).collect();
        let committed = conn.commit().map_err(|error| error.to_string());
        if let Err(error) = &committed {
            tracing::error!(%error, "the embedded database refuses to commit");
            let _ = conn.roll_back();
        }
        for reply in replies {
            reply(committed.clone());
        }
    }
}
