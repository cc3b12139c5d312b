//! Daily files: the customers that a team works with. [`import`] runs the steps of an import in order:
//!
//! 1. [`upload`] receives the bytes over HTTP; `sms-chat import` reads them from a file.
//! 2. `parse` splits them into rows, and parses each row into a customer or rejects it.
//! 3. `stage` sorts the customers and stores them as a staged file, which no query reads.
//! 4. `activate` compares the staged file with the current one, and makes it current in one short transaction.
//!
//! A file is imported completely or not at all. `claim` keeps two imports for a team apart, `restore` makes an
//! earlier file current again, and [`cleanup`] deletes discarded files.

mod activate;
mod claim;
pub mod cleanup;
pub mod import;
pub(crate) mod mapping;
mod parse;
mod problems;
pub(crate) mod queries;
pub(crate) mod rejected;
mod restore;
pub mod routes;
mod stage;
mod temp_file;
pub mod upload;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicI64},
};

use shared::daily_file::DailyFile;
use tokio::sync::{Notify, Semaphore};

use crate::{
    clock::Clock,
    db::{DatabaseUrl, Db},
    events::feed::Feed,
};

pub use import::{ImportError, Order};

/// Maximum number of imports at the same time in one process, over all teams. Each import needs temporary files of up
/// to the size of its file.
const MAX_CONCURRENT_IMPORTS: usize = 4;

/// Imports, restores and cleans up daily files.
#[derive(Debug)]
pub struct DailyFiles {
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
    // For temporary files.
    folder: PathBuf,
    // Wakes the cleanup.
    cleanup_requested: Notify,
    // Limits concurrent imports, because each takes memory and temporary disk space.
    import_permits: Semaphore,
}

impl DailyFiles {
    /// Creates the service. `feed` is woken after each commit. Temporary files go to the folder of an embedded
    /// database, whose disk has room for the data; with PostgreSQL they go to the system's temporary folder.
    #[must_use]
    pub fn on(db: Db, url: &DatabaseUrl, clock: Clock, feed: Arc<Feed>) -> Self {
        let folder = match url {
            DatabaseUrl::Sqlite(path) => path.parent().filter(|folder| *folder != Path::new("")),
            DatabaseUrl::Postgres(_) => None,
        };
        let folder = match (folder, url) {
            (Some(folder), _) => folder.to_owned(),
            (None, DatabaseUrl::Sqlite(_)) => PathBuf::from("."),
            (None, DatabaseUrl::Postgres(_)) => std::env::temp_dir(),
        };
        let import_permits = Semaphore::new(MAX_CONCURRENT_IMPORTS);
        Self { db, clock, feed, folder, cleanup_requested: Notify::new(), import_permits }
    }
}

/// A part of a file to be imported.
#[derive(Debug)]
pub enum Piece {
    /// Some bytes.
    Bytes(Vec<u8>),
    /// The end of the file. A file that ends without it is incomplete.
    End,
}

/// Numbers of rows of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RowCounts {
    /// All rows, without the header and blank lines.
    rows: i64,
    accepted: i64,
    rejected: i64,
}

impl RowCounts {
    fn of(file: &DailyFile) -> Self {
        Self { rows: file.rows, accepted: file.accepted, rejected: file.rejected_rows }
    }
}

/// Progress of an import, in rows.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows read so far.
    pub read: AtomicI64,
    /// Rows to store; 0 until the whole file has been read.
    pub to_store: AtomicI64,
    /// Rows stored so far.
    pub stored: AtomicI64,
}
