//! The team's automatic reply to HELP and INFO: off by default, sent by the system, at most once a day per
//! conversation.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::ValidationFailed;

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, stranger},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    no_help_reply_is_sent_by_default,
    help_gets_the_teams_reply_and_stays_unread,
    the_help_reply_is_sent_once_a_day,
    an_opted_out_customer_gets_no_help_reply,
    no_help_reply_is_sent_when_the_gateway_has_replied,
    the_help_reply_is_validated_and_has_no_placeholders,
    the_help_reply_stays_when_omitted_and_is_removed_by_null,
];

const HELP_REPLY: &str = "Example Ltd. Call 0800 496 0123. Text STOP to opt out.";

async fn update_team(client: &Client, help_reply: Option<Value>) -> ApiResponse {
    let mut team = json!({"name": "Collections", "region": "GB", "time_zone": "Europe/London"});
    if let Some(help_reply) = help_reply {
        team["help_reply"] = help_reply;
    }
    client.put(&format!("/teams/{COLLECTIONS}"), team).await
}

/// Turns the help reply on.
async fn turn_on(app: &TestApp) {
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(update_team(&admin, Some(json!(HELP_REPLY))).await.expect(200)["help_reply"], HELP_REPLY);
}

async fn bodies(client: &Client, conversation: i64) -> Vec<Value> {
    client.messages(conversation).await.iter().map(|message| message["body"].clone()).collect()
}

async fn no_help_reply_is_sent_by_default(app: TestApp) {
    let conversation = app.inbound(STRANGER, "HELP").await;
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["HELP"]);
}

async fn help_gets_the_teams_reply_and_stays_unread(app: TestApp) {
    turn_on(&app).await;
    let ann = app.signed_in(ANN).await;
    for (n, text) in ["HELP", "info", "Help!"].into_iter().enumerate() {
        let conversation = app.inbound(&stranger(n), text).await;
        let messages = ann.messages(conversation).await;
        assert_eq!(bodies(&ann, conversation).await, [text, HELP_REPLY]);
        let response = &messages[1];
        assert_eq!(response["sender"], json!({"kind": "system", "id": null, "name": null}));
        let seen = ann.conversation(conversation).await;
        assert_eq!(
            (&seen["next_action"], &seen["unread"], &seen["status"]),
            (&json!("agent"), &json!(1), &json!("open"))
        );
        app.message_becomes(&ann, response["id"].as_i64().unwrap(), "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, [HELP_REPLY]);
        // The help reply does not hold a reply of an agent who has seen only the customer's message.
        let path = format!("/conversations/{conversation}/messages");
        let reply = json!({"body": "Hello, this is Ann", "last_seen_message_id": messages[0]["id"]});
        ann.post(&path, reply).await.expect(201);
    }
    let conversation = app.inbound(&stranger(9), "help me").await;
    assert_eq!(bodies(&ann, conversation).await, ["help me"]);
}

async fn the_help_reply_is_sent_once_a_day(app: TestApp) {
    turn_on(&app).await;
    let conversation = app.inbound(STRANGER, "HELP").await;
    app.advance(TimeDelta::hours(23));
    app.inbound(STRANGER, "HELP").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(bodies(&ann, conversation).await, ["HELP", HELP_REPLY, "HELP"]);
    app.advance(TimeDelta::hours(2));
    let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "HELP");
    for _ in 0..2 {
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    }
    let ann = app.signed_in(ANN).await;
    assert_eq!(bodies(&ann, conversation).await, ["HELP", HELP_REPLY, "HELP", "HELP", HELP_REPLY]);
}

async fn an_opted_out_customer_gets_no_help_reply(app: TestApp) {
    turn_on(&app).await;
    let conversation = app.inbound(STRANGER, "STOP").await;
    app.inbound(STRANGER, "HELP").await;
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["STOP", "HELP"]);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn no_help_reply_is_sent_when_the_gateway_has_replied(app: TestApp) {
    turn_on(&app).await;
    let mut form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "HELP");
    form.push(("OptOutType".to_owned(), "HELP".to_owned()));
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    assert_eq!(bodies(&app.signed_in(ANN).await, conversation).await, ["HELP"]);
}

async fn the_help_reply_is_validated_and_has_no_placeholders(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (value, fault) in [
        ("", "required"),
        (" \n", "required"),
        (&"a".repeat(1601), "too_long"),
        ("a\0b", "invalid_character"),
        ("Dear {{name}}", "placeholder"),
        ("Dear {{name}", "broken_placeholder"),
    ] {
        let refused = update_team(&admin, Some(json!(value))).await;
        assert_eq!(refused.fault(ValidationFailed), ("help_reply".into(), fault.into()), "{value}");
    }
    update_team(&admin, Some(json!("é".repeat(1600)))).await.expect(200);
}

async fn the_help_reply_stays_when_omitted_and_is_removed_by_null(app: TestApp) {
    turn_on(&app).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(update_team(&admin, None).await.expect(200)["help_reply"], HELP_REPLY);
    assert_eq!(admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200)["help_reply"], HELP_REPLY);
    assert_eq!(update_team(&admin, Some(Value::Null)).await.expect(200)["help_reply"], Value::Null);
}
