//! The same ad-hoc message twice, or several at once: one text each, and one conversation.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, SAM, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    the_same_key_and_request_is_answered_again_and_sent_once,
    the_same_key_with_another_request_is_refused,
    two_at_once_are_one,
    two_who_write_to_one_number_at_once_write_in_one_conversation,
];

fn to(number: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": "Hi"})
}

async fn ask(client: &Client, new: Value) -> Answer {
    client.post("/conversations", new).await
}

async fn keyed(client: &Client, key: &str, new: Value) -> Answer {
    let request = client.request(Method::POST, "/conversations").header("Idempotency-Key", key).json(&new);
    Answer::to(request).await
}

async fn the_same_key_and_request_is_answered_again_and_sent_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let first = keyed(&sam, "k1", to(STRANGER)).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(201);
    app.message_becomes(&sam, 1, "delivered").await;
    // Also when the person has replied since, and when it is over: the text was sent, and that is what was asked.
    for _ in 0..2 {
        app.text(STRANGER, "Hello").await;
        let again = keyed(&sam, "k1", to(STRANGER)).await;
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(again.expect(201)["id"], first["id"]);
    }
    assert_eq!(sam.close(1).await.status, 201);
    assert_eq!(keyed(&sam, "k1", to(STRANGER)).await.expect(201)["id"], first["id"]);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Hi"]);
    // A key belongs to its sender.
    let program = app.nobody.with_token(FULL_KEY);
    let other = keyed(&program, "k1", to(STRANGER)).await;
    assert_eq!(other.header("idempotency-replayed"), None);
    assert_ne!(other.expect(201)["id"], first["id"]);
}

async fn the_same_key_with_another_request_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    keyed(&sam, "k1", to(STRANGER)).await.expect(201);
    for (name, value) in [
        ("number", json!(stranger(1))),
        ("number", json!("07700 900456")),
        ("body", json!("Hi!")),
        ("from", json!(COLLECTIONS_NUMBER)),
        ("template_id", json!(1)),
    ] {
        let mut other = to(STRANGER);
        other[name] = value;
        keyed(&sam, "k1", other).await.problem(IdempotencyKeyReused);
    }
    let refused = keyed(&sam, &"k".repeat(256), to(STRANGER)).await;
    assert_eq!(refused.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()));
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
}

/// Asks four times at once, and answers what came of it.
async fn at_once(client: &Client, new: &Value, key: Option<&str>) -> Vec<Answer> {
    let posts: Vec<_> = (0..4)
        .map(|_| {
            let (client, new, key) = (client.clone(), new.clone(), key.map(str::to_owned));
            tokio::spawn(async move {
                match key {
                    Some(key) => keyed(&client, &key, new).await,
                    None => ask(&client, new).await,
                }
            })
        })
        .collect();
    let mut answers = Vec::new();
    for post in posts {
        answers.push(post.await.unwrap());
    }
    answers
}

async fn two_at_once_are_one(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..5 {
        let answers = at_once(&sam, &to(&stranger(n)), Some(&format!("k{n}"))).await;
        let replayed =
            answers.iter().filter(|answer| answer.header("idempotency-replayed").is_some()).count();
        let ids: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(replayed, 3);
    }
    assert_eq!(app.database.count("messages", "1 = 1"), 5);
}

async fn two_who_write_to_one_number_at_once_write_in_one_conversation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for n in 0..5 {
        let answers = at_once(&sam, &to(&stranger(n)), None).await;
        let ids: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 5);
    assert_eq!(app.database.count("messages", "1 = 1"), 20);
}
