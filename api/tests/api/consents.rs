//! Consent: a customer who has opted out of a number's texts is not written to from it, until they opt in again.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::NumberOptedOut;

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, CLAIMS_NUMBER, COLLECTIONS_NUMBER, CY, MARIA, SAM, STRANGER, SUPPORT_NUMBER, stranger},
    gateway::{MESSAGES, signed, text_form},
    on_both_databases,
};

on_both_databases![
    each_of_the_words_opts_out_in_any_case,
    a_word_among_others_is_no_opt_out,
    the_gateways_own_reading_counts,
    the_real_gateways_webhook_opts_out_and_in,
    whoever_opted_out_cannot_be_replied_to,
    a_conversation_shows_that_its_customer_has_opted_out,
    each_of_the_words_opts_in_again,
    who_never_opted_out_cannot_opt_in,
    a_number_is_opted_out_of_one_number_of_ours_and_not_of_a_team,
    a_new_conversation_does_not_forget_it,
    each_stop_of_the_customers_is_kept_and_the_first_holds,
    an_opt_out_is_told_on_the_streams,
];

const WORDS_OUT: [&str; 8] = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"];
const WORDS_IN: [&str; 3] = ["START", "YES", "UNSTOP"];

/// The last word on consent in a conversation.
async fn state(client: &Client, conversation: i64) -> Value {
    client.conversation(conversation).await["consent"]["state"].clone()
}

async fn each_of_the_words_opts_out_in_any_case(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, word) in WORDS_OUT.into_iter().enumerate() {
        let mixed = format!("{}{}", &word[..1], word[1..].to_lowercase());
        for (m, text) in
            [word.to_owned(), word.to_lowercase(), mixed, format!(" {word}\n")].into_iter().enumerate()
        {
            let number = stranger(n * 10 + m);
            let conversation = app.text(&number, &text).await;
            let seen = ann.conversation(conversation).await;
            assert_eq!(seen["consent"]["state"], "opted_out", "{text:?}");
            assert_eq!(seen["consent"]["source"], "keyword", "{text:?}");
        }
    }
}

async fn a_word_among_others_is_no_opt_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, text) in
        ["Don't end this", "stopp", "HELP", "cancel my order", "stop by the shop", "when does it stop?"]
            .into_iter()
            .enumerate()
    {
        let conversation = app.text(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!((&seen["consent"], &seen["attention"]), (&Value::Null, &Value::Null), "{text}");
        assert_eq!(seen["permitted_actions"], json!(["reply", "close"]));
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

/// A text with what the gateway has read in it; answers the conversation.
async fn read_by_the_gateway(app: &TestApp, number: &str, body: &str, opt_out_type: &str) -> i64 {
    let mut form = text_form(&app.next_sid(), number, COLLECTIONS_NUMBER, body);
    form.push(("OptOutType".to_owned(), opt_out_type.to_owned()));
    let answer = Answer::to(signed(&app.nobody, MESSAGES, &form)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    app.live(COLLECTIONS_NUMBER, number)
}

async fn the_gateways_own_reading_counts(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    // A word of the team's own, which only the gateway knows.
    let conversation = read_by_the_gateway(&app, STRANGER, "Genug", "STOP").await;
    let consent = ann.conversation(conversation).await["consent"].clone();
    assert_eq!((&consent["state"], &consent["source"]), (&json!("opted_out"), &json!("gateway")));
    read_by_the_gateway(&app, STRANGER, "Encore", "START").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    // What it does not say, the words do; and help is no opt-out.
    read_by_the_gateway(&app, STRANGER, "stop", "").await;
    assert_eq!(state(&ann, conversation).await, "opted_out");
    read_by_the_gateway(&app, STRANGER, "start", "something new").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    read_by_the_gateway(&app, STRANGER, "HELP", "HELP").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
}

async fn the_real_gateways_webhook_opts_out_and_in(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let told = app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "Stop").await;
    assert_eq!(told["webhook_status"], 200);
    let conversation = app.live(COLLECTIONS_NUMBER, STRANGER);
    assert_eq!(state(&ann, conversation).await, "opted_out");
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
    app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "START").await;
    assert_eq!(state(&ann, conversation).await, "opted_in");
    let message = ann.replies(conversation, "Hi").await;
    app.message_becomes(&ann, message, "delivered").await;
}

async fn whoever_opted_out_cannot_be_replied_to(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "stop").await;
    app.advance(TimeDelta::minutes(5));
    let problem = ann.reply(conversation, "Just one more thing").await.problem(NumberOptedOut);
    let detail = problem["detail"].as_str().unwrap();
    for part in ["+44 7700 900456", "25 November 2024, 09:00 UTC", "by a message", "START"] {
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(ann.messages(conversation).await.len(), 1);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    // Closing is no text.
    ann.close(conversation).await.expect(201);
}

async fn a_conversation_shows_that_its_customer_has_opted_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(MARIA, "Hello").await;
    assert_eq!(ann.conversation(conversation).await["consent"], Value::Null);
    app.advance(TimeDelta::minutes(1));
    app.text(MARIA, "STOP").await;
    let seen = ann.conversation(conversation).await;
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": MARIA, "state": "opted_out",
        "source": "keyword", "by": {"kind": "customer", "id": null, "name": "Maria Jones"}, "message_id": 2,
        "note": null, "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(seen["consent"], expected);
    assert_eq!(seen["permitted_actions"], json!(["close"]));
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert!(seen["attention"]["text"].as_str().unwrap().contains("START"));
    assert_eq!((&seen["status"], &seen["next_action"]), (&json!("open"), &json!("agent")));
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["attention"]["code"], "opted_out");
}

async fn each_of_the_words_opts_in_again(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, word) in WORDS_IN.into_iter().enumerate() {
        for (m, text) in [word.to_owned(), word.to_lowercase()].into_iter().enumerate() {
            let number = stranger(n * 10 + m);
            let conversation = app.text(&number, "STOP").await;
            assert_eq!(app.text(&number, &text).await, conversation);
            let seen = ann.conversation(conversation).await;
            assert_eq!(seen["consent"]["state"], "opted_in", "{text}");
            assert_eq!(seen["attention"], Value::Null);
            assert_eq!(seen["permitted_actions"], json!(["reply", "close"]));
            let message = ann.replies(conversation, "Welcome back").await;
            app.message_becomes(&ann, message, "delivered").await;
        }
    }
}

async fn who_never_opted_out_cannot_opt_in(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for word in WORDS_IN {
        let conversation = app.text(STRANGER, word).await;
        assert_eq!(ann.conversation(conversation).await["consent"], Value::Null, "{word}");
    }
    // Nor does it take away what else a conversation shows.
    app.gateway.order(json!({"fault": "error", "code": 21614})).await;
    let conversation = app.live(COLLECTIONS_NUMBER, STRANGER);
    let message = ann.replies(conversation, "Shall I set it up?").await;
    app.message_becomes(&ann, message, "failed").await;
    app.text(STRANGER, "yes").await;
    assert_eq!(ann.conversation(conversation).await["attention"]["code"], "not_delivered");
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn a_number_is_opted_out_of_one_number_of_ours_and_not_of_a_team(app: TestApp) {
    let cy = app.signed_in(CY).await;
    let out = app.text_to(CLAIMS_NUMBER, STRANGER, "STOP").await;
    cy.reply(out, "Hi").await.problem(NumberOptedOut);
    let other = app.text_to("+447700900004", STRANGER, "Hello").await;
    let message = cy.replies(other, "Hi").await;
    app.message_becomes(&cy, message, "delivered").await;
    let sam = app.signed_in(SAM).await;
    for number in [COLLECTIONS_NUMBER, SUPPORT_NUMBER] {
        let conversation = app.text_to(number, STRANGER, "Hello").await;
        let message = sam.replies(conversation, "Hi").await;
        app.message_becomes(&sam, message, "delivered").await;
    }
    // Nor are other customers of that number.
    let another = app.text_to(CLAIMS_NUMBER, &stranger(1), "Hello").await;
    cy.replies(another, "Hi").await;
}

async fn a_new_conversation_does_not_forget_it(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let first = app.text(STRANGER, "STOP").await;
    ann.close(first).await.expect(201);
    let before = ann.conversation(first).await;
    app.advance(TimeDelta::days(200));
    let ann = app.signed_in(ANN).await;
    let second = app.text(STRANGER, "What do you have of me?").await;
    let seen = ann.conversation(second).await;
    assert_eq!(
        (&seen["consent"]["state"], &seen["permitted_actions"]),
        (&json!("opted_out"), &json!(["close"]))
    );
    ann.reply(second, "Hi").await.problem(NumberOptedOut);
    app.text(STRANGER, "START").await;
    ann.replies(second, "Hi").await;
    let after = ann.conversation(first).await;
    assert_eq!(after["attention"], before["attention"], "what is closed stays as it is");
}

async fn each_stop_of_the_customers_is_kept_and_the_first_holds(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "STOP").await;
    app.advance(TimeDelta::minutes(1));
    app.text(STRANGER, "stop").await;
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 2);
    app.text(STRANGER, "START").await;
    app.text(STRANGER, "START").await;
    assert_eq!(app.database.count("consents", "state = 'opted_in'"), 1);
    assert_eq!(state(&ann, conversation).await, "opted_in");
    // The same webhook twice is one text.
    let form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, "STOP");
    for _ in 0..2 {
        assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 4);
}

async fn an_opt_out_is_told_on_the_streams(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    app.text(STRANGER, "STOP").await;
    app.text(STRANGER, "START").await;
    let told = format!("kind = 'consent_changed' AND team_id = 1 AND conversation_id = {conversation}");
    assert_eq!(app.database.count("events", &told), 2);
}
