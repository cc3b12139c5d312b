//! Returns the conversations of absent accounts to their teams (rule 16): those that need the agent, when the account is
//! disabled, is no longer a member, or has no session that was used in the last quarter of an hour.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::event::EventKind;
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

/// Returns the conversations at each interval, until `stop` is set. Replicas may run at the same time: each conversation
/// returns once, because its row is locked.
pub(crate) async fn keep(db: Db, clock: Clock, feed: Arc<Feed>, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        tokio::select! {
            _ = stop.changed() => break,
            () = clock.sleep(INTERVAL) => {}
        }
        match return_all(&db, clock.now()).await {
            Ok(0) => {}
            Ok(_) => feed.wake(),
            Err(error) => tracing::error!(%error, "conversations of absent accounts could not be returned"),
        }
    }
}

/// Returns how many conversations returned to their teams.
async fn return_all(db: &Db, now: DateTime<Utc>) -> Result<usize, DbError> {
    let absent = db.read(move |conn| queries::absent(conn, now - ABSENT_AFTER)).await?;
    let mut returned = 0;
    for account in absent {
        // A transaction for each account, which locks all conversations before it changes one: so it cannot deadlock with
        // a transaction that assigns one of them.
        returned += db.write(move |conn| return_of(conn, &account, now)).await?;
    }
    Ok(returned)
}

fn return_of(conn: &mut DbConnection, absent: &Absent, now: DateTime<Utc>) -> Result<usize, DbError> {
    let waiting = queries::waiting_for_update(conn, absent, SLICE)?;
    let note = format!("Returned to the team, because {} was away.", absent.name);
    for id in &waiting {
        queries::assign(conn, *id, None, Some(&note), None)?;
        let kind = EventKind::AssignmentChanged;
        events::queries::insert_with_account(conn, kind, absent.team, *id, None, now)?;
    }
    Ok(waiting.len())
}
