//! Opt-outs in unusual spellings, in the customer's own words, and as the gateway reads them (rule 13).

use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NumberOptedOut, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, BO, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, SUPPORT, stranger},
    gateway::{MESSAGES, signed, text_form},
    on_both_databases,
};

on_both_databases![
    an_opt_out_counts_in_every_spelling,
    the_gateways_reading_counts_in_any_case_and_an_unknown_one_is_ignored,
    a_message_that_sounds_like_an_opt_out_is_flagged_and_sends_nothing,
    the_flag_goes_with_the_reply,
    an_agent_dismisses_the_flag,
    an_agent_opts_the_customer_out_with_one_request,
    an_opt_out_shows_on_and_cannot_be_dismissed,
    a_number_that_now_belongs_to_another_team_cannot_be_opted_out,
];

async fn attention(client: &Client, conversation: i64) -> Value {
    client.conversation(conversation).await["attention"]["code"].clone()
}

async fn an_opt_out_counts_in_every_spelling(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, text) in [
        "OPT OUT",
        "Opt-out.",
        "STOP ALL",
        "Remove",
        "ARRET",
        "Arrêt",
        "ＳＴＯＰ",
        "STOP 🛑",
        "S\u{200b}T\u{200d}O\u{feff}P",
        "\u{202d}stop!!!\u{202c}",
    ]
    .into_iter()
    .enumerate()
    {
        let conversation = app.text(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!(seen["consent"]["state"], "opted_out", "{text:?}");
        assert_eq!(
            (&seen["consent"]["source"], &seen["attention"]["code"]),
            (&json!("keyword"), &json!("opted_out"))
        );
        ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
        assert_eq!(ann.messages(conversation).await[0]["body"], text, "the message stays as it was written");
    }
}

async fn the_gateways_reading_counts_in_any_case_and_an_unknown_one_is_ignored(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "Hello").await;
    for (body, read, state) in [
        ("No thanks", "stop", "opted_out"),
        ("Encore", "Start", "opted_in"),
        ("Non", "Stop", "opted_out"),
        ("start", "RESUBSCRIBE", "opted_in"),
        ("stop", "help-me", "opted_out"),
    ] {
        let mut form = text_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, body);
        form.push(("OptOutType".to_owned(), read.to_owned()));
        assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &form)).await.status, 200);
        assert_eq!(ann.conversation(conversation).await["consent"]["state"], state, "{body}, {read}");
    }
}

async fn a_message_that_sounds_like_an_opt_out_is_flagged_and_sends_nothing(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, text) in ["please stop texting me", "unsubscribe me please", "take me off your list", "S T O P"]
        .into_iter()
        .enumerate()
    {
        let conversation = app.text(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!(seen["attention"]["code"], "possible_opt_out", "{text}");
        assert!(seen["attention"]["text"].as_str().unwrap().contains("Opt them out"));
        assert_eq!((&seen["consent"], &seen["next_action"]), (&Value::Null, &json!("agent")));
        assert_eq!(seen["permitted_actions"], json!(["reply", "close"]));
    }
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["attention"]["code"], "possible_opt_out");
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn the_flag_goes_with_the_reply(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "leave me alone").await;
    app.text(STRANGER, "I mean it").await;
    assert_eq!(attention(&ann, conversation).await, "possible_opt_out");
    ann.replies(conversation, "Shall we stop writing to you?").await;
    assert_eq!(attention(&ann, conversation).await, Value::Null);
}

async fn an_agent_dismisses_the_flag(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "do not text me again").await;
    let path = format!("/conversations/{conversation}/attention");
    ann.delete(&path).await.done();
    let seen = ann.conversation(conversation).await;
    assert_eq!(
        (&seen["attention"], &seen["next_action"], &seen["unread"]),
        (&Value::Null, &json!("agent"), &json!(1))
    );
    let told = format!(
        "kind = 'attention_changed' AND team_id = {COLLECTIONS} AND conversation_id = {conversation}"
    );
    assert_eq!(app.database.count("events", &told), 1);
    ann.delete(&path).await.done();
    assert_eq!(app.database.count("events", &told), 1);
    ann.close(conversation).await.expect(201);
    ann.delete(&path).await.problem(ConversationClosed);
}

async fn an_agent_opts_the_customer_out_with_one_request(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "please stop texting me").await;
    app.text(STRANGER, "thank you").await;
    let request = ann.messages(conversation).await[0]["id"].clone();
    let path = format!("/conversations/{conversation}/opt_out");
    for note in ["", " ", &"é".repeat(1001)] {
        ann.post(&path, json!({ "note": note })).await.problem(ValidationFailed);
    }
    let seen = ann.post(&path, json!({})).await.expect(201);
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert_eq!(seen["permitted_actions"], json!(["close"]));
    let consent = &seen["consent"];
    for (name, value) in [
        ("state", json!("opted_out")),
        ("source", json!("manual")),
        ("by", json!({"kind": "account", "id": ANN.1, "name": "Ann"})),
        ("message_id", request),
        ("note", json!("The customer asked in a message to receive no more.")),
    ] {
        assert_eq!(consent[name], value, "{name}");
    }
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
}

async fn an_opt_out_shows_on_and_cannot_be_dismissed(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "STOP").await;
    app.text(STRANGER, "please stop texting me").await;
    assert_eq!(attention(&ann, conversation).await, "opted_out");
    ann.delete(&format!("/conversations/{conversation}/attention")).await.problem(NumberOptedOut);
    assert_eq!(attention(&ann, conversation).await, "opted_out");
}

async fn a_number_that_now_belongs_to_another_team_cannot_be_opted_out(app: TestApp) {
    let bo = app.signed_in(BO).await;
    let conversation = app.text(STRANGER, "please stop texting me").await;
    bo.close(conversation).await.expect(201);
    let moved = format!("UPDATE team_numbers SET team_id = {SUPPORT} WHERE number = '{COLLECTIONS_NUMBER}'");
    app.database.run(&moved).unwrap();
    let refused = bo.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}
