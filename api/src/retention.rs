//! Takes away what is kept for a time only: answers to requests with an idempotency key, and receipts for texts that are
//! not ours, the list of messages that could not be kept, and sessions that have ended. It must never touch what the desk
//! shows.

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::{
    auth,
    clock::Clock,
    db::{Db, DbError},
    gateway, idempotency, rejected_messages,
};

/// How often to look.
const EVERY: TimeDelta = TimeDelta::hours(1);
/// How long a receipt waits for its text: longer than a text that is given up is looked up.
const RECEIPTS: TimeDelta = TimeDelta::days(14);
/// How long the list of rejected messages goes back.
const REJECTED: TimeDelta = TimeDelta::days(30);

/// Takes away what is too old, until `stop` says so.
pub(crate) async fn keep(db: Db, clock: Clock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = take_away(&db, &clock).await {
            tracing::error!(%error, "what is too old cannot be taken away");
        }
        tokio::select! {
            _ = stop.changed() => break,
            () = clock.sleep(EVERY) => {}
        }
    }
}

async fn take_away(db: &Db, clock: &Clock) -> Result<(), DbError> {
    let now = clock.now();
    db.write(move |conn| {
        idempotency::queries::delete_until(conn, now - idempotency::KEPT)?;
        rejected_messages::queries::delete_until(conn, now - REJECTED)?;
        gateway::queries::delete_early_receipts(conn, now - RECEIPTS)?;
        auth::queries::delete_expired(conn, now)
    })
    .await
}
