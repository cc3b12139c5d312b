//! Why a move failed, as the sentences that operators read.

use crate::db::DbError;

/// Why a move failed. Databases are named by their displayed URLs.
#[derive(Debug, thiserror::Error)]
pub enum TransferError {
    /// Both URLs name the same database.
    #[error("--from and --to name the same database, {0}")]
    SameDatabase(String),
    /// The source is a SQLite file that does not exist.
    #[error("the source {0} does not exist; check --from")]
    NoSource(String),
    /// A database cannot be opened.
    #[error("{0}: {1}")]
    Unreachable(String, DbError),
    /// Another program has the database open.
    #[error("another program uses {0}; stop the server and other commands, then run the move again")]
    InUse(String),
    /// The source has no schema of SMS Chat.
    #[error("the source {0} is not a database of SMS Chat; check --from")]
    NotOurs(String),
    /// Migrations are missing in the source.
    #[error("the schema of {0} is older than this program; run sms-chat migrate --database-url {0} first")]
    Older(String),
    /// The database has migrations that this program does not know.
    #[error("the schema of {0} is newer than this program; use the version of sms-chat that migrated it")]
    Newer(String),
    /// The source is itself the target of an unfinished move.
    #[error("the source {0} is itself the target of an unfinished move; finish that move first")]
    UnfinishedSource(String),
    /// The target has rows.
    #[error("the target {url} already has rows in the table {table}; move into an empty database")]
    NotEmpty {
        /// The target.
        url: String,
        /// A table that has rows.
        table: String,
    },
    /// The target has a table that SMS Chat does not have.
    #[error("the target {url} has the table {table} of another program; move into an empty database")]
    OtherTable {
        /// The target.
        url: String,
        /// The table.
        table: String,
    },
    /// The unfinished move in the target has another source.
    #[error(
        "the target {url} has an unfinished move from {source_url}; run that move again, or move into an empty database"
    )]
    OtherSource {
        /// The target.
        url: String,
        /// The source of the unfinished move.
        source_url: String,
    },
    /// The schema of the target is that of an earlier version.
    #[error("the move into {0} was begun by an earlier version of sms-chat; move into an empty database")]
    OtherVersion(String),
    /// PostgreSQL cannot store a character of a text.
    #[error(
        "the table {table} has a text with the character U+0000, which PostgreSQL cannot store: \
         row {key}, column {column}; remove the character from the source, then run the move again"
    )]
    NulCharacter {
        /// The table.
        table: &'static str,
        /// The primary key of the row.
        key: String,
        /// The column.
        column: &'static str,
    },
    /// A time is out of the range of PostgreSQL.
    #[error("the table {table} has an invalid time: row {key}, column {column}")]
    InvalidTime {
        /// The table.
        table: &'static str,
        /// The primary key of the row.
        key: String,
        /// The column.
        column: &'static str,
    },
    /// Rows could not be read.
    #[error("the table {table} of the source cannot be read: {error}")]
    Read {
        /// The table.
        table: &'static str,
        /// Why.
        error: DbError,
    },
    /// Rows could not be stored.
    #[error("rows {first} to {last} of the table {table} cannot be stored: {error}")]
    Write {
        /// The table.
        table: &'static str,
        /// The primary key of the first row.
        first: String,
        /// The primary key of the last row.
        last: String,
        /// Why.
        error: DbError,
    },
    /// The progress mark changed meanwhile.
    #[error("another move into the target runs at the same time; stop one of them, then run this one again")]
    Concurrent,
    /// A table of the target differs from that of the source.
    #[error(
        "the table {table} differs: {source_rows} rows in the source, {target_rows} in the target{}; the source was \
         changed during the move: keep its server stopped, and move into another, empty database",
        if source_rows == target_rows { ", with other values" } else { "" }
    )]
    Differs {
        /// The table.
        table: &'static str,
        /// Number of rows in the source.
        source_rows: u64,
        /// Number of rows in the target.
        target_rows: u64,
    },
    /// The source has new events.
    #[error(
        "{0} was changed during the move: keep its server stopped, and move into another, empty database"
    )]
    Changed(String),
    /// The caller stopped the move.
    #[error("the move was interrupted; run it again to continue")]
    Interrupted,
    /// Another statement failed.
    #[error(transparent)]
    Database(#[from] DbError),
}
