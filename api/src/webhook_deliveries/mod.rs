//! Deliveries to webhook endpoints (rule 24), by the Standard Webhooks specification. [`dispatch`] records a delivery for
//! each event of the log and each endpoint that wants it, in the transaction that advances the position in the log.
//! [`send`] sends the deliveries: at least once, and in order for each conversation.

pub(crate) mod dispatch;
mod problems;
pub(crate) mod queries;
pub mod replay;
pub mod routes;
pub mod send;

use tokio::sync::Notify;

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
