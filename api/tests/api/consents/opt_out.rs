//! Consent: after an opt-out a number gets no messages from that team number until it opts in again (rule 13).

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::NumberOptedOut;

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, CLAIMS_NUMBER, COLLECTIONS_NUMBER, CY, MARIA, SAM, STRANGER, SUPPORT_NUMBER, stranger},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    each_opt_out_keyword_counts_in_any_case,
    a_keyword_within_a_sentence_is_not_an_opt_out,
    the_gateways_opt_out_type_counts,
    a_webhook_of_the_simulator_opts_out_and_in,
    a_reply_to_an_opted_out_customer_is_refused,
    a_conversation_shows_that_its_customer_has_opted_out,
    each_opt_in_keyword_opts_in_again,
    an_opt_in_keyword_without_an_opt_out_is_not_recorded,
    an_opt_out_holds_for_one_team_number_only,
    an_opt_out_holds_in_a_new_conversation,
    each_stop_is_recorded,
    each_consent_change_is_an_event,
];

const OPT_OUT_KEYWORDS: [&str; 8] =
    ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const OPT_IN_KEYWORDS: [&str; 3] = ["START", "YES", "UNSTOP"];

/// The current consent state of a conversation.
async fn state(client: &Client, conversation: i64) -> Value {
    client.conversation(conversation).await["consent"]["state"].clone()
}

async fn each_opt_out_keyword_counts_in_any_case(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, keyword) in OPT_OUT_KEYWORDS.into_iter().enumerate() {
        let mixed = format!("{}{}", &keyword[..1], keyword[1..].to_lowercase());
        for (m, text) in [keyword.to_owned(), keyword.to_lowercase(), mixed, format!(" {keyword}\n")]
            .into_iter()
            .enumerate()
        {
            let number = stranger(n * 10 + m);
            let conversation = app.inbound(&number, &text).await;
            let seen = ann.conversation(conversation).await;
            assert_eq!(seen["consent"]["state"], "opted_out", "{text:?}");
            assert_eq!(seen["consent"]["source"], "keyword", "{text:?}");
        }
    }
}

async fn a_keyword_within_a_sentence_is_not_an_opt_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, text) in
        ["Don't end this", "stopp", "HELP", "cancel my order", "stop by the shop", "when does it stop?"]
            .into_iter()
            .enumerate()
    {
        let conversation = app.inbound(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!((&seen["consent"], &seen["attention"]), (&Value::Null, &Value::Null), "{text}");
        assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

/// Delivers a message with the gateway's own `OptOutType`; returns the conversation.
async fn message_with_opt_out_type(app: &TestApp, number: &str, body: &str, opt_out_type: &str) -> i64 {
    let mut form = message_form(&app.next_sid(), number, COLLECTIONS_NUMBER, body);
    form.push(("OptOutType".to_owned(), opt_out_type.to_owned()));
    let response = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
    assert_eq!(response.status, 200, "{}", response.body);
    app.live_conversation(COLLECTIONS_NUMBER, number)
}

async fn the_gateways_opt_out_type_counts(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    // A keyword of the team's own, configured at the gateway.
    let conversation = message_with_opt_out_type(&app, STRANGER, "Genug", "STOP").await;
    let consent = ann.conversation(conversation).await["consent"].clone();
    assert_eq!((&consent["state"], &consent["source"]), (&json!("opted_out"), &json!("gateway")));
    message_with_opt_out_type(&app, STRANGER, "Encore", "START").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    // Without a known type the keywords decide, and HELP is not an opt-out.
    message_with_opt_out_type(&app, STRANGER, "stop", "").await;
    assert_eq!(state(&ann, conversation).await, "opted_out");
    message_with_opt_out_type(&app, STRANGER, "start", "something new").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    message_with_opt_out_type(&app, STRANGER, "HELP", "HELP").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
}

async fn a_webhook_of_the_simulator_opts_out_and_in(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let outcome = app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "Stop").await;
    assert_eq!(outcome["webhook_status"], 200);
    let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    assert_eq!(state(&ann, conversation).await, "opted_out");
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
    app.gateway.send_inbound(STRANGER, COLLECTIONS_NUMBER, "START").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    let message = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, message, "delivered").await;
}

async fn a_reply_to_an_opted_out_customer_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "stop").await;
    app.advance(TimeDelta::minutes(5));
    let problem = ann.reply(conversation, "Just one more thing").await.problem(NumberOptedOut);
    let detail = problem["detail"].as_str().unwrap();
    for part in ["+44 7700 900456", "25 November 2024, 09:00 UTC", "by a message", "START"] {
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(ann.messages(conversation).await.len(), 1);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    // Closing sends no message.
    ann.close(conversation).await.expect(201);
}

async fn a_conversation_shows_that_its_customer_has_opted_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(MARIA, "Hello").await;
    assert_eq!(ann.conversation(conversation).await["consent"], Value::Null);
    app.advance(TimeDelta::minutes(1));
    app.inbound(MARIA, "STOP").await;
    let seen = ann.conversation(conversation).await;
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": MARIA, "state": "opted_out",
        "source": "keyword", "by": {"kind": "customer", "id": null, "name": "Maria Jones"}, "message_id": 2,
        "note": null, "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(seen["consent"], expected);
    assert_eq!(seen["permitted_actions"], json!(["close", "assign", "tag", "snooze"]));
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert!(seen["attention"]["text"].as_str().unwrap().contains("START"));
    assert_eq!((&seen["status"], &seen["next_action"]), (&json!("open"), &json!("agent")));
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["attention"]["code"], "opted_out");
}

async fn each_opt_in_keyword_opts_in_again(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, keyword) in OPT_IN_KEYWORDS.into_iter().enumerate() {
        for (m, text) in [keyword.to_owned(), keyword.to_lowercase()].into_iter().enumerate() {
            let number = stranger(n * 10 + m);
            let conversation = app.inbound(&number, "STOP").await;
            assert_eq!(app.inbound(&number, &text).await, conversation);
            let seen = ann.conversation(conversation).await;
            assert_eq!(seen["consent"]["state"], "opted_in", "{text}");
            assert_eq!(seen["attention"], Value::Null);
            assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
            let message = ann.create_reply(conversation, "Welcome back").await;
            app.message_becomes(&ann, message, "delivered").await;
        }
    }
}

async fn an_opt_in_keyword_without_an_opt_out_is_not_recorded(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for keyword in OPT_IN_KEYWORDS {
        let conversation = app.inbound(STRANGER, keyword).await;
        assert_eq!(ann.conversation(conversation).await["consent"], Value::Null, "{keyword}");
    }
    // An opt-in without an opt-out keeps other attention.
    app.gateway.inject_fault(json!({"fault": "error", "code": 21614})).await;
    let conversation = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    let message = ann.create_reply(conversation, "Shall I set it up?").await;
    app.message_becomes(&ann, message, "failed").await;
    app.inbound(STRANGER, "yes").await;
    assert_eq!(ann.conversation(conversation).await["attention"]["code"], "not_delivered");
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn an_opt_out_holds_for_one_team_number_only(app: TestApp) {
    let cy = app.signed_in(CY).await;
    let out = app.inbound_to(CLAIMS_NUMBER, STRANGER, "STOP").await;
    cy.reply(out, "Hi").await.problem(NumberOptedOut);
    let other = app.inbound_to("+447700900004", STRANGER, "Hello").await;
    let message = cy.create_reply(other, "Hi").await;
    app.message_becomes(&cy, message, "delivered").await;
    let sam = app.signed_in(SAM).await;
    for number in [COLLECTIONS_NUMBER, SUPPORT_NUMBER] {
        let conversation = app.inbound_to(number, STRANGER, "Hello").await;
        let message = sam.create_reply(conversation, "Hi").await;
        app.message_becomes(&sam, message, "delivered").await;
    }
    // Other customers of that number are not affected.
    let another = app.inbound_to(CLAIMS_NUMBER, &stranger(1), "Hello").await;
    cy.create_reply(another, "Hi").await;
}

async fn an_opt_out_holds_in_a_new_conversation(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let first = app.inbound(STRANGER, "STOP").await;
    ann.close(first).await.expect(201);
    let before = ann.conversation(first).await;
    app.advance(TimeDelta::days(200));
    let ann = app.signed_in(ANN).await;
    let second = app.inbound(STRANGER, "What do you have of me?").await;
    let seen = ann.conversation(second).await;
    assert_eq!(
        (&seen["consent"]["state"], &seen["permitted_actions"]),
        (&json!("opted_out"), &json!(["close", "assign", "tag", "snooze"]))
    );
    ann.reply(second, "Hi").await.problem(NumberOptedOut);
    app.inbound(STRANGER, "START").await;
    ann.create_reply(second, "Hi").await;
    let after = ann.conversation(first).await;
    assert_eq!(after["attention"], before["attention"], "a closed conversation does not change");
}

async fn each_stop_is_recorded(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "STOP").await;
    app.advance(TimeDelta::minutes(1));
    app.inbound(STRANGER, "stop").await;
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 2);
    app.inbound(STRANGER, "START").await;
    app.inbound(STRANGER, "START").await;
    assert_eq!(app.database.count("consents", "state = 'opted_in'"), 1);
    assert_eq!(state(&ann, conversation).await, "opted_in");
    // A repeated webhook is one message.
    let form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "STOP");
    for _ in 0..2 {
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 4);
}

async fn each_consent_change_is_an_event(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.inbound(STRANGER, "STOP").await;
    app.inbound(STRANGER, "START").await;
    let consent_events =
        format!("kind = 'consent_changed' AND team_id = 1 AND conversation_id = {conversation}");
    assert_eq!(app.database.count("events", &consent_events), 2);
}
