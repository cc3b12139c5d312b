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
}

impl Order {
    fn strikes(&self, stage: Stage) -> bool {
        match (&self.fault, stage) {
            (Fault::Latency { .. }, Stage::Delay(call)) => call == self.on,
            (Fault::Fail { .. } | Fault::Receipts(_), Stage::Outcome)
            | (Fault::WebhookNever | Fault::WebhookTwice, Stage::Webhook) => true,
            (
                Fault::TimeoutAfterAccept
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
mod tests {
    use serde_json::{Value, json};

    use super::{Call, Failure, Fault, Faults, Order, Receipts, Stage};

    fn order(value: Value) -> Order {
        serde_json::from_value(value).expect("a well-formed order")
    }

    const SEND: Stage = Stage::Request(Call::Send);

    #[test]
    fn an_order_needs_only_a_fault_and_strikes_everyone_once() {
        let order = order(json!({"fault": "http_500"}));
        assert_eq!(
            (order.number.as_str(), order.fault, order.times, order.on),
            ("*", Fault::Http500, Some(1), Call::Send)
        );
    }

    #[test]
    fn every_kind_of_fault_is_read_and_written_back() {
        for (value, fault) in [
            (json!({"fault": "timeout_after_accept"}), Fault::TimeoutAfterAccept),
            (json!({"fault": "reset_before_accept"}), Fault::ResetBeforeAccept),
            (json!({"fault": "reset_after_accept"}), Fault::ResetAfterAccept),
            (json!({"fault": "http_429"}), Fault::Http429 { retry_after: 1 }),
            (json!({"fault": "http_429", "retry_after": 3}), Fault::Http429 { retry_after: 3 }),
            (json!({"fault": "http_401"}), Fault::Http401),
            (json!({"fault": "error", "code": 21614}), Fault::Error { code: 21_614 }),
            (
                json!({"fault": "fail", "error_code": 30003}),
                Fault::Fail { error_code: 30_003, status: Failure::Undelivered },
            ),
            (
                json!({"fault": "fail", "error_code": 30006, "status": "failed"}),
                Fault::Fail { error_code: 30_006, status: Failure::Failed },
            ),
            (
                json!({"fault": "receipts", "mode": "late", "ms": 50}),
                Fault::Receipts(Receipts::Late { ms: 50 }),
            ),
            (json!({"fault": "receipts", "mode": "twice"}), Fault::Receipts(Receipts::Twice)),
            (json!({"fault": "receipts", "mode": "reversed"}), Fault::Receipts(Receipts::Reversed)),
            (json!({"fault": "receipts", "mode": "never"}), Fault::Receipts(Receipts::Never)),
            (json!({"fault": "receipts", "mode": "early"}), Fault::Receipts(Receipts::Early)),
            (json!({"fault": "webhook_never"}), Fault::WebhookNever),
            (json!({"fault": "webhook_twice"}), Fault::WebhookTwice),
            (json!({"fault": "latency", "ms": 20}), Fault::Latency { ms: 20 }),
            (json!({"fault": "http_500", "on": "media"}), Fault::Http500),
        ] {
            let read = order(value);
            assert_eq!(read.fault, fault);
            let written = serde_json::to_value(&read).expect("orders can be written");
            assert_eq!(order(written), read);
        }
    }

    #[test]
    fn an_unknown_fault_is_refused() {
        assert!(serde_json::from_value::<Order>(json!({"fault": "gremlins"})).is_err());
        assert!(serde_json::from_value::<Order>(json!({"fault": "receipts", "mode": "sideways"})).is_err());
    }

    #[test]
    fn a_fault_strikes_as_often_as_ordered_and_then_no_more() {
        let mut faults = Faults::default();
        faults.add(vec![order(json!({"number": "+1", "fault": "http_500", "times": 2}))]);
        assert_eq!(faults.take("+2", SEND), None);
        assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
        assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
        assert_eq!(faults.take("+1", SEND), None);
    }

    #[test]
    fn null_times_strikes_until_it_is_cleared() {
        let mut faults = Faults::default();
        faults.add(vec![order(json!({"fault": "http_401", "times": null}))]);
        for _ in 0..5 {
            assert_eq!(faults.take("+1", SEND), Some(Fault::Http401));
        }
        faults.clear(None);
        assert_eq!(faults.take("+1", SEND), None);
    }

    #[test]
    fn an_order_for_the_number_goes_before_one_for_everyone() {
        let mut faults = Faults::default();
        faults.add(vec![
            order(json!({"fault": "http_500"})),
            order(json!({"number": "+1", "fault": "http_401"})),
        ]);
        assert_eq!(faults.take("+1", SEND), Some(Fault::Http401));
        assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
    }

    #[test]
    fn a_fault_waits_for_its_own_stage_and_call() {
        let mut faults = Faults::default();
        faults.add(vec![
            order(json!({"fault": "receipts", "mode": "twice"})),
            order(json!({"fault": "http_500", "on": "read"})),
        ]);
        assert_eq!(faults.take("+1", SEND), None);
        assert_eq!(faults.take("+1", Stage::Webhook), None);
        assert_eq!(faults.take("+1", Stage::Request(Call::Read)), Some(Fault::Http500));
        assert_eq!(faults.take("+1", Stage::Outcome), Some(Fault::Receipts(Receipts::Twice)));
    }

    #[test]
    fn clearing_a_number_leaves_the_orders_of_others() {
        let mut faults = Faults::default();
        faults.add(vec![
            order(json!({"number": "+1", "fault": "http_500"})),
            order(json!({"number": "+2", "fault": "http_500"})),
        ]);
        faults.clear(Some("+1"));
        assert_eq!(faults.all().len(), 1);
        assert_eq!(faults.take("+2", SEND), Some(Fault::Http500));
    }

    #[test]
    fn one_order_can_be_cancelled_among_others_that_are_alike() {
        let mut faults = Faults::default();
        faults.add(vec![order(json!({"fault": "http_500"})), order(json!({"fault": "http_500"}))]);
        let ids: Vec<u32> = faults.all().iter().map(|order| order.id).collect();
        faults.cancel(ids[0]);
        assert_eq!(faults.all().iter().map(|order| order.id).collect::<Vec<_>>(), ids[1..]);
    }
}
