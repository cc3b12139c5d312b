//! Replies and the thread of messages.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    BodyTooLarge, ConversationClosed, InvalidBody, InvalidQuery, MissingPlaceholder, UnsupportedMediaType,
    ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ANN, ARCHIVED_TEMPLATE, BO, CLAIMS_TEMPLATE, COLLECTIONS_NUMBER, GREETING, STRANGER, SUPPORT_NUMBER,
        THANKS,
    },
    on_both_databases,
};

on_both_databases![
    a_reply_is_queued_and_shows_its_sender,
    a_reply_to_a_closed_conversation_is_refused,
    an_empty_reply_is_refused,
    a_reply_has_1_to_1600_characters,
    a_reply_with_a_nul_character_is_refused,
    an_unfilled_placeholder_is_refused,
    a_reply_can_name_its_template,
    a_template_of_another_team_is_refused,
    segments_and_encoding_are_counted,
    an_invalid_request_body_is_refused,
    a_request_body_that_is_too_large_is_refused,
    a_thread_is_read_page_by_page_from_the_newest,
    each_thread_has_only_its_own_messages,
    simultaneous_replies_are_all_stored_and_sent_once,
];

fn path(conversation: i64) -> String {
    format!("/conversations/{conversation}/messages")
}

async fn send(client: &Client, conversation: i64, body: Value) -> ApiResponse {
    client.post(&path(conversation), body).await
}

async fn a_reply_is_queued_and_shows_its_sender(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let mut reply = ann.reply(conversation, "How can I help?").await.expect(201);
    let id = reply["id"].as_i64().unwrap();
    let expected = json!({
        "id": id, "conversation_id": conversation, "direction": "outbound",
        "sender": {"kind": "account", "id": ANN.1, "name": "Ann"}, "body": "How can I help?", "media": [],
        "segments": 1, "encoding": "gsm7", "status": "queued", "error": null,
        "created_at": "2024-11-25T09:01:00Z", "sent_at": null, "delivered_at": null, "template_id": null,
        "recovered": false, "mentions": [], "send_at": null,
    });
    assert_eq!(reply, expected);

    let delivered = app.message_becomes(&ann, id, "delivered").await;
    for (name, value) in [
        ("status", json!("delivered")),
        ("sent_at", json!("2024-11-25T09:01:00Z")),
        ("delivered_at", json!("2024-11-25T09:01:00Z")),
    ] {
        reply[name] = value;
    }
    assert_eq!(delivered, reply);
}

async fn a_reply_to_a_closed_conversation_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(conversation).await.status, 201);
    ann.reply(conversation, "Too late").await.problem(ConversationClosed);
    assert_eq!(ann.messages(conversation).await.len(), 1);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
}

async fn an_empty_reply_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for body in ["", " ", "\n\t ", "\u{a0}\u{2003}"] {
        let refused = ann.reply(conversation, body).await;
        assert_eq!(refused.fault(ValidationFailed), ("body".into(), "required".into()));
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
}

async fn a_reply_has_1_to_1600_characters(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for body in ["a".repeat(2000), "a".repeat(1601), "\u{1f600}".repeat(1601)] {
        let refused = ann.reply(conversation, &body).await;
        assert_eq!(refused.fault(ValidationFailed), ("body".into(), "too_long".into()));
    }
    // The limit counts characters, not bytes or UTF-16 units.
    for body in ["a".to_owned(), "a".repeat(1600), "\u{1f600}".repeat(1600)] {
        assert_eq!(ann.reply(conversation, &body).await.expect(201)["body"], body);
    }
}

async fn a_reply_with_a_nul_character_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let refused = ann.reply(conversation, "a\0b").await;
    assert_eq!(refused.fault(ValidationFailed), ("body".into(), "invalid_character".into()));
}

async fn an_unfilled_placeholder_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let body = "Dear {{name}}, {{ Due date }} and {{name}} again";
    let problem = ann.reply(conversation, body).await.problem(MissingPlaceholder);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("{{name}}, {{Due date}}"), "{detail}");
    let faults: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|fault| (&fault["field"], &fault["code"])).collect();
    assert_eq!(faults, [(&json!("body"), &json!("missing_placeholder")); 2], "each once: {problem}");
    for broken in ["Dear {{name}", "Dear {{name", "Dear {name}}", "Dear {{}}"] {
        let refused = ann.reply(conversation, broken).await;
        assert_eq!(
            refused.fault(MissingPlaceholder),
            ("body".into(), "broken_placeholder".into()),
            "{broken}"
        );
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    ann.reply(conversation, "Braces {like these} are fine").await.expect(201);
}

async fn a_reply_can_name_its_template(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for template in [GREETING, THANKS] {
        let body = json!({"body": "Edited", "template_id": template});
        let reply = send(&ann, conversation, body).await.expect(201);
        assert_eq!(reply["template_id"], template);
    }
}

async fn a_template_of_another_team_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for template in [CLAIMS_TEMPLATE, ARCHIVED_TEMPLATE, 4711, 0, -1] {
        let refused = send(&ann, conversation, json!({"body": "Hi", "template_id": template})).await;
        assert_eq!(refused.fault(ValidationFailed), ("template_id".into(), "unknown".into()));
    }
    let in_support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let bo = app.signed_in(BO).await;
    let body = json!({"body": "Hi", "template_id": GREETING});
    send(&bo, in_support, body).await.problem(ValidationFailed);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
}

async fn segments_and_encoding_are_counted(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for (body, segments, encoding) in [
        ("a".repeat(160), 1, "gsm7"),
        ("a".repeat(161), 2, "gsm7"),
        ("€".repeat(80), 1, "gsm7"),
        ("€".repeat(81), 2, "gsm7"),
        ("é".repeat(1600), 11, "gsm7"),
        ("ç".repeat(70), 1, "ucs2"),
        ("ç".repeat(71), 2, "ucs2"),
        ("\u{1f600}".repeat(35), 1, "ucs2"),
        ("\u{1f600}".repeat(36), 2, "ucs2"),
    ] {
        let reply = ann.reply(conversation, &body).await.expect(201);
        assert_eq!((&reply["segments"], &reply["encoding"]), (&json!(segments), &json!(encoding)), "{body}");
    }
    app.inbound(STRANGER, &"b".repeat(200)).await;
    assert_eq!(ann.messages(conversation).await.last().unwrap()["segments"], 2);
}

async fn an_invalid_request_body_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for body in [
        json!({}),
        json!(null),
        json!([]),
        json!({"text": "Hi"}),
        json!({"body": 1}),
        json!({"body": null}),
        json!({"body": ["Hi"]}),
        json!({"body": "Hi", "template_id": "1"}),
        json!({"body": "Hi", "template_id": 1.5}),
        json!({"body": "Hi", "last_seen_message_id": true}),
    ] {
        send(&ann, conversation, body).await.problem(InvalidBody);
    }
    let raw = async |content_type: Option<&str>, body: &'static [u8]| {
        let mut request = ann.request(Method::POST, &path(conversation)).body(body);
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        ApiResponse::to(request).await
    };
    let json = Some("application/json");
    for body in [
        b"".as_slice(),
        b"{",
        b"{\"body\": \"Hi\"",
        b"{\"body\": \"Hi\"} trailing",
        b"{\"body\": \"\xff\"}",
        b"{\"body\": \"\\ud800\"}",
        b"not json",
    ] {
        raw(json, body).await.problem(InvalidBody);
    }
    let good = b"{\"body\": \"Hi\"}";
    for content_type in
        [None, Some("text/plain"), Some("application/x-www-form-urlencoded"), Some("multipart/form-data")]
    {
        raw(content_type, good).await.problem(UnsupportedMediaType);
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    raw(Some("application/json; charset=utf-8"), good).await.expect(201);
    // Unknown fields are ignored, because a client can be newer than the server.
    send(&ann, conversation, json!({"body": "Hi", "colour": "blue"})).await.expect(201);
}

async fn a_request_body_that_is_too_large_is_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let refused = ann.reply(conversation, &"a".repeat(1024 * 1024)).await;
    refused.problem(BodyTooLarge);
    let refused = ann.reply(conversation, &"a".repeat(1_000_000)).await;
    refused.problem(ValidationFailed);
}

async fn a_thread_is_read_page_by_page_from_the_newest(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversation = 0;
    for n in 0..7 {
        conversation = app.inbound(STRANGER, &n.to_string()).await;
    }
    let page = async |query: &str| {
        let page = ann.get(&format!("{}?{query}", path(conversation))).await.expect(200);
        let items = page["items"].as_array().unwrap();
        let bodies: Vec<String> =
            items.iter().map(|item| item["body"].as_str().unwrap().to_owned()).collect();
        (bodies.concat(), page["next_cursor"].as_str().map(str::to_owned))
    };
    let (first, next) = page("limit=3").await;
    assert_eq!(first, "456");
    let (second, next) = page(&format!("limit=3&before={}", next.unwrap())).await;
    assert_eq!(second, "123");
    let (third, next) = page(&format!("limit=3&before={}", next.unwrap())).await;
    assert_eq!((third.as_str(), next), ("0", None));
    assert_eq!(page("limit=7").await, ("0123456".into(), None));
    assert_eq!(page("").await, ("0123456".into(), None));
    assert_eq!(page("before=1").await, (String::new(), None));
    for query in ["limit=0", "limit=201", "limit=abc", "before=abc", "before=9223372036854775808"] {
        ann.get(&format!("{}?{query}", path(conversation))).await.problem(InvalidQuery);
    }
}

async fn each_thread_has_only_its_own_messages(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let one = app.inbound(STRANGER, "one").await;
    let other = app.inbound("+447700900457", "other").await;
    ann.create_reply(one, "to one").await;
    ann.create_reply(other, "to other").await;
    let bodies = |messages: Vec<Value>| -> Vec<String> {
        messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(bodies(ann.messages(one).await), ["one", "to one"]);
    assert_eq!(bodies(ann.messages(other).await), ["other", "to other"]);
}

async fn simultaneous_replies_are_all_stored_and_sent_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let replies: Vec<_> = (0..10)
        .map(|n| {
            let ann = ann.clone();
            tokio::spawn(async move { ann.create_reply(conversation, &format!("Reply {n}")).await })
        })
        .collect();
    let mut ids = Vec::new();
    for reply in replies {
        ids.push(reply.await.unwrap());
    }
    for id in &ids {
        app.message_becomes(&ann, *id, "delivered").await;
    }
    let thread = ann.messages(conversation).await;
    let stored: Vec<_> = thread[1..].iter().map(|message| message["body"].clone()).collect();
    assert_eq!(stored.len(), 10);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, stored, "in the order of the thread");
    assert_eq!(app.live_conversation(COLLECTIONS_NUMBER, STRANGER), conversation);
}
