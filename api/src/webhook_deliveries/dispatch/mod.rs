//! Records the deliveries of new events. Each server does it, and the position in the log is a row that the transaction
//! locks, so that one records each event and the others notice that it has.

mod payload;
mod position;
mod queries;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{event::Event, ids::EventId, webhook_delivery::WebhookPayload};
use tokio::sync::{
    broadcast::error::{RecvError, TryRecvError},
    watch,
};

use self::{payload::Rows, position::Position, queries::NewDelivery};
use super::Webhooks;
use crate::{
    clock::Clock,
    db::{Db, DbConnection, DbError},
    events::{self, feed::Feed, queries::LoggedEvent},
    webhook_endpoints,
};

/// Maximum number of events in one transaction.
const BATCH: i64 = 250;
/// Longest interval between two reads of the log. It bounds how long an event waits whose id appeared late.
const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(1);

/// Records deliveries.
#[derive(Clone, Debug)]
pub(super) struct Dispatcher {
    pub(super) db: Db,
    pub(super) clock: Clock,
    pub(super) feed: Arc<Feed>,
    pub(super) webhooks: Arc<Webhooks>,
}

impl Dispatcher {
    /// Records the deliveries of new events until `stop` is set.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut live = self.feed.subscribe();
        let mut is_failing = false;
        while !*stop.borrow() {
            match self.record_batch().await {
                Ok(more) => {
                    is_failing = false;
                    if more {
                        continue;
                    }
                }
                Err(error) => {
                    if !is_failing && !error.is_unreachable() {
                        tracing::error!(%error, "the deliveries of webhooks cannot be recorded");
                    }
                    is_failing = true;
                }
            }
            tokio::select! {
                _ = stop.changed() => break,
                // Only new events wake it: after a failure, it waits for the interval.
                published = live.recv(), if !is_failing => match published {
                    // One read is enough for all events that have arrived meanwhile.
                    Ok(_) | Err(RecvError::Lagged(_)) => {
                        while matches!(live.try_recv(), Ok(_) | Err(TryRecvError::Lagged(_))) {}
                    }
                    // The feed has ended all streams.
                    Err(RecvError::Closed) => {
                        live = self.feed.subscribe();
                        tokio::task::yield_now().await;
                    }
                },
                () = self.clock.sleep(POLL_INTERVAL) => {}
            }
        }
    }

    /// Records the deliveries of a batch of events. Returns whether there may be more events.
    async fn record_batch(&self) -> Result<bool, DbError> {
        let now = self.clock.now();
        let Some(batch) = self.db.read(move |conn| read(conn, now)).await? else { return Ok(false) };
        let (more, is_any) = (batch.more, !batch.deliveries.is_empty());
        let is_recorded = self.db.write(move |conn| record(conn, &batch, now)).await?;
        if is_any && is_recorded {
            self.webhooks.wake();
        }
        // If another server has advanced the position, there may be more after its batch.
        Ok(more || !is_recorded)
    }
}

/// The deliveries of the next events.
struct Batch {
    before: Position,
    after: Position,
    deliveries: Vec<NewDelivery>,
    /// Whether there may be more events.
    more: bool,
}

/// Reads the next events and the content of their deliveries. `None` if there is nothing to record. Reads outside the
/// transaction that writes, which other writers wait for.
fn read(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<Option<Batch>, DbError> {
    if !webhook_endpoints::queries::is_any(conn)? {
        return Ok(None);
    }
    let Some(before) = queries::position(conn)? else { return Ok(None) };
    let (newest, missing) = (EventId(before.newest), before.missing.ids());
    let events = events::queries::after_with_missing(conn, newest, &missing, BATCH)?;
    let after = before.after(events.iter().map(|logged| logged.event.id.0), now);
    if after == before {
        return Ok(None);
    }
    // After the events, so that none is read without the endpoints that were created before it.
    let subscriptions = webhook_endpoints::queries::subscriptions(conn)?;
    let wanted = |logged: &LoggedEvent| -> Vec<_> {
        let Event { id, team_id, .. } = &logged.event;
        let of_team = subscriptions.iter().filter(|known| *team_id == Some(known.team) && known.after < *id);
        of_team.collect()
    };
    let wanted_events: Vec<&LoggedEvent> = events
        .iter()
        .filter(|logged| {
            let types = payload::types(logged);
            wanted(logged).iter().any(|known| types.iter().any(|one| known.event_types.contains(one)))
        })
        .collect();
    let rows = Rows::of(conn, &wanted_events)?;
    let mut deliveries = Vec::new();
    for logged in wanted_events {
        let subscriptions = wanted(logged);
        for event_type in payload::types(logged) {
            let mut endpoints =
                subscriptions.iter().filter(|known| known.event_types.contains(event_type)).peekable();
            if endpoints.peek().is_none() {
                continue;
            }
            let Some(content) = rows.content(conn, logged, *event_type)? else { continue };
            let Some(body) = json(&content.payload) else { continue };
            deliveries.extend(endpoints.map(|known| NewDelivery {
                endpoint: known.endpoint,
                conversation: logged.event.conversation_id,
                event_type: content.event_type.as_str(),
                body: body.clone(),
            }));
        }
    }
    let more = i64::try_from(events.len()).is_ok_and(|read| read >= BATCH);
    Ok(Some(Batch { before, after, deliveries, more }))
}

fn json(payload: &WebhookPayload) -> Option<String> {
    serde_json::to_string(payload)
        .inspect_err(|error| tracing::error!(%error, "the content of a webhook cannot be written"))
        .ok()
}

/// Records the deliveries and advances the position. Returns `false` if another server has advanced it.
fn record(conn: &mut DbConnection, batch: &Batch, now: DateTime<Utc>) -> Result<bool, DbError> {
    if queries::position_for_update(conn)?.as_ref() != Some(&batch.before) {
        return Ok(false);
    }
    // An endpoint can have been deleted since its subscriptions were read.
    let endpoints = batch.deliveries.iter().map(|new| new.endpoint).collect();
    let existing = webhook_endpoints::queries::existing(conn, &endpoints)?;
    let deliveries: Vec<&NewDelivery> =
        batch.deliveries.iter().filter(|new| existing.contains(&new.endpoint)).collect();
    queries::insert(conn, &deliveries, now)?;
    queries::advance(conn, &batch.after)?;
    Ok(true)
}
