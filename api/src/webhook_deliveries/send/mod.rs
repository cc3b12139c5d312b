//! Sends due deliveries: many at a time, but for one conversation only the oldest that an endpoint has not accepted. An
//! attempt holds its delivery for a while by moving `due_at`, so a delivery whose server was killed is due again.

mod attempt;
mod queries;
mod resolver;
mod retry;

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    audit_entry::AuditAction,
    event::EventKind,
    ids::{TeamId, WebhookEndpointId},
    webhook_delivery::DeliveryStatus,
    webhook_endpoint::DisabledReason,
};
use tokio::{
    sync::watch,
    task::{Id, JoinError, JoinSet},
};

use self::{
    attempt::{Client, Finished},
    queries::{AttemptResult, Claimed},
    retry::Next,
};
use super::Webhooks;
use crate::{
    auth::audit_log::system,
    clock::Clock,
    config::WebhookSettings,
    db::{Db, DbConnection, DbError},
    events::{self, feed::Feed},
    webhook_endpoints::{self, address::AddressPolicy, queries::Target},
};

pub use attempt::ClientError;

/// The name of this service in the audit log.
const ACTOR: &str = "Webhooks";
/// Longest interval between two polls. It bounds how long a delivery waits that another server has recorded.
const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(1);
/// Shortest interval between two polls.
const MIN_POLL_INTERVAL: TimeDelta = TimeDelta::milliseconds(20);
/// Maximum number of attempts at a time to one endpoint.
const PER_ENDPOINT: usize = 64;
/// Maximum number of attempts at a time.
const TOTAL: usize = 256;
/// How long an attempt holds its delivery: longer than a request can take, and than its result takes to be stored.
const HELD: TimeDelta = TimeDelta::seconds(30);
/// Time limit for attempts in flight at shutdown. Those that take longer are repeated.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(16);

/// Sends deliveries.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
    webhooks: Arc<Webhooks>,
    client: Client,
    waits: Arc<[TimeDelta]>,
}

/// An attempt that has ended.
#[derive(Debug)]
struct Ended {
    claimed: Claimed,
    finished: Finished,
}

/// The attempts in progress.
#[derive(Default)]
struct InFlight {
    tasks: JoinSet<Ended>,
    endpoints: HashMap<Id, WebhookEndpointId>,
}

impl InFlight {
    /// Waits until at least one attempt has ended. Stays pending while there is none.
    async fn ended(&mut self) -> Vec<Ended> {
        let Some(first) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
        let mut ended = Vec::from_iter(self.remove(first));
        while let Some(next) = self.tasks.try_join_next_with_id() {
            ended.extend(self.remove(next));
        }
        ended
    }

    /// An attempt that panicked is repeated when its delivery is no longer held.
    fn remove(&mut self, ended: Result<(Id, Ended), JoinError>) -> Option<Ended> {
        let task = ended.as_ref().map_or_else(JoinError::id, |(task, _)| *task);
        self.endpoints.remove(&task);
        ended.ok().map(|(_, ended)| ended)
    }

    /// Number of attempts that may begin for an endpoint.
    fn free(&self, endpoint: WebhookEndpointId) -> usize {
        let own = self.endpoints.values().filter(|of| **of == endpoint).count();
        PER_ENDPOINT.saturating_sub(own).min(TOTAL.saturating_sub(self.endpoints.len()))
    }
}

impl Sender {
    /// Creates the sender.
    ///
    /// # Errors
    /// When the TLS library cannot be initialised.
    pub(super) fn new(
        settings: &WebhookSettings,
        db: Db,
        clock: Clock,
        feed: Arc<Feed>,
        webhooks: Arc<Webhooks>,
    ) -> Result<Self, ClientError> {
        let client = Client::new(AddressPolicy { private_addresses: settings.private_addresses })?;
        Ok(Self { db, clock, feed, webhooks, client, waits: settings.retries.clone().into() })
    }

    /// Sends until `stop` is set, then waits for the attempts in flight.
    pub(super) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut in_flight = InFlight::default();
        let mut is_failing = false;
        while !*stop.borrow() {
            // Before the poll, so that time that passes during it counts.
            let start = self.clock.monotonic();
            let next_poll = match self.start_due(&mut in_flight).await {
                Ok(next) => {
                    is_failing = false;
                    next
                }
                Err(error) => {
                    if !is_failing && !error.is_unreachable() {
                        tracing::error!(%error, "the deliveries of webhooks cannot be read");
                    }
                    is_failing = true;
                    POLL_INTERVAL
                }
            };
            tokio::select! {
                _ = stop.changed() => break,
                () = self.webhooks.wake.notified() => {}
                ended = in_flight.ended() => self.store(ended).await,
                () = self.clock.sleep_after(start, next_poll) => {}
            }
        }
        let finishing = async {
            while !in_flight.endpoints.is_empty() {
                let ended = in_flight.ended().await;
                self.store(ended).await;
            }
        };
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, finishing).await.is_err() {
            tracing::warn!("shutting down during attempts to send webhooks, which will be repeated");
        }
    }

    /// Claims due deliveries and starts to send them. Returns the time until the next poll.
    async fn start_due(&self, in_flight: &mut InFlight) -> Result<TimeDelta, DbError> {
        let now = self.clock.now();
        // Most polls find nothing to claim, and so do not occupy the database's writer.
        let due = self.db.read(move |conn| queries::due(conn, now)).await?;
        let mut room = Vec::new();
        for target in due.targets {
            let free = in_flight.free(target.endpoint);
            if free > 0 {
                room.push((target, free));
            }
        }
        if !room.is_empty() {
            let claimed = self.db.write(move |conn| claim(conn, room, now)).await?;
            for (target, claimed) in claimed {
                let (client, clock) = (self.client.clone(), self.clock.clone());
                let endpoint = target.endpoint;
                let task = in_flight.tasks.spawn(async move {
                    let finished = client.attempt(&target, &claimed, clock.now()).await;
                    Ended { claimed, finished }
                });
                in_flight.endpoints.insert(task.id(), endpoint);
            }
        }
        Ok(due.next.map_or(POLL_INTERVAL, |next| next - now).clamp(MIN_POLL_INTERVAL, POLL_INTERVAL))
    }

    /// Stores the results of attempts. If this fails, the attempts are repeated.
    async fn store(&self, ended: Vec<Ended>) {
        let (now, waits) = (self.clock.now(), Arc::clone(&self.waits));
        for ended in &ended {
            let outcome = ended.finished.outcome.as_str();
            metrics::counter!("sms_chat_webhook_attempts_total", "outcome" => outcome).increment(1);
        }
        match self.db.write(move |conn| store(conn, &ended, &waits, now)).await {
            Ok(true) => self.feed.wake(),
            Ok(false) => {}
            Err(error) => tracing::error!(%error, "the results of webhooks cannot be stored"),
        }
    }
}

/// Claims due deliveries, for each target up to a number.
fn claim(
    conn: &mut DbConnection,
    room: Vec<(Arc<Target>, usize)>,
    now: DateTime<Utc>,
) -> Result<Vec<(Arc<Target>, Claimed)>, DbError> {
    let mut claimed = Vec::new();
    for (target, free) in room {
        let of_target = queries::claim(conn, &target, now, now + HELD, free)?;
        claimed.extend(of_target.into_iter().map(|delivery| (Arc::clone(&target), delivery)));
    }
    Ok(claimed)
}

/// Stores the results of attempts. Returns whether an endpoint was disabled.
fn store(
    conn: &mut DbConnection,
    ended: &[Ended],
    waits: &[TimeDelta],
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let endpoints = ended.iter().map(|ended| ended.claimed.endpoint).collect();
    webhook_endpoints::queries::lock(conn, &endpoints)?;
    let mut is_disabled = false;
    for Ended { claimed, finished } in ended {
        let next = retry::next(finished.outcome, claimed, waits, rand::random_range(0..=1000));
        let (status, due) = match next {
            Next::Delivered => (DeliveryStatus::Delivered, None),
            Next::Retry(wait) => (DeliveryStatus::Pending, Some(now + wait)),
            Next::Failed | Next::Disable(_) => (DeliveryStatus::Failed, None),
        };
        let is_held = queries::store(conn, claimed, &AttemptResult { status, due, finished })?;
        if !is_held {
            // Another worker has the delivery, or it was replayed or deleted.
            continue;
        }
        match next {
            Next::Retry(wait) => queries::postpone_later(conn, claimed, now + wait)?,
            Next::Disable(reason) => {
                is_disabled |= disable(conn, claimed.endpoint, claimed.team, reason, now)?
            }
            Next::Delivered | Next::Failed => {}
        }
    }
    Ok(is_disabled)
}

/// Disables an endpoint. Returns whether it was enabled.
fn disable(
    conn: &mut DbConnection,
    endpoint: WebhookEndpointId,
    team: TeamId,
    reason: DisabledReason,
    now: DateTime<Utc>,
) -> Result<bool, DbError> {
    let Some(description) = webhook_endpoints::queries::disable(conn, endpoint, reason, now)? else {
        return Ok(false);
    };
    tracing::warn!(%endpoint, ?reason, "a webhook endpoint was disabled");
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)?;
    webhook_endpoints::audit_event(
        AuditAction::WebhookEndpointChanged,
        system(ACTOR),
        team,
        endpoint,
        &description,
    )
    .detail("disabled", reason.as_str())
    .record(conn, now)?;
    Ok(true)
}
