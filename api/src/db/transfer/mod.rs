//! Moves all data from one database to another, of the same kind or of the other kind (`sms-chat move`).
//!
//! The rows are copied in batches, in the order of their primary keys, and keep their ids. Afterwards, each table of the
//! target is compared with the source, by count and by hash. Until then the target has a progress mark, by which the
//! move continues after an interruption, and which keeps servers from using the target. The source is only read.

mod columns;
mod error;
mod finish;
mod mark;
mod open;
mod read;
mod tables;
mod verify;
mod write;

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
        mpsc,
    },
    thread,
};

use super::{DatabaseUrl, DbConnection, DbError, text_query::TextRow};
use mark::Mark;
use read::Reader;

pub use columns::Column;
pub use error::TransferError;
pub use mark::MARK;
pub(super) use mark::refuse_unfinished;
pub(in crate::db) use read::{count, table_names};
pub use tables::{LEFT_OUT, REBUILT, TEXT_INDEX, Table, copied};

/// Number of rows in a batch.
pub const BATCH: usize = 5_000;
/// Number of batches that are read ahead.
const AHEAD: usize = 2;

/// How far a move has come. Its thread writes it, and others read it.
#[derive(Debug, Default)]
pub struct Progress {
    /// Rows of the source.
    pub rows: AtomicU64,
    /// Rows that earlier, interrupted moves have copied.
    pub resumed: AtomicU64,
    /// Rows copied so far, also by earlier moves.
    pub copied: AtomicU64,
    /// Rows compared so far.
    pub compared: AtomicU64,
    table: Mutex<&'static str>,
}

impl Progress {
    /// The table that is copied or compared.
    pub fn table(&self) -> &'static str {
        *self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, table: &Table) {
        *self.table.lock().unwrap_or_else(PoisonError::into_inner) = table.name;
    }
}

/// What a move would do.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The tables, each with the number of rows in the source.
    pub tables: Vec<(&'static str, u64)>,
    /// Number of rows that an interrupted move has copied already. `None` if there is no such move.
    pub resumed: Option<u64>,
}

/// A table that was copied and compared.
#[derive(Clone, Debug)]
pub struct MovedTable {
    /// The name.
    pub name: &'static str,
    /// Number of rows.
    pub rows: u64,
    /// The hash of all values, which is the same in both databases.
    pub hash: u128,
}

/// A move that has ended.
#[derive(Debug)]
pub struct Moved {
    /// The tables.
    pub tables: Vec<MovedTable>,
    /// Why PostgreSQL could not analyse the new rows, which the move does at its end.
    pub not_analysed: Option<DbError>,
}

/// Says what a move would do, and whether it could begin. Changes nothing.
///
/// # Errors
/// Why the move could not begin.
pub fn plan(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<Plan, TransferError> {
    let (mut source, identity) = open_source(from, to)?;
    let tables = copied();
    let mut resumed = None;
    if let Some(mut target) = open::inspect_target(to, &identity)? {
        let marks = tables.iter().map(|table| Ok(mark::of(&mut target, table)?.copied));
        resumed = Some(marks.sum::<Result<u64, TransferError>>()?);
    }
    let counted = tables.iter().map(|table| Ok((table.name, count(&mut source, table.name)?)));
    Ok(Plan { tables: counted.collect::<Result<_, TransferError>>()?, resumed })
}

/// Copies and compares all tables, in batches of `batch` rows. Stops when `keep_going` returns false; the next call
/// continues.
///
/// # Errors
/// Why the move could not begin or end.
pub fn run(
    from: &DatabaseUrl,
    to: &DatabaseUrl,
    batch: usize,
    progress: &Progress,
    keep_going: impl Fn() -> bool,
) -> Result<Moved, TransferError> {
    let (mut source, identity) = open_source(from, to)?;
    let tables = copied();
    for table in &tables {
        progress.rows.fetch_add(count(&mut source, table.name)?, Ordering::Relaxed);
    }
    let mut target = open::target(to, &identity, &tables)?;
    for table in &tables {
        progress.begin(table);
        let mark = mark::of(&mut target, table)?;
        progress.resumed.fetch_add(mark.copied, Ordering::Relaxed);
        progress.copied.fetch_add(mark.copied, Ordering::Relaxed);
        if !mark.is_complete {
            copy(&mut source, &mut target, table, mark, batch, progress, &keep_going)?;
        }
    }
    let mut moved = Vec::with_capacity(tables.len());
    for table in &tables {
        progress.begin(table);
        let digest = verify::compare(&mut source, &mut target, table, batch, &progress.compared)?;
        moved.push(MovedTable { name: table.name, rows: digest.rows, hash: digest.hash });
        if !keep_going() {
            return Err(TransferError::Interrupted);
        }
    }
    open::refuse_changed_source(&mut source, from)?;
    finish::finish(&mut source, &mut target)?;
    Ok(Moved { tables: moved, not_analysed: finish::analyse(&mut target, &tables).err() })
}

fn open_source(from: &DatabaseUrl, to: &DatabaseUrl) -> Result<(DbConnection, String), TransferError> {
    if from == to {
        return Err(TransferError::SameDatabase(from.to_string()));
    }
    let mut source = open::source(from)?;
    let identity = open::identity(&mut source, from)?;
    Ok((source, identity))
}

/// Copies the rest of a table. A thread reads the next batches while this one stores.
fn copy(
    source: &mut DbConnection,
    target: &mut DbConnection,
    table: &Table,
    mut mark: Mark,
    batch: usize,
    progress: &Progress,
    keep_going: &impl Fn() -> bool,
) -> Result<(), TransferError> {
    let reader = Reader::new(source, table, batch);
    thread::scope(|scope| {
        let (pages, incoming) = mpsc::sync_channel(AHEAD);
        let start = mark.key();
        scope.spawn(move || read_pages(source, &reader, table, batch, start, &pages));
        for page in incoming {
            let rows: Vec<TextRow> =
                page.map_err(|error| TransferError::Read { table: table.name, error })?;
            if !keep_going() {
                return Err(TransferError::Interrupted);
            }
            let stored = u64::try_from(rows.len()).unwrap_or_default();
            mark = write::store(target, table, rows, &mark)?;
            progress.copied.fetch_add(stored, Ordering::Relaxed);
        }
        mark::advance(target, table, &mark, &Mark { is_complete: true, ..mark.clone() })
    })
}

/// Sends the pages of a table until its end, an error, or the end of the receiver.
fn read_pages(
    source: &mut DbConnection,
    reader: &Reader,
    table: &Table,
    batch: usize,
    mut after: Option<Vec<String>>,
    pages: &mpsc::SyncSender<Result<Vec<TextRow>, DbError>>,
) {
    loop {
        let page = reader.page(source, after.as_deref());
        let is_last = page.as_ref().map_or(true, |rows| rows.len() < batch);
        after = page.as_ref().ok().and_then(|rows| rows.last()).map(|row| table.key_of(row));
        if pages.send(page).is_err() || is_last {
            return;
        }
    }
}
