//! The faults that can be ordered, and which one strikes next. A fault is used up in the moment it strikes; it
//! must never strike more often than it was ordered to.

use serde::{Deserialize, Serialize};

use crate::ledger::Status;

/// The number that stands for every number.
pub(crate) const EVERYONE: &str = "*";

/// An ordered fault: what, for whom, how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    /// By which it can be cleared; given when it is taken.
    #[serde(skip_deserializing)]
    pub(crate) id: u32,
    /// The customer's number, or `*`. An order for the number itself goes before one for everyone.
    #[serde(default = "everyone")]
    pub(crate) number: String,
    #[serde(flatten)]
    pub(crate) fault: Fault,
    /// How often it strikes; `null` is until it is cleared.
    #[serde(default = "once")]
    pub(crate) times: Option<u32>,
    /// Which REST calls it strikes; faults of other stages take no notice.
    #[serde(default)]
    pub(crate) on: Call,
}

/// What goes wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub(crate) enum Fault {
    /// The text is accepted, and the caller never hears of it.
    TimeoutAfterAccept,
    /// The text is accepted so much later, and the caller never hears of it.
    AcceptLate { ms: u64 },
    /// Accepted, and kept `queued` with no `date_sent` for so long.
    Queued { ms: u64 },
    /// The connection is reset, and nothing was accepted.
    ResetBeforeAccept,
    /// The text is accepted, and the connection is reset instead of an answer.
    ResetAfterAccept,
    /// Too many requests, with `Retry-After` in seconds.
    #[serde(rename = "http_429")]
    Http429 {
        #[serde(default = "a_second")]
        retry_after: u32,
    },
    /// Twilio has a bad day.
    #[serde(rename = "http_500")]
    Http500,
    /// The credentials are refused, right or not.
    #[serde(rename = "http_401")]
    Http401,
    /// Refused for good, with one of Twilio's error codes.
    Error { code: u32 },
    /// Accepted, and then the carrier says that it cannot be delivered.
    Fail {
        error_code: u32,
        #[serde(default)]
        status: Failure,
    },
    /// Accepted and delivered, but the receipts misbehave.
    Receipts(Receipts),
    /// An inbound text whose webhook is never posted.
    WebhookNever,
    /// An inbound text whose webhook is posted twice.
    WebhookTwice,
    /// The call takes this much longer.
    Latency { ms: u64 },
    /// A list lacks the texts that were accepted within this time.
    ListLags { ms: u64 },
    /// A list takes no notice of `To`, `From` and `DateSent`.
    ListIgnoresFilters,
    /// A list begins with an empty page, and has two texts a page after that.
    ListShortPages,
}

/// How receipts misbehave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case")]
pub(crate) enum Receipts {
    /// The last one comes only after this long.
    Late { ms: u64 },
    /// Each comes twice.
    Twice,
    /// The last comes first.
    Reversed,
    /// None comes, although the text is delivered.
    Never,
    /// All come before the caller has the answer to its call.
    Early,
}

/// How a text fails after it was accepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failure {
    /// It never left.
    Failed,
    /// It left and did not arrive.
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

/// Which REST calls a fault strikes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Call {
    /// Sending a text.
    #[default]
    Send,
    /// Listing the texts of a number. (A fetch of one text knows no number, so only `*` strikes it.)
    Read,
    /// Fetching a picture.
    Media,
}

/// When a fault can strike: each stage uses up at most one order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Before a REST call.
    Delay(Call),
    /// In a REST call.
    Request(Call),
    /// After a text was accepted.
    Outcome,
    /// When an inbound text is posted to the desk.
    Webhook,
    /// When a list chooses its texts by age.
    ListAge,
    /// When a list is filtered.
    ListFilter,
    /// When a list is cut into pages.
    ListPage,
}

impl Order {
    fn strikes(&self, stage: Stage) -> bool {
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

/// The orders that have not been used up, in the order they were given.
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

    /// Forgets the orders for one number (`*` is those for everyone), or all of them.
    pub(crate) fn clear(&mut self, number: Option<&str>) {
        self.orders.retain(|order| number.is_some_and(|number| order.number != number));
    }

    /// Forgets one order.
    pub(crate) fn cancel(&mut self, id: u32) {
        self.orders.retain(|order| order.id != id);
    }

    /// The fault that strikes this number at this stage, used up by one.
    pub(crate) fn take(&mut self, number: &str, stage: Stage) -> Option<Fault> {
        let place = |wanted: &str| {
            self.orders.iter().position(|order| order.number == wanted && order.strikes(stage))
        };
        let place = place(number).or_else(|| place(EVERYONE))?;
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

fn everyone() -> String {
    EVERYONE.to_owned()
}

const fn once() -> Option<u32> {
    Some(1)
}

const fn a_second() -> u32 {
    1
}

#[cfg(test)]
mod tests;
