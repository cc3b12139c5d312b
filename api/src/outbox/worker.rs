//! The worker: takes due texts, hands them to the gateway, several at a time but one at a time to a number, and writes
//! down what came of it. When the gateway does not know us it stops, says so, and tries again with one text.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::TimeDelta;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use super::{
    backoff::backoff,
    queries::{self, Claimed},
    reconcile,
    settle::settle,
};
use crate::{
    clock::Clock,
    consents::record::{OPTED_OUT_AT_GATEWAY, has_opted_out},
    db::{Db, DbError},
    events::feed::Feed,
    gateway::client::{GatewayClient, OutboundText, Outcome},
};

/// How many texts are at the gateway at once.
const AT_ONCE: usize = 32;
/// How long a claim holds: longer than two time-outs of the gateway (look up, then send).
const LEASE: TimeDelta = TimeDelta::seconds(60);
/// How often to look for what other replicas have queued.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// How often to try again while the gateway does not know us.
const LOCKED_OUT: TimeDelta = TimeDelta::seconds(30);

/// What the rest of the desk knows of the worker.
#[derive(Debug, Default)]
pub struct Outbox {
    wake: Notify,
    locked_out: AtomicBool,
}

impl Outbox {
    /// Something was queued.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    /// Whether the gateway turns our credentials away.
    #[must_use]
    pub fn is_locked_out(&self) -> bool {
        self.locked_out.load(Ordering::Relaxed)
    }
}

/// The worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// Where the outbox is.
    pub db: Db,
    /// Who takes the texts.
    pub gateway: Arc<GatewayClient>,
    /// What time it is.
    pub clock: Clock,
    /// Where it is woken.
    pub outbox: Arc<Outbox>,
    /// Who wants to know of changes.
    pub feed: Arc<Feed>,
}

impl Worker {
    /// Works until `stop` says so, then finishes what is at the gateway.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let gateway = Arc::clone(&self.gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.warm_up()).await;
        let mut at_work: JoinSet<()> = JoinSet::new();
        while !*stop.borrow() {
            let free = if self.outbox.is_locked_out() { 1 } else { AT_ONCE }.saturating_sub(at_work.len());
            let due = match self.claim(free).await {
                Ok(claimed) => {
                    for text in claimed {
                        let worker = self.clone();
                        at_work.spawn(async move { worker.hand_over(text).await });
                    }
                    self.next_look().await
                }
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    LOOK
                }
            };
            tokio::select! {
                _ = stop.changed() => break,
                () = self.outbox.wake.notified() => {}
                Some(_) = at_work.join_next() => {}
                () = self.clock.sleep(due) => {}
            }
        }
        while at_work.join_next().await.is_some() {}
    }

    async fn claim(&self, free: usize) -> Result<Vec<Claimed>, DbError> {
        let limit = i64::try_from(free).unwrap_or(0);
        if limit == 0 {
            return Ok(Vec::new());
        }
        let now = self.clock.now();
        // Looking first keeps an idle outbox from taking the writer's turn.
        let due = self.db.read(queries::next_due).await?;
        if due.is_none_or(|due| due > now) {
            return Ok(Vec::new());
        }
        self.db.write(move |conn| queries::claim(conn, now, now + LEASE, limit)).await
    }

    async fn next_look(&self) -> TimeDelta {
        let due = self.db.read(queries::next_due).await.ok().flatten();
        due.map_or(LOOK, |due| due - self.clock.now()).clamp(TimeDelta::milliseconds(20), LOOK)
    }

    async fn hand_over(&self, claimed: Claimed) {
        let text = OutboundText { from: claimed.from, to: claimed.to, body: claimed.body };
        let outcome = match claimed.unknown_since {
            None => self.gateway.send(&text).await,
            Some(since) => match reconcile::find(&self.db, &self.gateway, &text, since).await {
                Ok(Some(gateway_id)) => Outcome::Accepted(gateway_id),
                Ok(None) => self.send_again(&text).await,
                Err(fault) => {
                    tracing::warn!(message = %claimed.message, %fault, "a text's outcome stays unknown");
                    Outcome::Unknown
                }
            },
        };
        self.note(&outcome);
        let wait = match outcome {
            Outcome::Unauthorised => LOCKED_OUT,
            Outcome::Retry(asked) => backoff(claimed.attempts, rand::random(), asked),
            _ => backoff(claimed.attempts, rand::random(), None),
        };
        let (id, now) = (claimed.message, self.clock.now());
        let settled = self.db.write(move |conn| settle(conn, id, &text, &outcome, wait, now)).await;
        if let Err(error) = settled {
            // The claim runs out, and the text is looked up at the gateway before it is sent again.
            tracing::error!(message = %id, %error, "what came of a text could not be written down");
        }
        self.feed.wake();
    }

    /// Sends a text that the gateway certainly does not have, unless its customer has opted out since it was written.
    async fn send_again(&self, text: &OutboundText) -> Outcome {
        let (from, to) = (text.from.clone(), text.to.clone());
        match self.db.read(move |conn| has_opted_out(conn, &from, &to)).await {
            Ok(false) => self.gateway.send(text).await,
            Ok(true) => Outcome::Refused(OPTED_OUT_AT_GATEWAY.to_owned()),
            Err(_) => Outcome::Retry(None),
        }
    }

    fn note(&self, outcome: &Outcome) {
        let word = match outcome {
            Outcome::Accepted(_) => "accepted",
            Outcome::Refused(_) => "refused",
            Outcome::Retry(_) => "retry",
            Outcome::Unknown => "unknown",
            Outcome::Unauthorised => "unauthorised",
        };
        metrics::counter!("sms_chat_hand_overs_total", "outcome" => word).increment(1);
        match outcome {
            Outcome::Unauthorised => {
                if !self.outbox.locked_out.swap(true, Ordering::Relaxed) {
                    tracing::error!(
                        "the gateway refuses our credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
                    );
                }
            }
            Outcome::Accepted(_) | Outcome::Refused(_) => {
                if self.outbox.locked_out.swap(false, Ordering::Relaxed) {
                    tracing::info!("the gateway accepts our credentials again");
                    let (db, now, outbox) = (self.db.clone(), self.clock.now(), Arc::clone(&self.outbox));
                    tokio::spawn(async move {
                        if db.write(move |conn| queries::make_due(conn, now)).await.is_ok() {
                            outbox.wake();
                        }
                    });
                }
            }
            Outcome::Retry(_) | Outcome::Unknown => {}
        }
    }
}
