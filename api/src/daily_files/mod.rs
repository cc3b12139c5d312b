//! Daily files: the customers that a team works with. One is brought in whole or not at all: it is read (`reading`:
//! `text`, `records`, `header`, `row`), stored where nobody sees it (`storing`), and then becomes current in one
//! step (`current`). [`import`] is the way through; [`keep`] tidies up after what did not get to its end.

mod changes;
mod claim;
mod current;
mod fault;
mod fingerprint;
mod first;
mod header;
pub mod import;
pub mod keep;
pub(crate) mod mapping;
mod queries;
mod reading;
mod records;
mod refresh;
pub(crate) mod rejected;
mod rejections;
mod restore;
pub mod routes;
mod row;
mod rows;
mod sorted;
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
pub use reading::Piece;

/// The largest file that is taken over HTTP, in bytes.
pub const UPLOAD_LIMIT: u64 = 512 * 1024 * 1024;

/// How many files one process takes in at once, whatever the team: each needs temporary files of up to its own size.
const MOST_AT_ONCE: usize = 4;

/// What brings in files.
#[derive(Debug)]
pub struct DailyFiles {
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
    // Where temporary files go that do not fit into memory.
    folder: PathBuf,
    // There is something to tidy up.
    tidy: Notify,
    // A file in progress takes memory and temporary files in proportion to its size.
    places: Semaphore,
}

impl DailyFiles {
    /// On a database; `feed` is told of what was committed. Temporary files go beside an embedded database, whose disk is
    /// meant to hold what comes in, and else to the system's folder.
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
        Self { db, clock, feed, folder, tidy: Notify::new(), places: Semaphore::new(MOST_AT_ONCE) }
    }
}

/// How far an import has come, in rows.
#[derive(Debug, Default)]
pub struct Progress {
    /// Read so far.
    pub read: AtomicI64,
    /// To be stored, once all are read; 0 before.
    pub to_store: AtomicI64,
    /// Stored so far.
    pub stored: AtomicI64,
}
