//! A move that was interrupted continues, and its target cannot be used before its end.

use std::{
    cell::{Cell, RefCell},
    sync::atomic::{AtomicU64, Ordering},
};

use api::db::transfer::{self, Moved, Progress, TransferError};

use super::filled::{contents, fails, filled, move_args, succeeds};
use crate::support::{Kind, database::TestDatabase};

/// Moves in small batches until the move has stored this number of them.
fn move_batches(
    source: &TestDatabase,
    target: &TestDatabase,
    batches: u32,
    progress: &Progress,
) -> Result<Moved, TransferError> {
    source.disconnect();
    target.disconnect();
    let left = Cell::new(batches);
    transfer::run(&source.parsed_url(), &target.parsed_url(), 7, progress, || {
        let before = left.get();
        left.set(before.saturating_sub(1));
        before > 0
    })
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

fn an_interrupted_move_continues_with_the_next_row(from: Kind, to: Kind) {
    let (source, target) = (filled(from), TestDatabase::empty(to));
    let total: usize = contents(&source)
        .iter()
        .filter(|(table, _)| !table.ends_with("_counts"))
        .map(|(_, rows)| rows.len())
        .sum();
    let mut copied = 0;
    let mut rounds = 0;
    loop {
        let progress = Progress::default();
        let moved = move_batches(&source, &target, 11, &progress);
        assert_eq!(read(&progress.resumed), copied, "the rows of earlier rounds are not copied again");
        assert!(read(&progress.copied) <= copied + 11 * 7);
        copied = read(&progress.copied);
        match moved {
            Err(TransferError::Interrupted) if copied < u64::try_from(total).unwrap() => {}
            Err(TransferError::Interrupted) => break,
            other => panic!("{other:?} after {copied} of {total} rows"),
        }
        rounds += 1;
        if rounds == 3 {
            the_target_is_refused(&source, &target, copied);
        }
    }
    assert!(rounds > 3, "the move was interrupted in the middle");
    move_batches(&source, &target, u32::MAX, &Progress::default()).unwrap();
    assert_eq!(contents(&target), contents(&source));
    succeeds(&target, &["migrate"]);
}

fn the_target_is_refused(source: &TestDatabase, target: &TestDatabase, copied: u64) {
    for args in [vec!["serve"], vec!["serve", "--demo-when-new"], vec!["migrate"]] {
        let refused = fails(target, &args);
        assert!(refused.contains("is unfinished"), "{refused}");
        assert!(refused.contains("run the same sms-chat move again"), "{refused}");
    }
    source.disconnect();
    target.disconnect();
    let plan = transfer::plan(&source.parsed_url(), &target.parsed_url()).unwrap();
    assert_eq!(plan.resumed, Some(copied));
    let other = filled(source.kind);
    let refused = fails(target, &move_args(&other, target));
    assert!(refused.contains("has an unfinished move from "), "{refused}");
    let refused = fails(source, &move_args(target, source));
    assert!(refused.contains("is itself the target of an unfinished move"), "{refused}");
}

#[test]
fn an_interrupted_move_to_postgres_continues_with_the_next_row() {
    an_interrupted_move_continues_with_the_next_row(Kind::Sqlite, Kind::Postgres);
}

#[test]
fn an_interrupted_move_to_sqlite_continues_with_the_next_row() {
    an_interrupted_move_continues_with_the_next_row(Kind::Postgres, Kind::Sqlite);
}

#[test]
fn a_change_of_the_source_during_the_move_is_found_at_the_end() {
    let (source, target) = (filled(Kind::Sqlite), TestDatabase::empty(Kind::Postgres));
    let interrupted = move_batches(&source, &target, 20, &Progress::default());
    assert!(matches!(interrupted, Err(TransferError::Interrupted)));
    source.run("UPDATE teams SET name = 'Another name' WHERE id = 1").unwrap();
    let error = fails(&target, &move_args(&source, &target));
    assert!(
        error
            .starts_with("the table teams differs: 3 rows in the source, 3 in the target, with other values"),
        "{error}"
    );
    let refused = fails(&target, &["serve"]);
    assert!(refused.contains("is unfinished"), "{refused}");
}

/// Moves from PostgreSQL, runs `change` in the middle, and returns the error.
fn error_of_a_move_with<T>(source: &TestDatabase, change: impl Fn() -> T) -> String {
    let target = TestDatabase::empty(Kind::Sqlite);
    source.disconnect();
    let changed = RefCell::new(None);
    let moved = transfer::run(&source.parsed_url(), &target.parsed_url(), 7, &Progress::default(), || {
        changed.borrow_mut().get_or_insert_with(&change);
        true
    });
    let refused = fails(&target, &["serve"]);
    assert!(refused.contains("is unfinished"), "{refused}");
    moved.unwrap_err().to_string()
}

#[test]
fn a_commit_of_a_server_on_postgres_during_the_move_is_found_at_the_end() {
    let source = filled(Kind::Postgres);
    let error = error_of_a_move_with(&source, || {
        let event = "INSERT INTO events (kind, team_id, at) VALUES ('team_changed', 1, now())";
        source.run(event).unwrap();
        source.disconnect();
    });
    assert!(error.contains(" was changed during the move: keep its server stopped"), "{error}");
}

#[test]
fn a_client_that_connects_to_postgres_during_the_move_is_found_at_the_end() {
    let source = filled(Kind::Postgres);
    let error = error_of_a_move_with(&source, || source.postgres());
    assert!(error.starts_with("another program uses "), "{error}");
}
