//! The single SQLite writer: a thread with group commit. It takes the waiting closures together, runs each in a
//! savepoint of one transaction, commits once, and only then returns their results. A closure that fails or panics is
//! rolled back alone.
//!
//! A full disk can end the whole transaction in the middle of a group, and a commit can fail. Then every closure that
//! ran in the transaction gets the error, the remaining ones run in the next transaction, and the connection is
//! replaced, because its state is unknown.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::{
    DatabaseUrl, DbConnection, DbError,
    commits::{Commits, Noted, take_noted},
    connection::{Connections, Purpose},
    storage::{self, Storage},
};

/// Maximum number of waiting closures; further ones fail with `Busy`.
const QUEUE: usize = 4096;
/// Maximum number of closures in one commit.
const GROUP: usize = 64;

/// Runs inside the transaction.
type Job = Box<dyn FnOnce(&mut DbConnection) -> JobResult + Send>;
/// Called after the commit, with its outcome.
type Reply = Box<dyn FnOnce(Result<(), &CommitError>) + Send>;

/// A job that has run.
struct JobResult {
    reply: Reply,
    failed: bool,
    /// What a job that succeeded noted.
    noted: Noted,
}

/// Why a group was rolled back.
#[derive(Debug)]
enum CommitError {
    Storage(String),
    Other(String),
}

impl From<DbError> for CommitError {
    fn from(error: DbError) -> Self {
        match error {
            DbError::Storage(fault) => Self::Storage(fault),
            other => Self::Other(other.to_string()),
        }
    }
}

impl From<&CommitError> for DbError {
    fn from(fault: &CommitError) -> Self {
        match fault {
            CommitError::Storage(fault) => Self::Storage(fault.clone()),
            CommitError::Other(fault) => Self::Unreachable(fault.clone()),
        }
    }
}

pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl, storage: Arc<Storage>, commits: Commits) -> Result<Self, DbError> {
        let unreachable = |error: &dyn std::fmt::Display| DbError::Unreachable(error.to_string());
        let connections = Connections { url, purpose: Purpose::Write };
        let conn = connections.establish().map_err(|error| unreachable(&error))?;
        let (jobs, waiting) = mpsc::channel(QUEUE);
        thread::Builder::new()
            .name("sqlite-writer".into())
            .spawn(move || work(&connections, conn, waiting, &storage, &commits))
            .map_err(|error| unreachable(&error))?;
        Ok(Self { jobs })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<DbError> + Send + 'static,
        F: FnOnce(&mut DbConnection) -> Result<T, E> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let outcome = catch_unwind(AssertUnwindSafe(|| conn.transaction(work)));
            let outcome = outcome.unwrap_or_else(|_| {
                let _ = conn.roll_back();
                Err(E::from(DbError::Panicked))
            });
            let (failed, noted) = (outcome.is_err(), take_noted());
            let noted = if failed { Noted::default() } else { noted };
            let reply: Reply = Box::new(move |committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    Err(fault) => outcome.and(Err(E::from(fault.into()))),
                };
                // Sending fails if the request was dropped; its write stays committed.
                let _ = sender.send(outcome);
            });
            JobResult { reply, failed, noted }
        });
        self.jobs.try_send(job).map_err(|_| DbError::Busy)?;
        // The job was dropped before it ran, because no transaction could begin. Trying again is safe.
        receiver.await.map_err(|_| DbError::Busy)?
    }
}

fn work(
    connections: &Connections,
    conn: DbConnection,
    mut waiting: mpsc::Receiver<Job>,
    storage: &Storage,
    commits: &Commits,
) {
    let mut conn = Some(conn);
    let mut received = Vec::with_capacity(GROUP);
    while waiting.blocking_recv_many(&mut received, GROUP) > 0 {
        let mut group: VecDeque<Job> = received.drain(..).collect();
        while !group.is_empty() {
            conn = storage.watch(|| match conn.take().or_else(|| reconnect(connections)) {
                Some(open) => run(open, &mut group, commits),
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
    opened.inspect_err(|error| tracing::error!(%error, "the SQLite file cannot be opened for writing")).ok()
}

/// Runs the group in one transaction, until it is done or the transaction ends, and replies to the jobs that ran.
/// Returns the connection if it is still usable.
fn run(mut conn: DbConnection, group: &mut VecDeque<Job>, commits: &Commits) -> Option<DbConnection> {
    if let Err(error) = conn.begin() {
        // No job ran. Dropping the jobs closes their channels, so their callers get `Busy`.
        tracing::error!(%error, "SQLite could not begin a transaction");
        group.clear();
        return None;
    }
    let (mut replies, mut noted) = (Vec::with_capacity(group.len()), Noted::default());
    let mut is_open = true;
    while is_open && let Some(job) = group.pop_front() {
        let JobResult { reply, failed, noted: of_job } = job(&mut conn);
        replies.push(reply);
        noted.extend(of_job);
        is_open = !(failed || storage::is_fault_noted()) || conn.is_in_transaction();
    }
    let committed = if is_open {
        conn.commit().map_err(CommitError::from)
    } else {
        Err(CommitError::Storage("SQLite ended the transaction".to_owned()))
    };
    match &committed {
        Ok(()) => commits.tell(noted),
        Err(fault) => tracing::error!(?fault, "a group of writes was rolled back"),
    }
    for reply in replies {
        reply(committed.as_ref().copied());
    }
    committed.is_ok().then_some(conn)
}
