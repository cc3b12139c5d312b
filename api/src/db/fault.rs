//! Recognises database errors that pass by themselves: a lost connection, a database that only reads (a standby after a
//! failover), and statements that waited too long. Requests are then answered with 503 and can be repeated.
//!
//! Diesel exposes few error codes, so this module also matches messages.

use std::cell::Cell;

use diesel::result::{DatabaseErrorKind, Error};

use super::DbError;

/// Parts of the messages of a lost connection.
const LOST: [&str; 6] = [
    "terminating connection",
    "server closed the connection",
    "no connection to the server",
    "could not receive data from server",
    "could not send data to server",
    "SSL connection has been closed",
];
/// Parts of the messages of a statement that waited too long: `statement_timeout` and `lock_timeout`, a deadlock, and
/// a lock on the SQLite file that another process holds.
const WAITED: [&str; 3] = ["canceling statement due to", "deadlock detected", "database is locked"];

thread_local! {
    // Set when a Diesel error is converted to a `DbError`, which happens on the thread that ran the statement.
    static LOST_NOTED: Cell<bool> = const { Cell::new(false) };
}

/// Returns the error of a fault that passes by itself, and notes if the connection is lost.
pub(super) fn passing(error: &Error) -> Option<DbError> {
    if is_lost(error) {
        LOST_NOTED.set(true);
        return Some(DbError::Unreachable(error.to_string()));
    }
    has_waited(error).then_some(DbError::Busy)
}

/// Returns the error of a connection whose database only reads, and notes that the connection is of no use.
pub(super) fn read_only() -> DbError {
    LOST_NOTED.set(true);
    DbError::Unreachable("it only reads".to_owned())
}

/// Runs `work`. Returns its result, and whether one of its statements found the connection lost.
pub(super) fn watch<T>(work: impl FnOnce() -> T) -> (T, bool) {
    LOST_NOTED.set(false);
    let result = work();
    (result, LOST_NOTED.take())
}

fn is_lost(error: &Error) -> bool {
    use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction};
    match error {
        Error::DatabaseError(ClosedConnection | ReadOnlyTransaction, _) | Error::BrokenTransactionManager => {
            true
        }
        Error::DatabaseError(_, information) => LOST.iter().any(|part| information.message().contains(part)),
        Error::RollbackErrorOnCommit { commit_error, .. } => is_lost(commit_error),
        _ => false,
    }
}

fn has_waited(error: &Error) -> bool {
    match error {
        Error::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        Error::DatabaseError(_, information) => {
            WAITED.iter().any(|part| information.message().contains(part))
        }
        Error::RollbackErrorOnCommit { commit_error, .. } => has_waited(commit_error),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(kind: DatabaseErrorKind, message: &str) -> DbError {
        Error::DatabaseError(kind, Box::new(message.to_owned())).into()
    }

    #[test]
    fn lost_connections_are_unreachable_and_ended_waits_are_busy() {
        use DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, SerializationFailure, Unknown};
        for (kind, message) in [
            (ClosedConnection, "server closed the connection unexpectedly"),
            (ReadOnlyTransaction, "cannot execute INSERT in a read-only transaction"),
            (Unknown, "terminating connection due to administrator command"),
        ] {
            assert!(matches!(error_of(kind, message), DbError::Unreachable(_)), "{message}");
        }
        for (kind, message) in [
            (Unknown, "canceling statement due to statement timeout"),
            (Unknown, "canceling statement due to lock timeout"),
            (Unknown, "deadlock detected"),
            (SerializationFailure, "could not serialize access due to concurrent update"),
        ] {
            assert!(matches!(error_of(kind, message), DbError::Busy), "{message}");
        }
        assert!(matches!(error_of(Unknown, "syntax error at or near \"SELEC\""), DbError::Query(_)));
    }
}
