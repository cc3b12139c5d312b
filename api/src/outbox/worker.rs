//! The worker claims due messages and sends them to the gateway: many at a time, but only one at a time between the
//! same two numbers. While the gateway refuses our credentials, the worker only tests them, and resumes once they are
//! accepted.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::MessageId;
use tokio::{
    sync::{Notify, watch},
    task::{Id, JoinError, JoinSet},
};

use super::{
    circuit_breaker::{CircuitBreaker, GatewaySignal},
    claim,
    delivery_attempt::{credentials_retry_interval, held_until},
    doubts::Doubts,
    gateway_access,
    queries::{self, OutboxState},
};
use crate::{
    clock::Clock,
    conversations::scheduled::release::release_due,
    db::{Db, DbError},
    events::feed::Feed,
    gateway::client::{GatewayClient, RequestError},
};

/// Longest interval between two polls. It bounds how long a message queued by another replica waits.
const POLL_INTERVAL: TimeDelta = TimeDelta::seconds(1);
/// Shortest interval between two polls.
const MIN_POLL_INTERVAL: TimeDelta = TimeDelta::milliseconds(20);
/// Time limit for attempts in flight at shutdown. The next process looks up the messages of those that take longer.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(25);

/// Wakes the worker.
#[derive(Debug, Default)]
pub struct Outbox {
    wake: Notify,
}

impl Outbox {
    /// Wakes the worker after a message was queued.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Sends the outbox's messages.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The database that holds the outbox.
    pub db: Db,
    /// The client that sends the messages.
    pub gateway: Arc<GatewayClient>,
    /// The clock.
    pub clock: Clock,
    /// Wakes this worker.
    pub outbox: Arc<Outbox>,
    /// Woken after each change, so that live streams see it.
    pub feed: Arc<Feed>,
    /// Age from which a message is no longer sent.
    pub give_up_after: TimeDelta,
    /// Time that the gateway may take to list a message after an attempt has ended.
    pub list_lag: TimeDelta,
    /// The attempts of unknown outcome that this worker knows of.
    pub doubts: Arc<Doubts>,
}

/// The attempts in progress.
#[derive(Default)]
struct InFlight {
    tasks: JoinSet<GatewaySignal>,
    messages: HashMap<Id, MessageId>,
}

impl InFlight {
    /// Waits until at least one attempt has finished. Stays pending while there is none.
    async fn finished(&mut self) -> Vec<GatewaySignal> {
        let Some(first) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
        let mut signals = vec![self.remove(first)];
        while let Some(next) = self.tasks.try_join_next_with_id() {
            signals.push(self.remove(next));
        }
        signals
    }

    fn remove(&mut self, finished: Result<(Id, GatewaySignal), JoinError>) -> GatewaySignal {
        let (task, signal) = finished.unwrap_or_else(|error| (error.id(), GatewaySignal::Inconclusive));
        self.messages.remove(&task);
        signal
    }
}

impl Worker {
    /// Works until `stop` is set, then waits for the attempts in flight.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let gateway = Arc::clone(&self.gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.warm_up()).await;
        let mut in_flight = InFlight::default();
        let mut breaker = CircuitBreaker::new(credentials_retry_interval(self.gateway.timeout()));
        while !*stop.borrow() {
            // Before the poll, so that time that passes during it counts.
            let start = self.clock.monotonic();
            let next_poll = self.start_due(&mut in_flight, &breaker).await.unwrap_or_else(|error| {
                if !error.is_unreachable() {
                    tracing::error!(%error, "the outbox cannot be read");
                }
                POLL_INTERVAL
            });
            tokio::select! {
                _ = stop.changed() => break,
                () = self.outbox.wake.notified() => {}
                signals = in_flight.finished() => {
                    let now = self.clock.monotonic();
                    signals.into_iter().for_each(|signal| breaker.record(signal, now, rand::random()));
                }
                () = self.clock.sleep_after(start, next_poll) => {}
            }
        }
        let finishing = async { while in_flight.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, finishing).await.is_err() {
            tracing::warn!(
                "shutting down during attempts to send; their messages will be looked up at the gateway"
            );
        }
    }

    /// Claims due messages and starts to send them. Returns the time until the next poll.
    async fn start_due(
        &self,
        in_flight: &mut InFlight,
        breaker: &CircuitBreaker,
    ) -> Result<TimeDelta, DbError> {
        let OutboxState { mut due, scheduled, refused } = self.db.read(queries::state).await?;
        let now = self.clock.now();
        if scheduled.is_some_and(|at| at <= now) && self.release_scheduled(now).await {
            due = Some(now);
        }
        let free = breaker.free_slots(in_flight.tasks.len(), refused, self.clock.monotonic());
        if free == 0 {
            return Ok(POLL_INTERVAL);
        }
        let claimed = match due.filter(|due| *due <= now) {
            // An idle outbox only reads, so it does not occupy the database's writer.
            None => Vec::new(),
            Some(_) => {
                let until = held_until(self.gateway.timeout(), now);
                let own: Vec<MessageId> = in_flight.messages.values().copied().collect();
                self.db.write(move |conn| claim::queries::claim(conn, now, until, &own, free)).await?
            }
        };
        if claimed.is_empty() && refused {
            let worker = self.clone();
            in_flight.tasks.spawn(async move { worker.check_credentials().await });
            return Ok(POLL_INTERVAL);
        }
        let all_slots_used = claimed.len() == free;
        for claimed in claimed {
            let (worker, message) = (self.clone(), claimed.claim.message);
            let task = in_flight.tasks.spawn(async move { worker.attempt_send(claimed, refused).await });
            in_flight.messages.insert(task.id(), message);
        }
        let scheduled = scheduled.filter(|at| *at > now);
        let next = due.into_iter().chain(scheduled).min();
        Ok(if all_slots_used { POLL_INTERVAL } else { until_next(next, now) })
    }

    /// Releases the scheduled messages that are due. Returns whether there were any.
    async fn release_scheduled(&self, now: DateTime<Utc>) -> bool {
        match release_due(&self.db, now).await {
            Ok(0) => false,
            Ok(_) => {
                self.feed.wake();
                true
            }
            Err(error) => {
                tracing::error!(%error, "the scheduled messages cannot be read");
                false
            }
        }
    }

    /// Asks the gateway whether it accepts our credentials again. Called when there is no message to test them with.
    async fn check_credentials(&self) -> GatewaySignal {
        let now = self.clock.now();
        match self.gateway.check_credentials().await {
            Ok(_) => match self.db.write(move |conn| gateway_access::granted(conn, now)).await {
                Ok(()) => {
                    self.feed.wake();
                    GatewaySignal::Success
                }
                Err(_) => GatewaySignal::Failure,
            },
            Err(RequestError::Unauthorised) => GatewaySignal::Unauthorised,
            Err(_) => GatewaySignal::Failure,
        }
    }
}

fn until_next(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    due.map_or(POLL_INTERVAL, |due| due - now).clamp(MIN_POLL_INTERVAL, POLL_INTERVAL)
}
