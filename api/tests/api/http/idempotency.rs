//! `Idempotency-Key` of a reply: a repeated request sends one message (rule 14).

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    a_repeated_key_replays_the_response_and_sends_once,
    a_key_reused_for_another_request_is_refused,
    simultaneous_requests_with_one_key_send_one_message,
    each_sender_has_its_own_keys,
    a_key_is_replayed_after_the_closure,
    a_refused_request_does_not_use_up_its_key,
    a_key_has_1_to_255_visible_characters,
];

async fn send(client: &Client, conversation: i64, key: &str, body: Value) -> ApiResponse {
    let path = format!("/conversations/{conversation}/messages");
    let request = client.request(Method::POST, &path).header("Idempotency-Key", key).json(&body);
    ApiResponse::to(request).await
}

async fn a_repeated_key_replays_the_response_and_sends_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let body = || json!({"body": "Once", "template_id": 1, "last_seen_message_id": 1});
    let first = send(&ann, conversation, "k1", body()).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(201);
    let id = first["id"].as_i64().unwrap();
    app.message_becomes(&ann, id, "delivered").await;
    // The response is the first one, although the customer has sent a message since.
    app.inbound(STRANGER, "Thanks").await;
    for _ in 0..3 {
        let again = send(&ann, conversation, "k1", body()).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        let again = again.expect(201);
        assert_eq!(
            (&again["id"], &again["body"], &again["template_id"]),
            (&json!(id), &json!("Once"), &json!(1))
        );
    }
    assert_eq!(ann.messages(conversation).await.len(), 3);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Once"]);
    assert_eq!(ann.conversation(conversation).await["next_action"], "agent");
}

async fn a_key_reused_for_another_request_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let other = app.inbound(&stranger(1), "Hello").await;
    let ann = app.signed_in(ANN).await;
    let sent = send(&ann, conversation, "k1", json!({"body": "Once"})).await.expect(201);
    for (conversation, body) in [
        (conversation, json!({"body": "once"})),
        (conversation, json!({"body": "Once", "template_id": 1})),
        (conversation, json!({"body": "Once", "last_seen_message_id": 1})),
        (other, json!({"body": "Once"})),
    ] {
        send(&ann, conversation, "k1", body).await.problem(IdempotencyKeyReused);
    }
    app.message_becomes(&ann, sent["id"].as_i64().unwrap(), "delivered").await;
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 1);
    send(&ann, conversation, "k2", json!({"body": "Once"})).await.expect(201);
}

async fn simultaneous_requests_with_one_key_send_one_message(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..5 {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let key = format!("k{n}");
        let posts: Vec<_> = (0..4)
            .map(|_| {
                let (ann, key) = (ann.clone(), key.clone());
                tokio::spawn(async move { send(&ann, conversation, &key, json!({"body": "Once"})).await })
            })
            .collect();
        let (mut ids, mut replayed) = (Vec::new(), 0);
        for post in posts {
            let response = post.await.unwrap();
            replayed += usize::from(response.header("idempotency-replayed").is_some());
            ids.push(response.expect(201)["id"].as_i64().unwrap());
        }
        assert_eq!(replayed, 3);
        assert!(ids.iter().all(|id| *id == ids[0]));
        app.message_becomes(&ann, ids[0], "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&number).await, ["Once"]);
    }
}

async fn each_sender_has_its_own_keys(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let anns = send(&ann, conversation, "k1", json!({"body": "Hi"})).await.expect(201);
    let bos = send(&bo, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(bos.header("idempotency-replayed"), None);
    assert_ne!(bos.expect(201)["id"], anns["id"]);
    // The sender is the account, not the session.
    let ann_again = app.signed_in(ANN).await;
    let again = send(&ann_again, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

async fn a_key_is_replayed_after_the_closure(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let sent = send(&ann, conversation, "k1", json!({"body": "Hi"})).await.expect(201);
    assert_eq!(ann.close(conversation).await.status, 201);
    let again = send(&ann, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201)["id"], sent["id"]);
    send(&ann, conversation, "k2", json!({"body": "Hi"})).await.problem(ConversationClosed);
}

async fn a_refused_request_does_not_use_up_its_key(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    send(&ann, conversation, "k1", json!({"body": ""})).await.problem(ValidationFailed);
    let sent = send(&ann, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(sent.header("idempotency-replayed"), None);
    sent.expect(201);
}

async fn a_key_has_1_to_255_visible_characters(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for key in ["", &"k".repeat(256), "caf\u{e9}", "two words", "a\tb"] {
        let refused = send(&ann, conversation, key, json!({"body": "Hi"})).await;
        assert_eq!(refused.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()));
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    let longest = "k".repeat(255);
    send(&ann, conversation, &longest, json!({"body": "Hi"})).await.expect(201);
}
