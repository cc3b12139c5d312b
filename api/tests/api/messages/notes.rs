//! Notes (rule 18): the team's messages to itself.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    ConversationClosed, ConversationMoved, Forbidden, IdempotencyKeyReused, NotFound, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, COLLECTIONS, CY, DEE, MARIA, RAY, REPLYING_KEY, SAM, STRANGER, stranger},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_note_is_listed_with_its_author_and_its_mentions,
    a_note_is_never_handed_to_the_gateway,
    a_note_is_no_reply,
    a_note_holds_neither_a_reply_nor_a_closure,
    a_closed_conversation_takes_no_note_and_keeps_those_it_has,
    only_enabled_members_of_the_team_can_be_mentioned,
    an_invalid_note_is_refused,
    a_note_with_the_same_idempotency_key_is_added_once,
    a_conversation_that_cannot_be_answered_takes_notes,
    a_note_is_not_found_by_search,
    only_the_mentioned_account_receives_the_mention,
    colleagues_are_the_enabled_members_of_the_team,
];

async fn add(client: &Client, conversation: i64, note: Value) -> ApiResponse {
    client.post(&format!("/conversations/{conversation}/notes"), note).await
}

async fn a_note_is_listed_with_its_author_and_its_mentions(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let body = json!({"body": "@Bo please call {{name}} back.", "mentions": [BO.1, BO.1]});
    let note = add(&ann, conversation, body).await.expect(201);
    let fields = ["direction", "body", "status", "segments", "sent_at", "error", "template_id", "mentions"];
    assert_eq!(
        fields.map(|field| note[field].clone()),
        [
            json!("note"),
            json!("@Bo please call {{name}} back."),
            json!("received"),
            json!(0),
            Value::Null,
            Value::Null,
            Value::Null,
            json!([BO.1])
        ]
    );
    assert_eq!(note["sender"], json!({"kind": "account", "id": ANN.1, "name": "Ann"}));
    let messages = bo.messages(conversation).await;
    assert_eq!(messages[1], note);
    assert_eq!(messages[0]["mentions"], json!([]));
    // Also in the history of the next conversation.
    assert_eq!(bo.close(conversation).await.status, 201);
    let next = app.inbound(STRANGER, "Me again").await;
    assert_eq!(bo.get(&format!("/conversations/{next}/history")).await.items()[1], note);
    let by_key = app.anonymous.with_token(REPLYING_KEY);
    let note = add(&by_key, next, json!({"body": "From the CRM"})).await.expect(201);
    assert_eq!(note["sender"]["kind"], "api_key");
}

async fn a_note_is_never_handed_to_the_gateway(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    add(&ann, conversation, json!({"body": "Only for us"})).await.expect(201);
    assert_eq!(app.database.count("outbox", "TRUE"), 0);
    // A reply that is written later is sent, so the outbox has passed the note.
    let reply = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, reply, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Good morning"]);
    assert!(app.gateway.ledger().await.iter().all(|text| text["body"] != "Only for us"));
}

async fn a_note_is_no_reply(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(MARIA, "Hello").await;
    let before = ann.conversation(conversation).await;
    app.advance(chrono::TimeDelta::minutes(5));
    add(&ann, conversation, json!({"body": "She waits for the letter."})).await.expect(201);
    assert_eq!(ann.conversation(conversation).await, before);
    assert_eq!((before["next_action"].as_str(), before["unread"].as_i64()), (Some("agent"), Some(1)));
    assert_eq!(app.database.count("events", "kind = 'note_added'"), 1);
}

async fn a_note_holds_neither_a_reply_nor_a_closure(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    let note = add(&bo, conversation, json!({"body": "Ask for the ref."})).await.expect(201);
    let path = format!("/conversations/{conversation}/messages");
    let reply = |seen: &Value| json!({"body": "What is your ref?", "last_seen_message_id": seen});
    let sent = ann.post(&path, reply(&seen)).await.expect(201);
    // A note can be the last message that an agent has seen.
    let held = bo.post(&path, reply(&note["id"])).await.problem(ConversationMoved);
    assert_eq!(held["messages"].as_array().unwrap().len(), 1);
    assert_eq!(held["messages"][0]["id"], sent["id"]);
    add(&bo, conversation, json!({"body": "She has none."})).await.expect(201);
    let closure = json!({"closure_reason_id": 2, "last_seen_message_id": sent["id"]});
    ann.post(&format!("/conversations/{conversation}/closure"), closure).await.expect(201);
}

async fn a_closed_conversation_takes_no_note_and_keeps_those_it_has(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let note = add(&ann, conversation, json!({"body": "Resolved by phone."})).await.expect(201);
    assert_eq!(ann.close(conversation).await.status, 201);
    add(&ann, conversation, json!({"body": "Too late"})).await.problem(ConversationClosed);
    let id = &note["id"];
    for change in [
        format!("UPDATE messages SET body = 'Changed' WHERE id = {id}"),
        format!("UPDATE messages SET direction = 'outbound' WHERE id = {id}"),
        format!("DELETE FROM messages WHERE id = {id}"),
    ] {
        assert!(app.database.run(&change).is_err(), "{change}");
    }
    assert_eq!(ann.messages(conversation).await[1], note);
}

async fn only_enabled_members_of_the_team_can_be_mentioned(app: TestApp) {
    let (ann, cy, ray) = (app.signed_in(ANN).await, app.signed_in(CY).await, app.signed_in(RAY).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    // Disabled, of another team, not in the team although an administrator, unknown; one of them is enough.
    for mentions in [json!([DEE.1]), json!([CY.1]), json!([ADMIN.1]), json!([4711]), json!([BO.1, DEE.1])] {
        let refused = add(&ann, conversation, json!({"body": "Hi", "mentions": mentions})).await;
        assert_eq!(refused.fault(ValidationFailed), ("mentions".to_owned(), "unknown".to_owned()));
    }
    add(&cy, conversation, json!({"body": "Hi"})).await.problem(NotFound);
    add(&ray, conversation, json!({"body": "Hi"})).await.problem(Forbidden);
    assert_eq!(app.database.count("messages", "direction = 'note'"), 0);
    add(&ann, conversation, json!({"body": "Hi", "mentions": [BO.1, RAY.1, SAM.1]})).await.expect(201);
}

async fn an_invalid_note_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let many: Vec<i64> = (1..=21).collect();
    for (note, field, code) in [
        (json!({"body": " "}), "body", "required"),
        (json!({"body": "a".repeat(1601)}), "body", "too_long"),
        (json!({"body": "a\u{0}"}), "body", "invalid_character"),
        (json!({"body": "Hi", "mentions": many}), "mentions", "too_many"),
    ] {
        let refused = add(&ann, conversation, note).await.fault(ValidationFailed);
        assert_eq!(refused, (field.to_owned(), code.to_owned()));
    }
    add(&ann, conversation, json!({"body": "a".repeat(1600)})).await.expect(201);
}

async fn a_note_with_the_same_idempotency_key_is_added_once(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let send = async |path: &str, body: Value| {
        let path = format!("/conversations/{conversation}/{path}");
        let request = ann.request(Method::POST, &path).header("Idempotency-Key", "k1").json(&body);
        ApiResponse::to(request).await
    };
    let note = json!({"body": "Once", "mentions": [BO.1]});
    let first = send("notes", note.clone()).await.expect(201);
    let second = send("notes", note).await;
    assert_eq!(second.header("idempotency-replayed"), Some("true"));
    assert_eq!(second.expect(201), first);
    send("notes", json!({"body": "Twice"})).await.problem(IdempotencyKeyReused);
    // The same key sends no message either, even with the same text.
    send("messages", json!({"body": "Once"})).await.problem(IdempotencyKeyReused);
    assert_eq!(app.database.count("messages", "direction <> 'inbound'"), 1);
    assert_eq!(app.database.count("events", "kind = 'mentioned'"), 1);
}

async fn a_conversation_that_cannot_be_answered_takes_notes(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let short_code = app.inbound("60061", "Your parcel").await;
    add(&ann, short_code, json!({"body": "An advertisement"})).await.expect(201);
    let opted_out = app.inbound(STRANGER, "STOP").await;
    add(&ann, opted_out, json!({"body": "Write a letter instead."})).await.expect(201);
}

async fn a_note_is_not_found_by_search(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(&stranger(1), "Hello").await;
    add(&sam, conversation, json!({"body": "Zanzibar"})).await.expect(201);
    assert_eq!(sam.get("/search?q=Zanzibar").await.items(), [Value::Null; 0]);
}

async fn only_the_mentioned_account_receives_the_mention(app: TestApp) {
    let (ann, bo, sam) = (app.signed_in(ANN).await, app.signed_in(BO).await, app.signed_in(SAM).await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    let mut streams = [Listener::to(&bo).await, Listener::to(&sam).await];
    let note = add(&ann, conversation, json!({"body": "@Bo look", "mentions": [BO.1]})).await.expect(201);
    // The closure is the last event of both streams.
    assert_eq!(ann.close(conversation).await.status, 201);
    let mut received = Vec::new();
    for stream in &mut streams {
        let mut events = Vec::new();
        while events.last().is_none_or(|event: &Value| event["kind"] != "conversation_closed") {
            events.push(stream.event().await.unwrap());
        }
        // The stream may have been opened before the customer's message was published.
        events.retain(|event| event["kind"] != "message_received");
        received.push(events);
    }
    let kinds = |events: &[Value]| -> Vec<String> {
        events.iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(kinds(&received[0]), ["note_added", "mentioned", "conversation_closed"]);
    assert_eq!(kinds(&received[1]), ["note_added", "conversation_closed"]);
    let mention = &received[0][1];
    let fields = ["team_id", "conversation_id", "message_id", "account_id"];
    let expected = [json!(COLLECTIONS), json!(conversation), note["id"].clone(), json!(BO.1)];
    assert_eq!(fields.map(|field| mention[field].clone()), expected);
}

async fn colleagues_are_the_enabled_members_of_the_team(app: TestApp) {
    let ray = app.signed_in(RAY).await;
    let found = ray.get(&format!("/teams/{COLLECTIONS}/colleagues")).await.items();
    assert_eq!(found[0], json!({"id": ANN.1, "name": "Ann"}));
    let names: Vec<&str> = found.iter().map(|colleague| colleague["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Ann", "Bo", "Ray", "Sam"]);
    let pages = ray.pages(&format!("/teams/{COLLECTIONS}/colleagues?limit=3")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [3, 1]);
}
