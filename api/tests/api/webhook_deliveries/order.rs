//! The order of deliveries: for each conversation that of its events.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use serde_json::Value;

use super::{arrived, attempts, endpoint, private_addresses, stored};
use crate::support::{
    TestApp,
    fixtures::{SAM, STRANGER, stranger},
    on_both_databases,
    receiver::{Received, Receiver},
};

on_both_databases![with private_addresses;
    a_failed_delivery_delays_those_of_its_conversation_and_no_others,
    the_deliveries_of_a_conversation_arrive_in_order,
    a_delivery_whose_server_disappeared_is_sent_again,
];

fn text(received: &Received) -> Value {
    received.json()["data"]["message"]["body"].clone()
}

async fn a_failed_delivery_delays_those_of_its_conversation_and_no_others(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    receiver.answer_by(|received| {
        let status = if text(received) == "One" { 500 } else { 200 };
        (status, String::new(), String::new())
    });
    app.inbound(STRANGER, "One").await;
    attempts(&app, 1).await;
    app.inbound(STRANGER, "Two").await;
    app.inbound(&stranger(1), "Other").await;
    stored(&app, 1, "delivered").await;
    assert_eq!(receiver.received().iter().map(text).collect::<Vec<_>>(), ["One", "Other"]);
    receiver.answer(200);
    app.advance(TimeDelta::seconds(6));
    stored(&app, 3, "delivered").await;
    assert_eq!(receiver.received().iter().map(text).collect::<Vec<_>>(), ["One", "Other", "One", "Two"]);
    let [first, _, second, _] = receiver.received().try_into().unwrap();
    assert_eq!(first.header("webhook-id"), second.header("webhook-id"));
}

async fn the_deliveries_of_a_conversation_arrive_in_order(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    // The first attempt of each delivery fails.
    let mut attempted = BTreeSet::new();
    receiver.answer_by(move |received| {
        let is_first = attempted.insert(received.header("webhook-id").to_owned());
        (if is_first { 503 } else { 200 }, String::new(), String::new())
    });
    for n in 0..20 {
        app.inbound(&stranger(n % 4), &format!("{n:02}")).await;
    }
    app.advance_until("all are delivered", async || {
        (app.database.count("webhook_deliveries", "status = 'delivered'") == 20).then_some(())
    })
    .await;
    for customer in 0..4 {
        let accepted: Vec<Value> = receiver
            .received()
            .iter()
            .filter(|one| one.is_accepted())
            .filter(|one| one.json()["data"]["conversation"]["number"] == stranger(customer))
            .map(text)
            .collect();
        let sent: Vec<Value> = (0..5).map(|n| format!("{:02}", customer + 4 * n).into()).collect();
        assert_eq!(accepted, sent, "customer {customer}");
    }
}

async fn a_delivery_whose_server_disappeared_is_sent_again(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    app.inbound(STRANGER, "Hello").await;
    stored(&app, 1, "delivered").await;
    // As if the server had been killed after the request, before it stored the result.
    let held =
        crate::support::database::sql_timestamp(app.database.kind, app.clock.now() + TimeDelta::seconds(30));
    let claimed = format!("UPDATE webhook_deliveries SET status = 'pending', attempts = 0, due_at = {held}");
    app.database.run(&claimed).unwrap();
    app.advance(TimeDelta::seconds(29));
    app.inbound(&stranger(1), "Other").await;
    stored(&app, 1, "delivered").await;
    app.advance(TimeDelta::seconds(1));
    stored(&app, 2, "delivered").await;
    let received = arrived(&receiver, 3).await;
    assert_eq!(received[0].header("webhook-id"), received[2].header("webhook-id"));
}
