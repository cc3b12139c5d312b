//! A repeated ad-hoc message is sent once, in one conversation, also when the requests arrive at the same time.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, SAM, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_repeated_key_replays_the_response_and_sends_once,
    a_key_reused_for_another_request_is_refused,
    simultaneous_requests_with_one_key_send_one_message,
    simultaneous_messages_to_one_number_share_a_conversation,
];

fn ad_hoc_to(number: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": "Hi"})
}

async fn start(client: &Client, new: Value) -> ApiResponse {
    client.post("/conversations", new).await
}

async fn start_with_key(client: &Client, key: &str, new: Value) -> ApiResponse {
    let request = client.request(Method::POST, "/conversations").header("Idempotency-Key", key).json(&new);
    ApiResponse::to(request).await
}

async fn a_repeated_key_replays_the_response_and_sends_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let first = start_with_key(&sam, "k1", ad_hoc_to(STRANGER)).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(201);
    app.message_becomes(&sam, 1, "delivered").await;
    // The key is replayed even after the customer has replied and after the closure, because the message was sent.
    for _ in 0..2 {
        app.inbound(STRANGER, "Hello").await;
        let again = start_with_key(&sam, "k1", ad_hoc_to(STRANGER)).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201)["id"], first["id"]);
    }
    assert_eq!(sam.close(1).await.status, 201);
    assert_eq!(start_with_key(&sam, "k1", ad_hoc_to(STRANGER)).await.expect(201)["id"], first["id"]);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Hi"]);
    // Another sender can use the same key.
    let program = app.anonymous.with_token(FULL_KEY);
    let other = start_with_key(&program, "k1", ad_hoc_to(STRANGER)).await;
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_ne!(other.expect(201)["id"], first["id"]);
}

async fn a_key_reused_for_another_request_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    start_with_key(&sam, "k1", ad_hoc_to(STRANGER)).await.expect(201);
    for (name, value) in [
        ("number", json!(stranger(1))),
        ("number", json!("07700 900456")),
        ("body", json!("Hi!")),
        ("from", json!(COLLECTIONS_NUMBER)),
        ("template_id", json!(1)),
    ] {
        let mut other = ad_hoc_to(STRANGER);
        other[name] = value;
        start_with_key(&sam, "k1", other).await.problem(IdempotencyKeyReused);
    }
    let refused = start_with_key(&sam, &"k".repeat(256), ad_hoc_to(STRANGER)).await;
    assert_eq!(refused.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()));
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
}

/// Sends four requests at the same time and returns the responses.
async fn start_four_at_once(client: &Client, new: &Value, key: Option<&str>) -> Vec<ApiResponse> {
    let posts: Vec<_> = (0..4)
        .map(|_| {
            let (client, new, key) = (client.clone(), new.clone(), key.map(str::to_owned));
            tokio::spawn(async move {
                match key {
                    Some(key) => start_with_key(&client, &key, new).await,
                    None => start(&client, new).await,
                }
            })
        })
        .collect();
    let mut responses = Vec::new();
    for post in posts {
        responses.push(post.await.unwrap());
    }
    responses
}

async fn simultaneous_requests_with_one_key_send_one_message(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..5 {
        let responses = start_four_at_once(&sam, &ad_hoc_to(&stranger(n)), Some(&format!("k{n}"))).await;
        let replayed =
            responses.iter().filter(|response| response.header("idempotency-replayed").is_some()).count();
        let ids: Vec<Value> =
            responses.into_iter().map(|response| response.expect(201)["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(replayed, 3);
    }
    assert_eq!(app.database.count("messages", "1 = 1"), 5);
}

async fn simultaneous_messages_to_one_number_share_a_conversation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..5 {
        let responses = start_four_at_once(&sam, &ad_hoc_to(&stranger(n)), None).await;
        let ids: Vec<Value> =
            responses.into_iter().map(|response| response.expect(201)["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 5);
    assert_eq!(app.database.count("messages", "1 = 1"), 20);
}
