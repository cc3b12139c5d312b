//! Orders are parsed, serialised, and apply as often as ordered.

use serde_json::{Value, json};

use super::{Call, Failure, Fault, Faults, Order, Receipts, Stage};

fn order(value: Value) -> Order {
    serde_json::from_value(value).expect("a well-formed order")
}

const SEND: Stage = Stage::Request(Call::Send);

#[test]
fn an_order_needs_only_a_fault_and_applies_once_to_any_number() {
    let order = order(json!({"fault": "http_500"}));
    assert_eq!(
        (order.number.as_str(), order.fault, order.times, order.on),
        ("*", Fault::Http500, Some(1), Call::Send)
    );
}

#[test]
fn every_fault_is_parsed_and_serialised() {
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
        (json!({"fault": "receipts", "mode": "late", "ms": 50}), Fault::Receipts(Receipts::Late { ms: 50 })),
        (json!({"fault": "receipts", "mode": "twice"}), Fault::Receipts(Receipts::Twice)),
        (json!({"fault": "receipts", "mode": "reversed"}), Fault::Receipts(Receipts::Reversed)),
        (json!({"fault": "receipts", "mode": "never"}), Fault::Receipts(Receipts::Never)),
        (json!({"fault": "receipts", "mode": "early"}), Fault::Receipts(Receipts::Early)),
        (json!({"fault": "webhook_never"}), Fault::WebhookNever),
        (json!({"fault": "webhook_twice"}), Fault::WebhookTwice),
        (json!({"fault": "latency", "ms": 20}), Fault::Latency { ms: 20 }),
        (json!({"fault": "accept_late", "ms": 20}), Fault::AcceptLate { ms: 20 }),
        (json!({"fault": "queued", "ms": 20}), Fault::Queued { ms: 20 }),
        (json!({"fault": "list_lags", "ms": 20}), Fault::ListLags { ms: 20 }),
        (json!({"fault": "list_ignores_filters"}), Fault::ListIgnoresFilters),
        (json!({"fault": "list_short_pages"}), Fault::ListShortPages),
        (json!({"fault": "http_500", "on": "media"}), Fault::Http500),
    ] {
        let read = order(value);
        assert_eq!(read.fault, fault);
        let written = serde_json::to_value(&read).expect("orders can be written");
        assert_eq!(order(written), read);
    }
}

#[test]
fn an_unknown_fault_is_rejected() {
    assert!(serde_json::from_value::<Order>(json!({"fault": "gremlins"})).is_err());
    assert!(serde_json::from_value::<Order>(json!({"fault": "receipts", "mode": "sideways"})).is_err());
}

#[test]
fn a_fault_applies_exactly_as_often_as_ordered() {
    let mut faults = Faults::default();
    faults.add(vec![order(json!({"number": "+1", "fault": "http_500", "times": 2}))]);
    assert_eq!(faults.take("+2", SEND), None);
    assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
    assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
    assert_eq!(faults.take("+1", SEND), None);
}

#[test]
fn a_fault_with_null_times_applies_until_it_is_cleared() {
    let mut faults = Faults::default();
    faults.add(vec![order(json!({"fault": "http_401", "times": null}))]);
    for _ in 0..5 {
        assert_eq!(faults.take("+1", SEND), Some(Fault::Http401));
    }
    faults.clear(None);
    assert_eq!(faults.take("+1", SEND), None);
}

#[test]
fn an_order_for_one_number_takes_precedence() {
    let mut faults = Faults::default();
    faults
        .add(vec![order(json!({"fault": "http_500"})), order(json!({"number": "+1", "fault": "http_401"}))]);
    assert_eq!(faults.take("+1", SEND), Some(Fault::Http401));
    assert_eq!(faults.take("+1", SEND), Some(Fault::Http500));
}

#[test]
fn a_fault_applies_only_at_its_stage_and_call() {
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
fn clearing_a_number_keeps_the_orders_for_other_numbers() {
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
fn one_of_several_equal_orders_can_be_cancelled() {
    let mut faults = Faults::default();
    faults.add(vec![order(json!({"fault": "http_500"})), order(json!({"fault": "http_500"}))]);
    let ids: Vec<u32> = faults.all().iter().map(|order| order.id).collect();
    faults.cancel(ids[0]);
    assert_eq!(faults.all().iter().map(|order| order.id).collect::<Vec<_>>(), ids[1..]);
}
