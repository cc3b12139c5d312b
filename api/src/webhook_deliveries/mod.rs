//! Deliveries to webhook endpoints (rule 24), by the Standard Webhooks specification. `dispatch` records a delivery for
//! each event of the log and each endpoint that wants it, in the transaction that advances the position in the log.
//! `send` sends the deliveries: at least once, and in order for each conversation.

mod dispatch;
mod problems;
pub(crate) mod queries;
pub mod replay;
pub mod routes;
mod send;

use std::sync::Arc;

use tokio::{
    sync::{Notify, watch},
    task::JoinHandle,
};

use self::{dispatch::Dispatcher, send::Sender};
use crate::{clock::Clock, config::WebhookSettings, db::Db, events::feed::Feed};

pub use send::ClientError;

/// Wakes the sender.
#[derive(Debug, Default)]
pub struct Webhooks {
    wake: Notify,
}

impl Webhooks {
    /// Wakes the sender after a delivery was recorded or became due.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

/// Starts the tasks that record and send deliveries, which end once `stopped` is set.
///
/// # Errors
/// When the TLS library cannot be initialised.
pub(crate) fn start(
    settings: &WebhookSettings,
    db: &Db,
    clock: &Clock,
    feed: &Arc<Feed>,
    stopped: &watch::Receiver<bool>,
) -> Result<(Arc<Webhooks>, [JoinHandle<()>; 2]), ClientError> {
    let webhooks = Arc::new(Webhooks::default());
    let dispatcher = Dispatcher {
        db: db.clone(),
        clock: clock.clone(),
        feed: Arc::clone(feed),
        webhooks: Arc::clone(&webhooks),
    };
    let sender = Sender::new(settings, db.clone(), clock.clone(), Arc::clone(feed), Arc::clone(&webhooks))?;
    let tasks = [tokio::spawn(dispatcher.run(stopped.clone())), tokio::spawn(sender.run(stopped.clone()))];
    Ok((webhooks, tasks))
}
