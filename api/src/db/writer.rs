//! SQLite's one writer: a thread that takes the waiting closures together, runs each in a savepoint of one
//! transaction, commits once, and only then answers them. A closure that fails or panics rolls back alone.
//!
//! A full disk can end the whole transaction in the middle of a group, and a commit can fail. Then every closure that ran
//! in the transaction is answered with the fault, those that have not run yet run in the next one, and the connection,
//! whose state is no longer known, is replaced.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose},
    storage::{self, Storage},
};

/// How many closures may wait; the next one is answered `Busy`.
const QUEUE: usize = 4096;
/// How many closures share a commit at most.
const GROUP: usize = 64;

/// Runs inside the transaction.
type Job = Box<dyn FnOnce(&mut DbConnection) -> Done + Send>;
/// Called after the commit, with its outcome.
type Reply = Box<dyn FnOnce(Result<(), &CommitFault>) + Send>;

/// A closure that has run.
struct Done {
    reply: Reply,
    failed: bool,
}

/// Why nothing of a group was kept.
#[derive(Debug)]
enum CommitFault {
    Storage(String),
    Other(String),
}

impl From<DbError> for CommitFault {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Storage(fault) => Self::Storage(fault),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&CommitFault> for DbError {
    fn from(fault: &CommitFault) -> Self {
        match fault {
            CommitFault::Storage(fault) => Self::Storage(fault.clone()),
            CommitFault::Other(fault) => Self::Unreachable(fault.clone()),
        }
    }
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl, storage: Arc<Storage>) -> Result<Self, DbError> {
        let unreachable = |error: &dyn std::fmt::Display| DbError::Unreachable(error.to_string());
        let connections = Connections { url, purpose: Purpose::Write };
        let conn = connections.establish().map_err(|error| unreachable(&error))?;
        let (jobs, waiting) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(&connections, conn, waiting, &storage))
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
            let failed = outcome.is_err();
            let reply: Reply = Box::new(move |committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    Err(fault) => outcome.and(Err(E::from(fault.into()))),
                };
                // A dropped request no longer waits; the write stands all the same.
                let _ = answer.send(outcome);
            });
            Done { reply, failed }
        });
        self.jobs.try_send(job).map_err(|_| DbError::Busy)?;
        // Dropped without having run: no transaction could begin. Trying again is safe.
        answered.await.map_err(|_| DbError::Busy)?
    }
}

fn work(connections: &Connections, conn: DbConnection, mut waiting: mpsc::Receiver<Job>, storage: &Storage) {
    let mut conn = Some(conn);
    let mut received = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut received, GROUP) > 0 {
        let mut group: VecDeque<Job> = received.drain(..).collect();
        while !group.is_empty() {
            conn = storage.watched(|| match conn.take().or_else(|| reconnect(connections)) {
                Some(open) => run(open, &mut group),
                None => {
                    group.clear();
                    None
                }
            });
        }
    }
}

fn reconnect(connections: &Connections) -> Option<DbConnection> {
    let opened = connections.establish();
    opened
        .inspect_err(|error| tracing::error!(%error, "the embedded database cannot be opened for writing"))
        .ok()
}

/// Runs the group in one transaction, as far as that goes, and answers what has run. Returns the connection when it can
/// be used again.
fn run(mut conn: DbConnection, group: &mut VecDeque<Job>) -> Option<DbConnection> {
    if let Err(error) = conn.begin() {
        // Nothing ran: the closures are dropped, and with them the channels on which their answers are awaited.
        tracing::error!(%error, "the embedded database refuses to begin a transaction");
        group.clear();
        return None;
    }
    let mut replies = Vec::with_capacity(group.len());
    let mut is_open = true;
    while is_open && let Some(job) = group.pop_front() {
        let Done { reply, failed } = job(&mut conn);
        replies.push(reply);
        is_open = !(failed || storage::is_fault_noted()) || conn.is_in_transaction();
    }
    let committed = if is_open {
        conn.commit().map_err(CommitFault::from)
    } else {
        Err(CommitFault::Storage("SQLite has ended the transaction".to_owned()))
    };
    if let Err(fault) = &committed {
        tracing::error!(?fault, "nothing of a group of writes was kept");
    }
    for reply in replies {
        reply(committed.as_ref().copied());
    }
    committed.is_ok().then_some(conn)
}
