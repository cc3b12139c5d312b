//! Inbound messages: only signed ones are accepted, each is stored once, and all of a number's messages share a
//! conversation.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::{BodyTooLarge, InvalidSignature, MethodNotAllowed, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS_NUMBER, COLLECTIONS_NUMBER, STRANGER},
    gateway::{AUTH_TOKEN, MESSAGES, form, message_form, sid, signed, signed_for},
    on_both_databases,
};

on_both_databases![
    a_stored_message_gets_an_empty_twiml_response,
    a_message_from_the_simulator_is_stored,
    a_wrong_signature_is_refused_and_nothing_is_stored,
    the_signature_covers_the_public_url_and_every_parameter,
    a_repeated_message_is_stored_once,
    simultaneous_repeats_of_a_message_are_stored_once,
    simultaneous_messages_of_a_new_number_share_a_conversation,
    simultaneous_messages_of_many_numbers_are_all_stored,
    a_message_to_an_unknown_number_is_refused,
    a_form_without_a_required_field_is_refused,
    pictures_are_stored_with_their_message,
    unusual_characters_are_stored_unchanged,
    invalid_characters_are_replaced_and_the_rest_is_kept,
    a_form_of_more_than_a_mebibyte_is_refused,
    a_message_after_the_closure_starts_a_linked_conversation,
    a_message_to_another_number_of_the_team_starts_another_conversation,
];

async fn a_stored_message_gets_an_empty_twiml_response(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let response = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/xml; charset=utf-8"));
    assert!(response.body.contains("<Response"), "{}", response.body);
    assert!(!response.body.contains("Message"), "{}", response.body);
}

async fn a_message_from_the_simulator_is_stored(app: TestApp) {
    let written = app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Hello").await;
    assert_eq!(written["webhook"], "delivered");
    assert_eq!(written["webhook_status"], 200);
    let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(conversation).await;
    let id = messages[0]["id"].clone();
    let expected = json!({
        "id": id, "conversation_id": conversation, "direction": "inbound",
        "sender": {"kind": "customer", "id": null, "name": null}, "body": "Hello", "media": [], "segments": 1,
        "encoding": "gsm7", "status": "received", "error": null, "created_at": "2024-11-25T09:00:00Z",
        "sent_at": null, "delivered_at": null, "template_id": null, "recovered": false, "mentions": [],
        "send_at": null,
    });
    assert_eq!(messages, [expected]);
}

async fn a_wrong_signature_is_refused_and_nothing_is_stored(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let url = format!("{}/api/v1{MESSAGES}", app.anonymous.url);
    let right = simulator::sign(AUTH_TOKEN, &url, &form);
    let lower = right.to_lowercase();
    let cut = &right[..right.len() - 4];
    let other = simulator::sign("another token", &url, &form);
    for signature in ["", "garbage", &lower, cut, &other] {
        let request = app.anonymous.request(Method::POST, MESSAGES).form(&form);
        let request = request.header("X-Twilio-Signature", signature);
        ApiResponse::to(request).await.problem(InvalidSignature);
    }
    let unsigned = app.anonymous.request(Method::POST, MESSAGES).form(&form);
    ApiResponse::to(unsigned).await.problem(InvalidSignature);
    // Other credentials do not replace the signature.
    let admin = app.signed_in(ADMIN).await;
    let request = admin.request(Method::POST, MESSAGES).form(&form);
    ApiResponse::to(request).await.problem(InvalidSignature);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.database.count("events", "1 = 1"), 0);
}

async fn the_signature_covers_the_public_url_and_every_parameter(app: TestApp) {
    let server = app.replica(|args| args.public_url = Some("https://desk.example.com/".to_owned()));
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let send = async |signed_url: &str, path: &str| {
        let request = signed_for(&server.anonymous, signed_url, path, &form)
            // Headers that any client can set have no effect.
            .header("Host", "evil.example.com")
            .header("X-Forwarded-Host", "evil.example.com")
            .header("X-Forwarded-Proto", "http");
        ApiResponse::to(request).await
    };
    let public = format!("https://desk.example.com/api/v1{MESSAGES}");
    for wrong in [
        format!("http://desk.example.com/api/v1{MESSAGES}"),
        format!("https://evil.example.com/api/v1{MESSAGES}"),
        format!("{}/api/v1{MESSAGES}", server.anonymous.url),
        format!("{public}?a=1"),
        format!("https://desk.example.com:444/api/v1{MESSAGES}"),
    ] {
        send(&wrong, MESSAGES).await.problem(InvalidSignature);
    }
    let queried = format!("{MESSAGES}?team=1&x=%2B");
    send(&public, &queried).await.problem(InvalidSignature);

    assert_eq!(send(&public, MESSAGES).await.status, 200);
    let with_port = format!("https://desk.example.com:443/api/v1{MESSAGES}");
    assert_eq!(send(&with_port, MESSAGES).await.status, 200);
    assert_eq!(send(&format!("{public}?team=1&x=%2B"), &queried).await.status, 200);

    let mut more = form.clone();
    more.push(("OptOutType".to_owned(), "STOP".to_owned()));
    let added = app
        .anonymous
        .http
        .post(format!("{}/api/v1{MESSAGES}", server.anonymous.url))
        .header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, &public, &form))
        .form(&more);
    ApiResponse::to(added).await.problem(InvalidSignature);
}

async fn a_repeated_message_is_stored_once(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    for _ in 0..2 {
        let response = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
        assert_eq!(response.status, 200);
        app.advance(TimeDelta::minutes(1));
    }
    // The gateway's id decides, even if the second message differs.
    let changed = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Something else");
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &changed)).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    let messages = ann.messages(conversation).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["body"], "Hello");
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["unread"], 1);
    assert_eq!(seen["last_message_at"], "2024-11-25T09:00:00Z");
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

/// Posts all forms at the same time and returns the statuses.
async fn post_at_once(app: &TestApp, forms: Vec<crate::support::gateway::Form>) -> Vec<u16> {
    let posts: Vec<_> = forms
        .iter()
        .map(|form| tokio::spawn(ApiResponse::to(signed(&app.anonymous, MESSAGES, form))))
        .collect();
    let mut statuses = Vec::new();
    for post in posts {
        statuses.push(post.await.unwrap().status);
    }
    statuses
}

async fn simultaneous_repeats_of_a_message_are_stored_once(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    assert_eq!(post_at_once(&app, vec![form; 8]).await, [200; 8]);
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 1"), 1);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

async fn simultaneous_messages_of_a_new_number_share_a_conversation(app: TestApp) {
    let forms =
        (0..8).map(|n| message_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, &format!("Text {n}"))).collect();
    assert_eq!(post_at_once(&app, forms).await, [200; 8]);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 8"), 1);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    let mut bodies: Vec<_> = messages.iter().map(|message| message["body"].as_str().unwrap()).collect();
    bodies.sort_unstable();
    let expected: Vec<String> = (0..8).map(|n| format!("Text {n}")).collect();
    assert_eq!(bodies, expected);
}

async fn simultaneous_messages_of_many_numbers_are_all_stored(app: TestApp) {
    let forms = (0..40)
        .map(|n| {
            let from = crate::support::fixtures::stranger(n % 10);
            message_form(&sid(n), &from, COLLECTIONS_NUMBER, &format!("Text {n}"))
        })
        .collect();
    assert_eq!(post_at_once(&app, forms).await, [200; 40]);
    assert_eq!(app.database.count("conversations", "unread = 4"), 10);
    assert_eq!(app.database.count("messages", "1 = 1"), 40);
    assert_eq!(app.database.count("events", "1 = 1"), 40);
}

async fn a_message_to_an_unknown_number_is_refused(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, "+447700900099", "Hello");
    ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.problem(NotFound);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_form_without_a_required_field_is_refused(app: TestApp) {
    let whole = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    for (name, value, fault) in [
        ("MessageSid", None, "required"),
        ("MessageSid", Some(""), "required"),
        ("From", None, "required"),
        ("From", Some("whatsapp:+447700900456"), "other_channel"),
        ("From", Some("+44770\u{0}0900456"), "invalid"),
        ("To", None, "required"),
    ] {
        let mut form = whole.clone();
        form.retain(|(known, _)| known != name);
        form.extend(value.map(|value| (name.to_owned(), value.to_owned())));
        let refused = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
        assert_eq!(refused.fault(ValidationFailed), (name.to_owned(), fault.to_owned()));
    }
    let empty = form(&[]);
    ApiResponse::to(signed(&app.anonymous, MESSAGES, &empty)).await.problem(ValidationFailed);
    app.anonymous.get(MESSAGES).await.problem(MethodNotAllowed);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn pictures_are_stored_with_their_message(app: TestApp) {
    let mut form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "");
    form.retain(|(name, _)| name != "NumMedia");
    for (name, value) in [
        ("NumMedia", "2"),
        ("MediaUrl0", "https://media.example.com/0"),
        ("MediaContentType0", "image/png"),
        ("MediaUrl1", "https://media.example.com/1"),
        ("MediaUrl2", "https://media.example.com/not-counted"),
    ] {
        form.push((name.to_owned(), value.to_owned()));
    }
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live_conversation(COLLECTIONS_NUMBER, STRANGER)).await;
    let path = |n| format!("/api/v1/messages/{}/media/{n}", messages[0]["id"]);
    let media = json!([
        {"url": path(0), "content_type": "image/png"},
        {"url": path(1), "content_type": "application/octet-stream"},
    ]);
    assert_eq!(messages[0]["media"], media);
    assert_eq!(messages[0]["body"], "");
}

async fn unusual_characters_are_stored_unchanged(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let long = "Ω".repeat(20_000);
    for body in [
        "I \u{1f496} this \u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "a+b & c=d %41 100%",
        "  spaces at both ends  ",
        "line one\r\nline two\n",
        "'; DROP TABLE messages; --",
        "[\"looks like JSON\"]",
        "{\"so\": \"does this\"}",
        "{{name}}",
        "\u{202e}backwards\u{202c} \u{feff}",
        "e\u{301} is not \u{e9}",
        &long,
    ] {
        let conversation = app.inbound(STRANGER, body).await;
        let messages = ann.messages(conversation).await;
        assert_eq!(messages.last().unwrap()["body"], body);
    }
}

async fn invalid_characters_are_replaced_and_the_rest_is_kept(app: TestApp) {
    let conversation = app.inbound(STRANGER, "a\0b").await;
    // Not UTF-8. The signature covers the decoded text, with replacement characters.
    let form = message_form(&sid(77), STRANGER, COLLECTIONS_NUMBER, "c\u{fffd}d");
    let url = format!("{}/api/v1{MESSAGES}", app.anonymous.url);
    let encoded = serde_urlencoded::to_string(&form).unwrap().replace("%EF%BF%BD", "%FF");
    assert!(encoded.contains("c%FFd"), "{encoded}");
    let request = app
        .anonymous
        .request(Method::POST, MESSAGES)
        .header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, &url, &form))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(encoded);
    assert_eq!(ApiResponse::to(request).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(conversation).await;
    let bodies: Vec<_> = messages.iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, ["a\u{fffd}b", "c\u{fffd}d"]);
}

async fn a_form_of_more_than_a_mebibyte_is_refused(app: TestApp) {
    let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, &"a".repeat(1024 * 1024));
    ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.problem(BodyTooLarge);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_message_after_the_closure_starts_a_linked_conversation(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..3 {
        let id = app.inbound(STRANGER, &format!("Text {n}")).await;
        app.advance(TimeDelta::minutes(1));
        assert_eq!(ann.close(id).await.status, 201);
        conversations.push(id);
    }
    let id = app.inbound(STRANGER, "And again").await;
    let seen = ann.conversation(id).await;
    assert_eq!(seen["previous_id"], conversations[2]);
    assert_eq!(seen["status"], "open");
    assert_eq!(seen["opened_at"], "2024-11-25T09:03:00Z");
    assert_eq!(seen["unread"], 1);
    assert_eq!(ann.messages(id).await.len(), 1);
    let before = ann.conversation(conversations[2]).await;
    assert_eq!(before["previous_id"], conversations[1]);
    assert_eq!(ann.messages(conversations[2]).await.len(), 1);
    // The first conversation with another team has no previous one.
    let elsewhere = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    assert!(admin.conversation(elsewhere).await["previous_id"].is_null());
}

async fn a_message_to_another_number_of_the_team_starts_another_conversation(app: TestApp) {
    let one = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let other = app.inbound_to("+447700900004", STRANGER, "Hello").await;
    assert_ne!(one, other);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.conversation(other).await["team_number"], "+447700900004");
}
