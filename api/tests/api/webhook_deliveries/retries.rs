//! Retries, and what disables an endpoint.

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{arrived, attempts, endpoint, private_addresses, stored};
use crate::support::{
    Client, TestApp,
    database::sql_timestamp,
    eventually,
    fixtures::{ADMIN, ANN, SAM, STRANGER, SUPPORT, stranger},
    on_both_databases,
    receiver::Receiver,
};

on_both_databases![with private_addresses;
    a_delivery_is_retried_on_the_schedule_and_then_disables_its_endpoint,
    enabling_sends_what_failed_and_what_waits_in_order,
    gone_disables_the_endpoint_at_once,
    me_counts_the_endpoints_that_the_server_has_disabled,
    a_redirect_is_not_followed,
    a_disabled_endpoint_gets_nothing_until_it_is_enabled,
];

async fn of(client: &Client, endpoint: &Value) -> Value {
    client.get(&format!("/webhook_endpoints/{}", endpoint["id"])).await.expect(200)
}

async fn enable(client: &Client, endpoint: &Value, enabled: bool) {
    let path = format!("/webhook_endpoints/{}", endpoint["id"]);
    let change = json!({"url": endpoint["url"], "event_types": endpoint["event_types"], "enabled": enabled});
    client.put(&path, change).await.expect(200);
}

async fn disabled(client: &Client, endpoint: &Value) -> Value {
    eventually("the endpoint is disabled", async || {
        Some(of(client, endpoint).await).filter(|found| found["enabled"] == false)
    })
    .await
}

async fn a_delivery_is_retried_on_the_schedule_and_then_disables_its_endpoint(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    receiver.answer(500);
    app.inbound(STRANGER, "Hello").await;
    let waits = [5, 300, 1800, 7200, 18_000, 36_000, 36_000].map(TimeDelta::seconds);
    for (made, wait) in (1..).zip(waits) {
        attempts(&app, made).await;
        // Up to a tenth later.
        let due = app.database.strings("SELECT CAST(due_at AS TEXT) AS value FROM webhook_deliveries");
        assert_eq!(due.len(), 1);
        let [first, last] =
            [wait, wait + wait / 10].map(|after| sql_timestamp(app.database.kind, app.clock.now() + after));
        let in_time = format!("due_at BETWEEN {first} AND {last}");
        assert_eq!(app.database.count("webhook_deliveries", &in_time), 1, "retry {made}: {due:?}");
        app.advance(wait - TimeDelta::seconds(1));
        let unrelated = stranger(usize::try_from(made).unwrap());
        app.inbound_to(crate::support::fixtures::SUPPORT_NUMBER, &unrelated, "Unrelated").await;
        assert_eq!(receiver.count(), usize::try_from(made).unwrap(), "attempt {made} came early");
        app.advance(wait / 10 + TimeDelta::seconds(2));
    }
    let sam = app.signed_in(SAM).await;
    let disabled = disabled(&sam, &created).await;
    assert_eq!(disabled["disabled_reason"], "failing");
    assert_eq!(receiver.count(), 8);
    stored(&app, 1, "failed").await;
}

async fn enabling_sends_what_failed_and_what_waits_in_order(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    receiver.answer(410);
    app.inbound(STRANGER, "One").await;
    disabled(&sam, &created).await;
    app.inbound(STRANGER, "Two").await;
    stored(&app, 1, "pending").await;
    receiver.answer(200);
    enable(&sam, &created, true).await;
    stored(&app, 2, "delivered").await;
    let bodies: Vec<Value> =
        receiver.received()[1..].iter().map(|one| one.json()["data"]["message"]["body"].clone()).collect();
    assert_eq!(bodies, ["One", "Two"]);
}

async fn gone_disables_the_endpoint_at_once(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    receiver.answer(410);
    app.inbound(STRANGER, "Hello").await;
    let disabled = disabled(&sam, &created).await;
    assert_eq!(disabled["disabled_reason"], "gone");
    let entry = "actor_name = 'Webhooks' AND subject_label = 'CRM' AND details = '{\"disabled\":\"gone\"}'";
    assert_eq!(app.database.count("audit_entries", entry), 1);
    assert!(disabled["disabled_at"].is_string());
    stored(&app, 1, "failed").await;
    assert_eq!(receiver.count(), 1);
}

async fn me_counts_the_endpoints_that_the_server_has_disabled(app: TestApp) {
    let (sam, admin) = (app.signed_in(SAM).await, app.signed_in(ADMIN).await);
    let count =
        async |client: &Client| client.get("/me").await.expect(200)["disabled_webhook_endpoints"].clone();
    let receiver = Receiver::start();
    let disabled_by_hand = endpoint(&sam, &receiver, &["conversation.closed"]).await;
    enable(&sam, &disabled_by_hand, false).await;
    assert_eq!(count(&sam).await, 0);
    receiver.answer(410);
    let gone = endpoint(&sam, &receiver, &["message.received"]).await;
    app.inbound(STRANGER, "Hello").await;
    disabled(&sam, &gone).await;
    assert_eq!((count(&sam).await, count(&admin).await), (json!(1), json!(1)));
    assert_eq!(count(&app.signed_in(ANN).await).await, 0, "Ann does not manage teams");
    let key = json!({"name": "Support", "permissions": ["manage_team"], "team_ids": [SUPPORT]});
    let key = admin.post("/api_keys", key).await.expect(201);
    let of_support = app.anonymous.with_token(key["secret"].as_str().unwrap());
    assert_eq!(count(&of_support).await, 0, "another team's");
    // Enabling sends the failed delivery again.
    receiver.answer(204);
    enable(&sam, &gone, true).await;
    assert_eq!(count(&sam).await, 0);
}

async fn a_redirect_is_not_followed(app: TestApp) {
    let (sam, receiver, target) = (app.signed_in(SAM).await, Receiver::start(), Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    let location = format!("location: {}\r\n", target.url());
    receiver.answer_by(move |_| (307, location.clone(), String::new()));
    sam.post(&format!("/webhook_endpoints/{}/test", created["id"]), json!({})).await.expect(201);
    stored(&app, 1, "failed").await;
    assert_eq!((receiver.count(), target.count()), (1, 0));
    let log = sam.get(&format!("/webhook_endpoints/{}/deliveries", created["id"])).await.items();
    assert_eq!(log[0]["response_status"], 307);
}

async fn a_disabled_endpoint_gets_nothing_until_it_is_enabled(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let (stopped, other) = (endpoint(&sam, &receiver, &["message.received"]).await, Receiver::start());
    endpoint(&sam, &other, &["message.received"]).await;
    enable(&sam, &stopped, false).await;
    app.inbound(STRANGER, "Hello").await;
    arrived(&other, 1).await;
    stored(&app, 1, "delivered").await;
    assert_eq!(receiver.count(), 0);
    enable(&sam, &stopped, true).await;
    arrived(&receiver, 1).await;
    stored(&app, 2, "delivered").await;
}
