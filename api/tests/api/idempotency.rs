//! Sending twice is worse than sending late: the same request with the same `Idempotency-Key` sends one text.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, BO, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    the_same_key_and_request_is_answered_again_and_sent_once,
    the_same_key_with_another_request_is_refused,
    two_at_once_are_one,
    a_key_belongs_to_its_sender,
    a_key_outlives_the_conversation,
    a_refused_request_does_not_use_its_key_up,
    a_key_has_1_to_255_visible_characters,
];

async fn send(client: &Client, conversation: i64, key: &str, body: Value) -> Answer {
    let path = format!("/conversations/{conversation}/messages");
    let request = client.request(Method::POST, &path).header("Idempotency-Key", key).json(&body);
    Answer::to(request).await
}

async fn the_same_key_and_request_is_answered_again_and_sent_once(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let body = || json!({"body": "Once", "template_id": 1, "last_seen_message_id": 1});
    let first = send(&ann, conversation, "k1", body()).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(201);
    let id = first["id"].as_i64().unwrap();
    app.message_becomes(&ann, id, "delivered").await;
    // Even though the customer has written since: the answer is that of the first time.
    app.text(STRANGER, "Thanks").await;
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

async fn the_same_key_with_another_request_is_refused(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let other = app.text(&stranger(1), "Hello").await;
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

async fn two_at_once_are_one(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..5 {
        let number = stranger(n);
        let conversation = app.text(&number, "Hello").await;
        let key = format!("k{n}");
        let posts: Vec<_> = (0..4)
            .map(|_| {
                let (ann, key) = (ann.clone(), key.clone());
                tokio::spawn(async move { send(&ann, conversation, &key, json!({"body": "Once"})).await })
            })
            .collect();
        let (mut ids, mut replayed) = (Vec::new(), 0);
        for post in posts {
            let answer = post.await.unwrap();
            replayed += usize::from(answer.header("idempotency-replayed").is_some());
            ids.push(answer.expect(201)["id"].as_i64().unwrap());
        }
        assert_eq!(replayed, 3);
        assert!(ids.iter().all(|id| *id == ids[0]));
        app.message_becomes(&ann, ids[0], "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&number).await, ["Once"]);
    }
}

async fn a_key_belongs_to_its_sender(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let anns = send(&ann, conversation, "k1", json!({"body": "Hi"})).await.expect(201);
    let bos = send(&bo, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(bos.header("idempotency-replayed"), None);
    assert_ne!(bos.expect(201)["id"], anns["id"]);
    // A new session is still the same sender.
    let ann_again = app.signed_in(ANN).await;
    let again = send(&ann_again, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
}

async fn a_key_outlives_the_conversation(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let sent = send(&ann, conversation, "k1", json!({"body": "Hi"})).await.expect(201);
    assert_eq!(ann.close(conversation).await.status, 201);
    let again = send(&ann, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201)["id"], sent["id"]);
    send(&ann, conversation, "k2", json!({"body": "Hi"})).await.problem(ConversationClosed);
}

async fn a_refused_request_does_not_use_its_key_up(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    send(&ann, conversation, "k1", json!({"body": ""})).await.problem(ValidationFailed);
    let sent = send(&ann, conversation, "k1", json!({"body": "Hi"})).await;
    assert_eq!(sent.header("idempotency-replayed"), None);
    sent.expect(201);
}

async fn a_key_has_1_to_255_visible_characters(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for key in ["", &"k".repeat(256), "caf\u{e9}"] {
        let refused = send(&ann, conversation, key, json!({"body": "Hi"})).await;
        assert_eq!(refused.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()));
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    let longest = "k".repeat(255);
    send(&ann, conversation, &longest, json!({"body": "Hi"})).await.expect(201);
}
