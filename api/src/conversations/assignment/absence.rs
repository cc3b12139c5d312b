//! Returns the conversations of absent accounts to their teams (rule 16): those that need the agent, when the account
//! is disabled, is no longer a member, may no longer reply, or has no session that was used in the last quarter of an
//! hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{assignment::AssignmentNote, event::EventKind};
use tokio::sync::watch;

use super::queries::{self, Absent};
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
    events::{self, feed::Feed},
};

/// Time between two runs.
const INTERVAL: TimeDelta = TimeDelta::minutes(1);
/// How long ago an account must have used a session to count as present.
const ABSENT_AFTER: TimeDelta = TimeDelta::minutes(15);
/// Maximum number of conversations that return in one transaction. The others return in the next run.
const SLICE: i64 = 100;

/// Returns the conversations at each interval, until `stop` is set. Replicas may run at the same time: each
/// conversation returns once, because its row is locked.
pub(crate) async fn keep(db: Db, clock: Clock, feed: Arc<Feed>, mut stop: watch::Receiver<bool>) {
    let mut next = clock.sleep(INTERVAL);
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            () = next => {}
        }
        // The interval begins before the run, so that its length does not delay the next one.
        next = clock.sleep(INTERVAL);
        match return_all(&db, clock.now()).await {
            Ok(0) => {}
            Ok(_) => feed.wake(),
            Err(error) => tracing::error!(%error, "absent accounts could not be read"),
        }
    }
}

/// Returns how many conversations returned to their teams.
async fn return_all(db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
    let absent = db.read(move |conn| queries::absent(conn, now - ABSENT_AFTER)).await?;
    let mut returned = 0;
    for account in absent {
        // A transaction for each account, which locks all conversations before it changes one: so it cannot deadlock
        // with a transaction that assigns one of them.
        match db.write(move |conn| return_of(conn, &account, now)).await {
            Ok(conversations) => returned += conversations,
            Err(error) => tracing::error!(%error, "conversations of an absent account could not be returned"),
        }
    }
    Ok(returned)
}

fn return_of(conn: &mut DbConnection, absent: &Absent, now: DateTime<Utc>) -> Result<usize, DbError> {
    let waiting = queries::waiting_for_update(conn, absent, SLICE)?;
    for id in &waiting {
        let note = note(&absent.name, queries::note(conn, *id)?);
        queries::assign(conn, *id, None, Some(&note), None)?;
        let kind = EventKind::AssignmentChanged;
        events::queries::insert_with_account(conn, kind, absent.team, *id, None, None, now)?;
    }
    Ok(waiting.len())
}

/// Says why a conversation has returned, and repeats the note of its assignment.
fn note(name: &str, before: Option<AssignmentNote>) -> String {
    let returned = format!("Returned to the team, because {name} was away.");
    match before {
        Some(AssignmentNote { text, by: Some(by) }) => format!("{returned} {by} wrote: {text}"),
        Some(AssignmentNote { text, by: None }) => format!("{returned} {text}"),
        None => returned,
    }
}
