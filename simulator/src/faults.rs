//! The faults that can be ordered, and which one applies next. `Faults::take` counts each use, so that a fault applies
//! at most as often as ordered.

use serde::{Deserialize, Serialize};

use crate::ledger::Status;

/// Stands for every number.
pub(crate) const EVERY_NUMBER: &str = "*";

/// An ordered fault: which, for which number, how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// Identifies the order, so that it can be cleared; assigned by `Faults::add`.
    #[serde(skip_deserializing)]
    pub(crate) id: u32,
    /// The customer's number, or `*`. An order for one number takes precedence over one for `*`.
    #[serde(default = "every_number")]
    pub(crate) number: String,
    #[serde(flatten)]
    pub(crate) fault: Fault,
    /// How often it applies; `null` means until it is cleared.
    #[serde(default = "once")]
    pub(crate) times: Option<u32>,
    /// Which REST calls it applies to; faults of other stages ignore it.
    #[serde(default)]
    pub(crate) on: Call,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub(crate) enum Fault {
    /// The message is accepted, but no response is sent.
    TimeoutAfterAccept,
    /// The message is accepted after a delay, and no response is sent.
    AcceptLate { ms: u64 },
    /// The message is accepted, and stays `queued` without `date_sent` for a while.
    Queued { ms: u64 },
    /// The connection is reset, and the message is not accepted.
    ResetBeforeAccept,
    /// The message is accepted, and the connection is reset instead of a response.
    ResetAfterAccept,
    /// Too many requests, with `Retry-After` in seconds.
    #[serde(rename = "http_429")]
    Http429 {
        #[serde(default = "one_second")]
        retry_after: u32,
    },
    /// Internal server error.
    #[serde(rename = "http_500")]
    Http500,
    /// The credentials are rejected, even if they are correct.
    #[serde(rename = "http_401")]
    Http401,
    /// The message is rejected permanently, with one of Twilio's error codes.
    Error { code: u32 },
    /// The message is accepted, but cannot be delivered.
    Fail {
        error_code: u32,
        #[serde(default)]
        status: Failure,
    },
    /// The message is delivered, but its receipts are not as usual.
    Receipts(Receipts),
    /// The webhook of an inbound message is not posted.
    WebhookNever,
    /// The webhook of an inbound message is posted twice.
    WebhookTwice,
    /// The call takes longer.
    Latency { ms: u64 },
    /// A list lacks the messages accepted within this time.
    ListLags { ms: u64 },
    /// A list ignores `To`, `From` and `DateSent`.
    ListIgnoresFilters,
    /// A list starts with an empty page, followed by pages of two messages.
    ListShortPages,
}

/// How receipts deviate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum Receipts {
    /// The last receipt is late by this time.
    Late { ms: u64 },
    /// Each receipt comes twice.
    Twice,
    /// The last receipt comes first.
    Reversed,
    /// No receipt comes, although the message is delivered.
    Never,
    /// All receipts come before the response to the request.
    Early,
}

/// How a message fails after it was accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// It was not sent.
    Failed,
    /// It was sent, but did not arrive.
    #[default]
    Undelivered,
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Failed => Self::Failed,
            Failure::Undelivered => Self::Undelivered,
        }
    }
}

/// The REST calls that a fault applies to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// Sending a message.
    #[default]
    Send,
    /// Listing messages, or fetching one. A fetch has no number, so only a fault for `*` applies to it.
    Read,
    /// Fetching a picture.
    Media,
}

/// When a fault can apply. Each stage uses at most one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before a REST call.
    Delay(Call),
    /// In a REST call.
    Request(Call),
    /// After a message was accepted.
    Outcome,
    /// When an inbound message is posted to the server.
    Webhook,
    /// When a list selects messages by age.
    ListAge,
    /// When a list is filtered.
    ListFilter,
    /// When a list is divided into pages.
    ListPage,
}

impl Order {
    fn applies(&self, stage: Stage) -> bool {
        match (&self.fault, stage) {
            (Fault::Latency { .. }, Stage::Delay(call)) => call == self.on,
            (Fault::Fail { .. } | Fault::Receipts(_) | Fault::Queued { .. }, Stage::Outcome)
            | (Fault::ListLags { .. }, Stage::ListAge)
            | (Fault::ListIgnoresFilters, Stage::ListFilter)
            | (Fault::ListShortPages, Stage::ListPage)
            | (Fault::WebhookNever | Fault::WebhookTwice, Stage::Webhook) => true,
            (
                Fault::TimeoutAfterAccept
                | Fault::AcceptLate { .. }
                | Fault::ResetBeforeAccept
                | Fault::ResetAfterAccept
                | Fault::Http429 { .. }
                | Fault::Http500
                | Fault::Http401
                | Fault::Error { .. },
                Stage::Request(call),
            ) => call == self.on,
            _ => false,
        }
    }
}

/// The active orders, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    orders: Vec<Order>,
    last_id: u32,
}

impl Faults {
    pub(crate) fn all(&self) -> &[Order] {
        &self.orders
    }

    pub(crate) fn add(&mut self, orders: Vec<Order>) {
        for order in orders.into_iter().filter(|order| order.times != Some(0)) {
            self.last_id += 1;
            self.orders.push(Order { id: self.last_id, ..order });
        }
    }

    /// Removes the orders for one number (`*`: those for every number), or all of them.
    pub(crate) fn clear(&mut self, number: Option<&str>) {
        self.orders.retain(|order| number.is_some_and(|number| order.number != number));
    }

    /// Removes one order.
    pub(crate) fn cancel(&mut self, id: u32) {
        self.orders.retain(|order| order.id != id);
    }

    /// Returns the fault that applies to this number at this stage, and counts the use.
    pub(crate) fn take(&mut self, number: &str, stage: Stage) -> Option<Fault> {
        let place = |wanted: &str| {
            self.orders.iter().position(|order| order.number == wanted && order.applies(stage))
        };
        let place = place(number).or_else(|| place(EVERY_NUMBER))?;
        let order = self.orders.get_mut(place)?;
        let fault = order.fault.clone();
        if let Some(times) = &mut order.times {
            *times = times.saturating_sub(1);
            if *times == 0 {
                self.orders.remove(place);
            }
        }
        Some(fault)
    }
}

fn every_number() -> String {
    EVERY_NUMBER.to_owned()
}

const fn once() -> Option<u32> {
    Some(1)
}

const fn one_second() -> u32 {
    1
}

#[cfg(test)]
mod tests;
