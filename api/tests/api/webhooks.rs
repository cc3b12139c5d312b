//! Texts that the gateway brings: only signed ones, each once, none lost, one conversation for the two numbers.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::{BodyTooLarge, InvalidSignature, MethodNotAllowed, NotFound, ValidationFailed};

use crate::support::{
    Answer, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS_NUMBER, COLLECTIONS_NUMBER, STRANGER},
    gateway::{AUTH_TOKEN, MESSAGES, form, sid, signed, signed_for, text_form},
    on_both_databases,
};

on_both_databases![
    a_kept_text_is_answered_with_an_empty_twiml_response,
    a_text_by_the_simulator_arrives_as_one_by_twilio_would,
    a_wrong_signature_is_refused_and_nothing_is_kept,
    the_signature_covers_the_public_address_and_every_parameter,
    the_same_text_twice_is_kept_once,
    the_same_text_at_once_is_kept_once,
    texts_of_a_new_number_at_once_make_one_conversation,
    texts_of_many_numbers_at_once_are_all_kept,
    a_text_for_a_number_of_nobody_is_refused,
    a_form_that_lacks_something_is_refused,
    pictures_come_with_a_text,
    what_people_really_write_is_kept_as_it_is,
    bytes_that_are_no_text_lose_nothing_else,
    a_form_of_more_than_a_mebibyte_is_refused,
    a_text_after_the_closure_begins_a_new_conversation_linked_to_the_old,
    a_text_to_the_other_number_of_a_team_is_another_conversation,
];

async fn a_kept_text_is_answered_with_an_empty_twiml_response(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let answer = Answer::to(signed(&app.nobody, MESSAGES, &form)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/xml; charset=utf-8"));
    assert!(answer.body.contains("<Response"), "{}", answer.body);
    assert!(!answer.body.contains("Message"), "{}", answer.body);
}

async fn a_text_by_the_simulator_arrives_as_one_by_twilio_would(app: TestApp) {
    let written = app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "Hello").await;
    assert_eq!(written["webhook"], "delivered");
    assert_eq!(written["webhook_status"], 200);
    let conversation = app.live(COLLECTIONS_NUMBER, STRANGER);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(conversation).await;
    let id = messages[0]["id"].clone();
    let expected = json!({
        "id": id, "conversation_id": conversation, "direction": "inbound",
        "sender": {"kind": "customer", "id": null, "name": null}, "body": "Hello", "media": [], "segments": 1,
        "encoding": "gsm7", "status": "received", "error": null, "created_at": "2024-11-25T09:00:00Z",
        "sent_at": null, "delivered_at": null, "template_id": null, "recovered": false,
    });
    assert_eq!(messages, [expected]);
}

async fn a_wrong_signature_is_refused_and_nothing_is_kept(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let url = format!("{}/api/v1{MESSAGES}", app.nobody.url);
    let right = simulator::sign(AUTH_TOKEN, &url, &form);
    let lower = right.to_lowercase();
    let cut = &right[..right.len() - 4];
    let other = simulator::sign("another token", &url, &form);
    for signature in ["", "garbage", &lower, cut, &other] {
        let request = app.nobody.request(Method::POST, MESSAGES).form(&form);
        let request = request.header("X-Twilio-Signature", signature);
        Answer::to(request).await.problem(InvalidSignature);
    }
    let unsigned = app.nobody.request(Method::POST, MESSAGES).form(&form);
    Answer::to(unsigned).await.problem(InvalidSignature);
    // Credentials of another kind do not stand in for it.
    let admin = app.signed_in(ADMIN).await;
    let request = admin.request(Method::POST, MESSAGES).form(&form);
    Answer::to(request).await.problem(InvalidSignature);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.database.count("events", "1 = 1"), 0);
}

async fn the_signature_covers_the_public_address_and_every_parameter(app: TestApp) {
    let desk = app.replica(|args| args.public_url = Some("https://desk.example.com/".to_owned()));
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    let send = async |signed_url: &str, path: &str| {
        let request = signed_for(&desk.nobody, signed_url, path, &form)
            // What anyone can set has no say.
            .header("Host", "evil.example.com")
            .header("X-Forwarded-Host", "evil.example.com")
            .header("X-Forwarded-Proto", "http");
        Answer::to(request).await
    };
    let public = format!("https://desk.example.com/api/v1{MESSAGES}");
    for wrong in [
        format!("http://desk.example.com/api/v1{MESSAGES}"),
        format!("https://evil.example.com/api/v1{MESSAGES}"),
        format!("{}/api/v1{MESSAGES}", desk.nobody.url),
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
        .nobody
        .http
        .post(format!("{}/api/v1{MESSAGES}", desk.nobody.url))
        .header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, &public, &form))
        .form(&more);
    Answer::to(added).await.problem(InvalidSignature);
}

async fn the_same_text_twice_is_kept_once(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    for _ in 0..2 {
        let answer = Answer::to(signed(&app.nobody, MESSAGES, &form)).await;
        assert_eq!(answer.status, 200);
        app.advance(TimeDelta::minutes(1));
    }
    // The gateway's id decides, whatever else the second one says.
    let changed = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Something else");
    assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &changed)).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let conversation = app.live(COLLECTIONS_NUMBER, STRANGER);
    let messages = ann.messages(conversation).await;
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0]["body"], "Hello");
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["unread"], 1);
    assert_eq!(seen["last_message_at"], "2024-11-25T09:00:00Z");
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

/// Posts all of them at once, and answers the statuses.
async fn at_once(app: &TestApp, forms: Vec<crate::support::gateway::Form>) -> Vec<u16> {
    let posts: Vec<_> =
        forms.iter().map(|form| tokio::spawn(Answer::to(signed(&app.nobody, MESSAGES, form)))).collect();
    let mut statuses = Vec::new();
    for post in posts {
        statuses.push(post.await.unwrap().status);
    }
    statuses
}

async fn the_same_text_at_once_is_kept_once(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
    assert_eq!(at_once(&app, vec![form; 8]).await, [200; 8]);
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 1"), 1);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

async fn texts_of_a_new_number_at_once_make_one_conversation(app: TestApp) {
    let forms =
        (0..8).map(|n| text_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, &format!("Text {n}"))).collect();
    assert_eq!(at_once(&app, forms).await, [200; 8]);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 8"), 1);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    let mut bodies: Vec<_> = messages.iter().map(|message| message["body"].as_str().unwrap()).collect();
    bodies.sort_unstable();
    let expected: Vec<String> = (0..8).map(|n| format!("Text {n}")).collect();
    assert_eq!(bodies, expected);
}

async fn texts_of_many_numbers_at_once_are_all_kept(app: TestApp) {
    let forms = (0..40)
        .map(|n| {
            let from = crate::support::fixtures::stranger(n % 10);
            text_form(&sid(n), &from, COLLECTIONS_NUMBER, &format!("Text {n}"))
        })
        .collect();
    assert_eq!(at_once(&app, forms).await, [200; 40]);
    assert_eq!(app.database.count("conversations", "unread = 4"), 10);
    assert_eq!(app.database.count("messages", "1 = 1"), 40);
    assert_eq!(app.database.count("events", "1 = 1"), 40);
}

async fn a_text_for_a_number_of_nobody_is_refused(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, "+447700900099", "Hello");
    Answer::to(signed(&app.nobody, MESSAGES, &form)).await.problem(NotFound);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_form_that_lacks_something_is_refused(app: TestApp) {
    let whole = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
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
        let refused = Answer::to(signed(&app.nobody, MESSAGES, &form)).await;
        assert_eq!(refused.fault(ValidationFailed), (name.to_owned(), fault.to_owned()));
    }
    let empty = form(&[]);
    Answer::to(signed(&app.nobody, MESSAGES, &empty)).await.problem(ValidationFailed);
    app.nobody.get(MESSAGES).await.problem(MethodNotAllowed);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn pictures_come_with_a_text(app: TestApp) {
    let mut form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "");
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
    assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    let path = |n| format!("/api/v1/messages/{}/media/{n}", messages[0]["id"]);
    let media = json!([
        {"url": path(0), "content_type": "image/png"},
        {"url": path(1), "content_type": "application/octet-stream"},
    ]);
    assert_eq!(messages[0]["media"], media);
    assert_eq!(messages[0]["body"], "");
}

async fn what_people_really_write_is_kept_as_it_is(app: TestApp) {
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
        let conversation = app.text(STRANGER, body).await;
        let messages = ann.messages(conversation).await;
        assert_eq!(messages.last().unwrap()["body"], body);
    }
}

async fn bytes_that_are_no_text_lose_nothing_else(app: TestApp) {
    let conversation = app.text(STRANGER, "a\0b").await;
    // Not UTF-8. What is signed is what is read: the replacement characters.
    let form = text_form(&sid(77), STRANGER, COLLECTIONS_NUMBER, "c\u{fffd}d");
    let url = format!("{}/api/v1{MESSAGES}", app.nobody.url);
    let encoded = serde_urlencoded::to_string(&form).unwrap().replace("%EF%BF%BD", "%FF");
    assert!(encoded.contains("c%FFd"), "{encoded}");
    let request = app
        .nobody
        .request(Method::POST, MESSAGES)
        .header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, &url, &form))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(encoded);
    assert_eq!(Answer::to(request).await.status, 200);
    let ann = app.signed_in(ANN).await;
    let messages = ann.messages(conversation).await;
    let bodies: Vec<_> = messages.iter().map(|message| &message["body"]).collect();
    assert_eq!(bodies, ["a\u{fffd}b", "c\u{fffd}d"]);
}

async fn a_form_of_more_than_a_mebibyte_is_refused(app: TestApp) {
    let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, &"a".repeat(1024 * 1024));
    Answer::to(signed(&app.nobody, MESSAGES, &form)).await.problem(BodyTooLarge);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_text_after_the_closure_begins_a_new_conversation_linked_to_the_old(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..3 {
        let id = app.text(STRANGER, &format!("Text {n}")).await;
        app.advance(TimeDelta::minutes(1));
        assert_eq!(ann.close(id).await.status, 201);
        conversations.push(id);
    }
    let id = app.text(STRANGER, "And again").await;
    let seen = ann.conversation(id).await;
    assert_eq!(seen["previous_id"], conversations[2]);
    assert_eq!(seen["status"], "open");
    assert_eq!(seen["opened_at"], "2024-11-25T09:03:00Z");
    assert_eq!(seen["unread"], 1);
    assert_eq!(ann.messages(id).await.len(), 1);
    let before = ann.conversation(conversations[2]).await;
    assert_eq!(before["previous_id"], conversations[1]);
    assert_eq!(ann.messages(conversations[2]).await.len(), 1);
    // With another team it is the first.
    let elsewhere = app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    assert!(admin.conversation(elsewhere).await["previous_id"].is_null());
}

async fn a_text_to_the_other_number_of_a_team_is_another_conversation(app: TestApp) {
    let one = app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let other = app.text_to("+447700900004", STRANGER, "Hello").await;
    assert_ne!(one, other);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.conversation(other).await["team_number"], "+447700900004");
}
