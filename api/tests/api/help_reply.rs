//! The team's answer to HELP and INFO: off by default, sent by the system, at most once a day in a conversation.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::ValidationFailed;

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, stranger},
    gateway::{MESSAGES, signed, text_form},
    on_both_databases,
};

on_both_databases![
    nothing_is_answered_by_default,
    help_is_answered_with_the_teams_text_and_stays_unread,
    help_is_answered_once_a_day,
    a_customer_who_has_opted_out_gets_no_answer,
    what_the_gateway_has_answered_is_not_answered_again,
    the_answer_is_a_message_without_placeholders,
    the_answer_stays_when_it_is_left_out_and_goes_with_null,
];

const ANSWER: &str = "Example Ltd. Call 0800 496 0123. Text STOP to opt out.";

async fn team(client: &Client, help_reply: Option<Value>) -> Answer {
    let mut team = json!({"name": "Collections", "region": "GB", "time_zone": "Europe/London"});
    if let Some(help_reply) = help_reply {
        team["help_reply"] = help_reply;
    }
    client.put(&format!("/teams/{COLLECTIONS}"), team).await
}

/// Turns the answer on.
async fn turned_on(app: &TestApp) {
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(team(&admin, Some(json!(ANSWER))).await.expect(200)["help_reply"], ANSWER);
}

async fn bodies(client: &Client, conversation: i64) -> Vec<Value> {
    client.messages(conversation).await.iter().map(|message| message["body"].clone()).collect()
}

async fn nothing_is_answered_by_default(app: TestApp) {
    let conversation = app.text(STRANGER, "HELP").await;
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["HELP"]);
}

async fn help_is_answered_with_the_teams_text_and_stays_unread(app: TestApp) {
    turned_on(&app).await;
    let ann = app.signed_in(ANN).await;
    for (n, text) in ["HELP", "info", "Help!"].into_iter().enumerate() {
        let conversation = app.text(&stranger(n), text).await;
        let messages = ann.messages(conversation).await;
        assert_eq!(bodies(&ann, conversation).await, [text, ANSWER]);
        let answer = &messages[1];
        assert_eq!(answer["sender"], json!({"kind": "system", "id": null, "name": null}));
        let seen = ann.conversation(conversation).await;
        assert_eq!(
            (&seen["next_action"], &seen["unread"], &seen["status"]),
            (&json!("agent"), &json!(1), &json!("open"))
        );
        app.message_becomes(&ann, answer["id"].as_i64().unwrap(), "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, [ANSWER]);
        // The answer holds no reply of an agent who has seen only the customer's message.
        let path = format!("/conversations/{conversation}/messages");
        let reply = json!({"body": "Hello, this is Ann", "last_seen_message_id": messages[0]["id"]});
        ann.post(&path, reply).await.expect(201);
    }
    let conversation = app.text(&stranger(9), "help me").await;
    assert_eq!(bodies(&ann, conversation).await, ["help me"]);
}

async fn help_is_answered_once_a_day(app: TestApp) {
    turned_on(&app).await;
    let conversation = app.text(STRANGER, "HELP").await;
    app.advance(TimeDelta::hours(23));
    app.text(STRANGER, "HELP").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(bodies(&ann, conversation).await, ["HELP", ANSWER, "HELP"]);
    app.advance(TimeDelta::hours(2));
    let form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "HELP");
    for _ in 0..2 {
        assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
    }
    let ann = app.signed_in(ANN).await;
    assert_eq!(bodies(&ann, conversation).await, ["HELP", ANSWER, "HELP", "HELP", ANSWER]);
}

async fn a_customer_who_has_opted_out_gets_no_answer(app: TestApp) {
    turned_on(&app).await;
    let conversation = app.text(STRANGER, "STOP").await;
    app.text(STRANGER, "HELP").await;
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["STOP", "HELP"]);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn what_the_gateway_has_answered_is_not_answered_again(app: TestApp) {
    turned_on(&app).await;
    let mut form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "HELP");
    form.push(("OptOutType".to_owned(), "HELP".to_owned()));
    assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
    let conversation = app.live(COLLECTIONS_NUMBER, STRANGER);
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["HELP"]);
}

async fn the_answer_is_a_message_without_placeholders(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (given, fault) in [
        ("", "required"),
        (" \n", "required"),
        (&"a".repeat(1601), "too_long"),
        ("a\0b", "invalid_character"),
        ("Dear {{name}}", "placeholder"),
    ] {
        let refused = team(&admin, Some(json!(given))).await;
        assert_eq!(refused.fault(ValidationFailed), ("help_reply".into(), fault.into()), "{given}");
    }
    team(&admin, Some(json!("é".repeat(1600)))).await.expect(200);
}

async fn the_answer_stays_when_it_is_left_out_and_goes_with_null(app: TestApp) {
    turned_on(&app).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(team(&admin, None).await.expect(200)["help_reply"], ANSWER);
    assert_eq!(admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200)["help_reply"], ANSWER);
    assert_eq!(team(&admin, Some(Value::Null)).await.expect(200)["help_reply"], Value::Null);
}
