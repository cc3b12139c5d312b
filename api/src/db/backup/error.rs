//! Why a backup or a restore failed, as the sentences that operators read.

use crate::db::DbError;

/// Why a backup or a restore failed.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is no database to back up.
    #[error("the database {0} does not exist; check SMS_CHAT_DATABASE_URL")]
    NoDatabase(String),
    /// The file of the backup exists.
    #[error("{0} exists already; choose another name for the backup")]
    FileExists(String),
    /// The file to restore cannot be read.
    #[error("{0} cannot be read: {1}")]
    Unreadable(String, std::io::Error),
    /// A file cannot be written.
    #[error("{0} cannot be written: {1}")]
    Unwritable(String, std::io::Error),
    /// The file is something else.
    #[error("{0} is not an SQLite database")]
    NotSqlite(String),
    /// The file has another program's tables.
    #[error("{0} is an SQLite database, but not one of SMS Chat")]
    NotOurs(String),
    /// The file has a write-ahead log.
    #[error(
        "{0} is a database in use, because {0}-wal exists, and a copy of the file alone is not complete; \
         make a backup of it with sms-chat backup"
    )]
    HasLog(String),
    /// The schema is newer.
    #[error(
        "the schema of {0} is newer than this program; use the version of sms-chat that made it, or a later one"
    )]
    Newer(String),
    /// SQLite finds damage.
    #[error("{0} is damaged or incomplete: {1}")]
    Damaged(String, String),
    /// A row refers to a missing row.
    #[error("{0} is damaged: {1} rows of the table {2} refer to rows that do not exist")]
    BrokenReferences(String, usize, String),
    /// The move into the database is unfinished.
    #[error("{0} is the target of an unfinished move, so it is incomplete")]
    UnfinishedMove(String),
    /// There is a database already.
    #[error(
        "the database {0} exists already; to replace it, add --replace, which keeps it under another name"
    )]
    DatabaseExists(String),
    /// The name for the replaced database is taken.
    #[error(
        "nothing was restored, because {0}, the new name of the replaced database, exists already; try again"
    )]
    KeptExists(String),
    /// A server uses the database.
    #[error("another program uses {0}; stop the server first")]
    InUse(String),
    /// A statement failed.
    #[error(transparent)]
    Database(#[from] DbError),
}
