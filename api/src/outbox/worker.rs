//! The worker: takes due texts and hands them to the gateway, several at a time but one at a time to a number. When the
//! gateway does not know us it stops, says so, and goes on by itself once it is known.

use std::{collections::HashMap, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::MessageId;
use tokio::{
    sync::{Notify, watch},
    task::{Id, JoinError, JoinSet},
};

use super::{
    hand_over::{held_until, refused_for},
    pace::{Heard, Pace},
    queries::{self, Look},
};
use crate::{
    clock::Clock,
    db::{Db, DbError},
    events::feed::Feed,
    gateway::{
        access,
        client::{AskError, GatewayClient},
    },
};

/// How often to look for what other replicas have queued.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// The soonest next look.
const SOON: TimeDelta = TimeDelta::milliseconds(20);
/// How long what is at the gateway may take when the desk ends; what takes longer is looked up by the next one.
const LAST_ORDERS: Duration = Duration::from_secs(25);

/// Where the worker is woken.
#[derive(Debug, Default)]
pub struct Outbox {
    wake: Notify,
}

impl Outbox {
    /// Something was queued.
    pub fn wake(&self) {
        self.wake.notify_one();
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
    /// How old a text may become before it is not sent any more.
    pub give_up_after: TimeDelta,
    /// How long the gateway may take to list a message after an attempt is over.
    pub list_lag: TimeDelta,
}

/// What is at the gateway.
#[derive(Default)]
struct AtWork {
    tasks: JoinSet<Heard>,
    texts: HashMap<Id, MessageId>,
}

impl AtWork {
    /// Somebody is done. Never returns while nobody is at work.
    async fn done(&mut self) -> Vec<Heard> {
        let Some(first) = self.tasks.join_next_with_id().await else { return std::future::pending().await };
        let mut heard = vec![self.take(first)];
        while let Some(next) = self.tasks.try_join_next_with_id() {
            heard.push(self.take(next));
        }
        heard
    }

    fn take(&mut self, done: Result<(Id, Heard), JoinError>) -> Heard {
        let (task, heard) = done.unwrap_or_else(|error| (error.id(), Heard::Nothing));
        self.texts.remove(&task);
        heard
    }
}

impl Worker {
    /// Works until `stop` says so, then finishes what is at the gateway.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        let gateway = Arc::clone(&self.gateway);
        let _ = tokio::task::spawn_blocking(move || gateway.warm_up()).await;
        let mut at_work = AtWork::default();
        let mut pace = Pace::new(refused_for(self.gateway.timeout()));
        while !*stop.borrow() {
            let next_look = self.hand_out(&mut at_work, &pace).await.unwrap_or_else(|error| {
                tracing::error!(%error, "the outbox cannot be read");
                LOOK
            });
            tokio::select! {
                _ = stop.changed() => break,
                () = self.outbox.wake.notified() => {}
                heard = at_work.done() => {
                    let now = self.clock.monotonic();
                    heard.into_iter().for_each(|heard| pace.note(heard, now, rand::random()));
                }
                () = self.clock.sleep(next_look) => {}
            }
        }
        let finishing = async { while at_work.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_ORDERS, finishing).await.is_err() {
            tracing::warn!("texts are still at the gateway; they will be looked up there");
        }
    }

    /// Takes what is due and sets to work on it; when to look again.
    async fn hand_out(&self, at_work: &mut AtWork, pace: &Pace) -> Result<TimeDelta, DbError> {
        let Look { due, refused } = self.db.read(queries::look).await?;
        let now = self.clock.now();
        let room = pace.room(at_work.tasks.len(), refused, self.clock.monotonic());
        if room == 0 {
            return Ok(LOOK);
        }
        let claimed = match due.filter(|due| *due <= now) {
            // Looking first keeps an idle outbox from taking the writer's turn.
            None => Vec::new(),
            Some(_) => {
                let (until, held) =
                    (held_until(self.gateway.timeout(), now), at_work.texts.values().copied());
                let held: Vec<MessageId> = held.collect();
                self.db.write(move |conn| queries::claim(conn, now, until, &held, room)).await?
            }
        };
        if claimed.is_empty() && refused {
            let worker = self.clone();
            at_work.tasks.spawn(async move { worker.knock().await });
            return Ok(LOOK);
        }
        let all = claimed.len() == room;
        for text in claimed {
            let (worker, message) = (self.clone(), text.claim.message);
            let task = at_work.tasks.spawn(async move { worker.hand_over(text, refused).await });
            at_work.texts.insert(task.id(), message);
        }
        Ok(if all { LOOK } else { until_next(due, now) })
    }

    /// With nothing to send, asks the gateway whether it lets us in again.
    async fn knock(&self) -> Heard {
        let now = self.clock.now();
        match self.gateway.greet().await {
            Ok(_) => match self.db.write(move |conn| access::granted(conn, now)).await {
                Ok(()) => {
                    self.feed.wake();
                    Heard::Answer
                }
                Err(_) => Heard::Trouble,
            },
            Err(AskError::Unauthorised) => Heard::Refusal,
            Err(AskError::Unavailable(_)) => Heard::Trouble,
        }
    }
}

fn until_next(due: Option<DateTime<Utc>>, now: DateTime<Utc>) -> TimeDelta {
    due.map_or(LOOK, |due| due - now).clamp(SOON, LOOK)
}
