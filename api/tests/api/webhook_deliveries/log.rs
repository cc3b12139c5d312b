//! The log of deliveries, tests and replays.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::{EndpointDisabled, NotFound};

use super::{arrived, endpoint, private_addresses, stored};
use crate::support::{
    ApiResponse, TestApp, eventually,
    fixtures::{ADMIN, CLAIMS, SAM, STRANGER, stranger},
    on_both_databases,
    receiver::Receiver,
};

on_both_databases![with private_addresses;
    the_log_has_pages_and_a_filter,
    an_answer_that_is_not_text_is_stored_shortened,
    a_replay_sends_the_same_delivery_again,
    a_repeated_replay_or_test_with_the_same_key_sends_once,
    nothing_is_sent_to_a_disabled_endpoint,
    a_delivery_of_another_team_is_not_found,
    deliveries_are_deleted_after_30_days,
];

async fn the_log_has_pages_and_a_filter(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    let path = format!("/webhook_endpoints/{}/deliveries", created["id"]);
    for n in 0..5 {
        app.inbound(&stranger(n), "Hello").await;
    }
    stored(&app, 5, "delivered").await;
    receiver.answer(404);
    sam.post(&format!("/webhook_endpoints/{}/test", created["id"]), json!({})).await.expect(201);
    stored(&app, 1, "failed").await;
    let pages = sam.pages(&format!("{path}?limit=4")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [4, 2]);
    let failed = sam.get(&format!("{path}?status=failed")).await.items();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["response_status"], 404);
    assert_eq!(failed[0]["response"], "status 404");
    assert_eq!(failed[0]["attempts"], 1);
    assert_eq!(sam.get(&format!("{path}?status=delivered")).await.items().len(), 5);
    assert_eq!(sam.get(&format!("{path}?status=lost")).await.status, 400);
}

async fn an_answer_that_is_not_text_is_stored_shortened(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    receiver.answer_by(|_| (200, String::new(), "\0é".repeat(100_000)));
    let path = format!("/webhook_endpoints/{}", created["id"]);
    sam.post(&format!("{path}/test"), json!({})).await.expect(201);
    stored(&app, 1, "delivered").await;
    let log = sam.get(&format!("{path}/deliveries")).await.items();
    let response = log[0]["response"].as_str().unwrap();
    assert_eq!(response.chars().count(), 500);
    assert!(response.starts_with("\u{fffd}é"));
}

async fn a_replay_sends_the_same_delivery_again(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    app.inbound(STRANGER, "Hello").await;
    stored(&app, 1, "delivered").await;
    let id = app.database.integer("SELECT id FROM webhook_deliveries");
    let replayed = sam.post(&format!("/webhook_deliveries/{id}/replay"), json!({})).await.expect(201);
    assert_eq!((&replayed["status"], &replayed["attempts"]), (&json!("pending"), &json!(0)));
    let received = arrived(&receiver, 2).await;
    stored(&app, 1, "delivered").await;
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].header("webhook-id"), received[1].header("webhook-id"));
}

async fn a_repeated_replay_or_test_with_the_same_key_sends_once(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    let post = async |key: &str, path: String| {
        let request = sam.request(Method::POST, &path).header("Idempotency-Key", key);
        ApiResponse::to(request).await.expect(201)
    };
    let test = || format!("/webhook_endpoints/{}/test", created["id"]);
    let tested = post("one", test()).await;
    assert_eq!(post("one", test()).await, tested);
    stored(&app, 1, "delivered").await;
    let replay = || format!("/webhook_deliveries/{}/replay", tested["id"]);
    let replayed = post("two", replay()).await;
    arrived(&receiver, 2).await;
    stored(&app, 1, "delivered").await;
    assert_eq!(post("two", replay()).await, replayed);
    post("three", test()).await;
    stored(&app, 2, "delivered").await;
    assert_eq!(receiver.count(), 3);
}

async fn nothing_is_sent_to_a_disabled_endpoint(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    let path = format!("/webhook_endpoints/{}", created["id"]);
    let tested = sam.post(&format!("{path}/test"), json!({})).await.expect(201);
    stored(&app, 1, "delivered").await;
    let change = json!({"url": created["url"], "event_types": created["event_types"], "enabled": false});
    sam.put(&path, change).await.expect(200);
    sam.post(&format!("{path}/test"), json!({})).await.problem(EndpointDisabled);
    let replay = format!("/webhook_deliveries/{}/replay", tested["id"]);
    sam.post(&replay, json!({})).await.problem(EndpointDisabled);
}

async fn a_delivery_of_another_team_is_not_found(app: TestApp) {
    let (admin, receiver) = (app.signed_in(ADMIN).await, Receiver::start());
    let new = json!({"url": receiver.url(), "event_types": ["message.received"]});
    let list = format!("/teams/{CLAIMS}/webhook_endpoints");
    let created = admin.post(&list, new.clone()).await.expect(201);
    let path = format!("/webhook_endpoints/{}", created["id"]);
    let tested = admin.post(&format!("{path}/test"), json!({})).await.expect(201);
    let sam = app.signed_in(SAM).await;
    sam.get(&list).await.problem(NotFound);
    sam.post(&list, new.clone()).await.problem(NotFound);
    sam.get(&path).await.problem(NotFound);
    sam.put(&path, new).await.problem(NotFound);
    sam.get(&format!("{path}/deliveries")).await.problem(NotFound);
    sam.post(&format!("{path}/secret"), json!({})).await.problem(NotFound);
    sam.post(&format!("/webhook_deliveries/{}/replay", tested["id"]), json!({})).await.problem(NotFound);
}

async fn deliveries_are_deleted_after_30_days(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    app.inbound(STRANGER, "Hello").await;
    stored(&app, 1, "delivered").await;
    app.advance(TimeDelta::days(29));
    app.inbound(STRANGER, "Hello again").await;
    stored(&app, 2, "delivered").await;
    app.advance(TimeDelta::days(1));
    eventually("the old delivery is deleted", async || {
        app.advance(TimeDelta::minutes(10));
        (app.database.count("webhook_deliveries", "1 = 1") == 1).then_some(())
    })
    .await;
}
