//! Batches of ad-hoc messages: a result for each message, and no message twice.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, IdempotencyKeyReused, InvalidBody, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, CLAIMS, COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, MARIA, SAM, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    each_message_of_a_batch_has_the_result_that_it_would_have_had_alone,
    a_refused_message_leaves_nothing_behind,
    a_repeated_batch_returns_the_first_results_and_sends_nothing,
    a_batch_that_was_cut_in_the_middle_continues,
    a_key_reused_for_another_batch_is_refused_even_before_the_first_one_has_ended,
    simultaneous_batches_with_one_key_send_each_message_once,
    batches_to_the_same_numbers_in_another_order_do_not_block_each_other,
    a_batch_of_a_thousand_messages_of_usual_size_is_accepted,
    a_batch_that_cannot_be_read_sends_nothing,
    a_batch_needs_the_permission_for_ad_hoc_messages,
];

fn to(number: &str, body: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": body})
}

fn batch(items: &[Value]) -> Value {
    json!({ "items": items })
}

async fn send(client: &Client, key: &str, batch: &Value) -> ApiResponse {
    let request = client.request(Method::POST, "/conversations/batch").header("Idempotency-Key", key);
    ApiResponse::to(request.json(batch)).await
}

/// Returns `queued`, or the code of the problem, of each message.
fn results(batch: &Value) -> Vec<String> {
    let result = |item: &Value| match item["problem"]["code"].as_str() {
        Some(code) => code.to_owned(),
        None => "queued".to_owned(),
    };
    batch["items"].as_array().unwrap().iter().map(result).collect()
}

async fn each_message_of_a_batch_has_the_result_that_it_would_have_had_alone(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let open = app.inbound(MARIA, "Hello").await;
    app.inbound(&stranger(9), "STOP").await;
    assert_eq!(sam.close(app.live_conversation(COLLECTIONS_NUMBER, &stranger(9))).await.status, 201);
    let mut other_team = to(&stranger(3), "Hello");
    other_team["team_id"] = json!(CLAIMS);
    let mut other_number = to(&stranger(4), "Hello");
    other_number["from"] = json!("+447700900003");
    let items = [
        to(&stranger(1), "One"),
        to("0770", "Hello"),
        to(MARIA, "Hello"),
        to(&stranger(9), "Hello"),
        to(COLLECTIONS_NUMBER, "Hello"),
        other_team,
        other_number,
        to(&stranger(5), "Hello {{name}}"),
        to(&stranger(5), ""),
        to("07700 901001", "Two"),
    ];
    let answer = sam.post("/conversations/batch", batch(&items)).await.expect(200);
    let expected = [
        "queued",
        "invalid_number",
        "conversation_open",
        "number_opted_out",
        "invalid_number",
        "not_found",
        "validation_failed",
        "missing_placeholder",
        "validation_failed",
        "queued",
    ];
    assert_eq!(results(&answer), expected);
    assert_eq!((&answer["queued"], &answer["refused"]), (&json!(2), &json!(8)));
    for (index, item) in answer["items"].as_array().unwrap().iter().enumerate() {
        assert_eq!(item["index"], index);
    }
    assert_eq!(answer["items"][2]["problem"]["conversation_id"], open);
    // Alone, each has the same problem.
    for (item, result) in
        items.iter().zip(answer["items"].as_array().unwrap()).filter(|(_, r)| !r["problem"].is_null())
    {
        let alone = sam.post("/conversations", item.clone()).await;
        assert_eq!(serde_json::from_str::<Value>(&alone.body).unwrap(), result["problem"]);
    }
    // Two messages to one number share a conversation, in the order of the batch.
    let first = &answer["items"][0];
    assert_eq!(first["conversation_id"], answer["items"][9]["conversation_id"]);
    let message = answer["items"][9]["message_id"].as_i64().unwrap();
    app.message_becomes(&sam, message, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(&stranger(1)).await, ["One", "Two"]);
}

async fn a_refused_message_leaves_nothing_behind(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(STRANGER, "STOP").await;
    assert_eq!(sam.close(1).await.status, 201);
    let answer = sam.post("/conversations/batch", batch(&[to(STRANGER, "Hello"), to("x", "Hello")])).await;
    assert_eq!(results(&answer.expect(200)), ["number_opted_out", "invalid_number"]);
    assert_eq!(app.database.count("conversations", "status <> 'closed'"), 0);
    assert_eq!(app.database.count("messages", "sender_kind = 'account'"), 0);
}

async fn a_repeated_batch_returns_the_first_results_and_sends_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let items = batch(&[to(STRANGER, "Hello"), to("0770", "Hello")]);
    let first = send(&sam, "k1", &items).await;
    assert_eq!(first.header("idempotency-replayed"), None);
    let first = first.expect(200);
    app.inbound(STRANGER, "Hello").await;
    let again = send(&sam, "k1", &items).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 1);
    // Another sender can use the same key.
    let program = app.anonymous.with_token(FULL_KEY);
    assert_eq!(
        results(&send(&program, "k1", &items).await.expect(200)),
        ["conversation_open", "invalid_number"]
    );
}

async fn a_batch_that_was_cut_in_the_middle_continues(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let items: Vec<Value> = (0..120).map(|n| to(&stranger(n), "Hello")).collect();
    let first = send(&sam, "k1", &batch(&items)).await.expect(200);
    // What a server leaves that was killed after the first transactions: no answer, and a part of the messages.
    app.database.run("DELETE FROM idempotency_keys").unwrap();
    app.database
        .run(
            "UPDATE messages SET idempotency_key = 'lost ' || id WHERE id > 70;
             UPDATE conversations SET number = '+4478' || (10000000 + id) WHERE id > 70",
        )
        .unwrap();
    let again = send(&sam, "k1", &batch(&items)).await.expect(200);
    let parts = |answer: &Value, from, to| answer["items"].as_array().unwrap()[from..to].to_vec();
    assert_eq!(parts(&again, 0, 70), parts(&first, 0, 70));
    assert_eq!(results(&again), ["queued"; 120]);
    assert_eq!(app.database.count("messages", "1 = 1"), 170);
}

async fn a_key_reused_for_another_batch_is_refused_even_before_the_first_one_has_ended(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let items = [to(STRANGER, "Hello"), to(&stranger(1), "Hello")];
    send(&sam, "k1", &batch(&items)).await.expect(200);
    let other = batch(&[to(&stranger(2), "Hello"), to(&stranger(3), "Hello")]);
    send(&sam, "k1", &other).await.problem(IdempotencyKeyReused);
    app.database.run("DELETE FROM idempotency_keys").unwrap();
    send(&sam, "k1", &other).await.problem(IdempotencyKeyReused);
    // A key of a single message is not one of a batch, and the other way round.
    let request = sam.request(Method::POST, "/conversations").header("Idempotency-Key", "k2");
    ApiResponse::to(request.json(&to(&stranger(4), "Hello"))).await.expect(201);
    send(&sam, "k2", &other).await.problem(IdempotencyKeyReused);
    assert_eq!(app.database.count("messages", "1 = 1"), 3);
}

async fn simultaneous_batches_with_one_key_send_each_message_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let items: Vec<Value> = (0..100).map(|n| to(&stranger(n), "Hello")).collect();
    let items = batch(&items);
    let (one, other) = tokio::join!(send(&sam, "k1", &items), send(&sam, "k1", &items));
    assert_eq!(one.expect(200), other.expect(200));
    assert_eq!(app.database.count("messages", "1 = 1"), 100);
}

async fn batches_to_the_same_numbers_in_another_order_do_not_block_each_other(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut items: Vec<Value> = (0..50).map(|n| to(&stranger(n), "Hello")).collect();
    let forward = batch(&items);
    items.reverse();
    let backward = batch(&items);
    let (one, other) = tokio::join!(send(&sam, "k1", &forward), send(&sam, "k2", &backward));
    for answer in [one, other] {
        assert_eq!(results(&answer.expect(200)), ["queued"; 50]);
    }
    assert_eq!(app.database.count("messages", "1 = 1"), 100);
    assert_eq!(app.database.count("conversations", "1 = 1"), 50);
}

async fn a_batch_of_a_thousand_messages_of_usual_size_is_accepted(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    // Most are refused, which takes less time.
    let number = |n: usize| if n.is_multiple_of(10) { stranger(n) } else { "0770".to_owned() };
    let items: Vec<Value> = (0..1000).map(|n| to(&number(n), &"x".repeat(900))).collect();
    let answer = send(&sam, "k1", &batch(&items)).await.expect(200);
    assert_eq!((&answer["queued"], &answer["refused"]), (&json!(100), &json!(900)));
    assert_eq!(app.database.count("messages", "1 = 1"), 100);
}

async fn a_batch_that_cannot_be_read_sends_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let post = async |body: Value| sam.post("/conversations/batch", body).await;
    let good = to(STRANGER, "Hello");
    let empty = post(batch(&[])).await;
    assert_eq!(empty.fault(ValidationFailed), ("items".into(), "required".into()));
    let items = vec![good.clone(); 1001];
    assert_eq!(post(batch(&items)).await.fault(ValidationFailed), ("items".into(), "too_many".into()));
    let wrong = json!({"team_id": COLLECTIONS, "number": 5, "body": "Hello"});
    let refused = post(batch(&[good.clone(), wrong])).await;
    assert_eq!(refused.fault(InvalidBody), ("items[1].number".into(), "invalid_type".into()));
    let incomplete = json!({"team_id": COLLECTIONS, "number": STRANGER});
    assert_eq!(post(batch(&[good, incomplete])).await.fault(InvalidBody).0, "items");
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_batch_needs_the_permission_for_ad_hoc_messages(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/conversations/batch", batch(&[to(STRANGER, "Hello")])).await.problem(Forbidden);
    let read = app.anonymous.with_token(FULL_KEY).get("/conversations/batch").await;
    assert_eq!((read.status, read.header("allow")), (405, Some("POST")));
}
