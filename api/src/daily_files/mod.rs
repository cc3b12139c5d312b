//! Daily files: the customers that a team works with. A file is imported completely or not at all: it is parsed
//! (`parse`, with `text`, `records`, `header` and `row`), stored as a staged file that no query reads (`storing`), and
//! then becomes current in one transaction (`activate`). [`import`] runs these steps. [`cleanup`] deletes discarded
//! files.

mod activate;
mod changes;
mod claim;
pub mod cleanup;
mod external_sort;
mod fault;
mod fingerprint;
mod first;
mod header;
pub mod import;

pub(crate) mod mapping;
mod parse;
mod queries;

mod records;
mod refresh;
pub(crate) mod rejected;
mod rejections;
mod restore;
pub mod routes;
mod row;
mod rows;

mod storing;
mod text;
mod upload;
mod value;

use std::{
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicI64},
};

use tokio::sync::{Notify, Semaphore};

use crate::{
    clock::Clock,
    db::{DatabaseUrl, Db},
    events::feed::Feed,
};

pub use import::Order;
pub use parse::Piece;

/// Maximum size of a file uploaded over HTTP, in bytes.
pub const UPLOAD_LIMIT: u64 = 512 * 1024 * 1024;

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
