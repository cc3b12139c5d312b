//! Opt-outs in unusual spellings, in the customer's own words, and by the gateway's `OptOutType` (rule 13).

use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NumberOptedOut, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, SUPPORT, stranger},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    an_opt_out_counts_in_every_spelling,
    the_opt_out_type_counts_in_any_case_and_an_unknown_one_is_ignored,
    a_message_that_sounds_like_an_opt_out_is_flagged,
    a_reply_clears_the_flag,
    an_agent_can_dismiss_the_flag,
    an_agent_can_opt_the_customer_out_with_one_request,
    the_record_names_the_customers_request_also_before_many_notes,
    an_opt_out_stays_visible_and_cannot_be_dismissed,
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
        let conversation = app.inbound(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!(seen["consent"]["state"], "opted_out", "{text:?}");
        assert_eq!(
            (&seen["consent"]["source"], &seen["attention"]["code"]),
            (&json!("keyword"), &json!("opted_out"))
        );
        ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
        assert_eq!(ann.messages(conversation).await[0]["body"], text, "the message is stored unchanged");
    }
}

async fn the_opt_out_type_counts_in_any_case_and_an_unknown_one_is_ignored(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    for (body, opt_out_type, state) in [
        ("No thanks", "stop", "opted_out"),
        ("Encore", "Start", "opted_in"),
        ("Non", "Stop", "opted_out"),
        ("start", "RESUBSCRIBE", "opted_in"),
        ("stop", "help-me", "opted_out"),
    ] {
        let mut form = message_form(&app.next_sid(), STRANGER, COLLECTIONS_NUMBER, body);
        form.push(("OptOutType".to_owned(), opt_out_type.to_owned()));
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
        assert_eq!(ann.conversation(conversation).await["consent"]["state"], state, "{body}, {opt_out_type}");
    }
}

async fn a_message_that_sounds_like_an_opt_out_is_flagged(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (n, text) in ["please stop texting me", "unsubscribe me please", "take me off your list", "S T O P"]
        .into_iter()
        .enumerate()
    {
        let conversation = app.inbound(&stranger(n), text).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!(seen["attention"]["code"], "possible_opt_out", "{text}");
        assert!(seen["attention"]["text"].as_str().unwrap().contains("opt them out"));
        assert_eq!((&seen["consent"], &seen["next_action"]), (&Value::Null, &json!("agent")));
        assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
    }
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["attention"]["code"], "possible_opt_out");
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn a_reply_clears_the_flag(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "leave me alone").await;
    app.inbound(STRANGER, "I mean it").await;
    assert_eq!(attention(&ann, conversation).await, "possible_opt_out");
    ann.create_reply(conversation, "Shall we stop writing to you?").await;
    assert_eq!(attention(&ann, conversation).await, Value::Null);
}

async fn an_agent_can_dismiss_the_flag(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "do not text me again").await;
    let path = format!("/conversations/{conversation}/attention");
    ann.delete(&path).await.no_content();
    let seen = ann.conversation(conversation).await;
    assert_eq!(
        (&seen["attention"], &seen["next_action"], &seen["unread"]),
        (&Value::Null, &json!("agent"), &json!(1))
    );
    let attention_events = format!(
        "kind = 'attention_changed' AND team_id = {COLLECTIONS} AND conversation_id = {conversation}"
    );
    assert_eq!(app.database.count("events", &attention_events), 1);
    ann.delete(&path).await.no_content();
    assert_eq!(app.database.count("events", &attention_events), 1);
    ann.close(conversation).await.expect(201);
    ann.delete(&path).await.problem(ConversationClosed);
}

async fn an_agent_can_opt_the_customer_out_with_one_request(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "please stop texting me").await;
    app.inbound(STRANGER, "thank you").await;
    let request = ann.messages(conversation).await[0]["id"].clone();
    let path = format!("/conversations/{conversation}/opt_out");
    for note in ["", " ", &"é".repeat(1001)] {
        ann.post(&path, json!({ "note": note })).await.problem(ValidationFailed);
    }
    let seen = ann.post(&path, json!({})).await.expect(201);
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert_eq!(seen["permitted_actions"], json!(["close", "assign", "tag", "snooze"]));
    let consent = &seen["consent"];
    for (name, value) in [
        ("state", json!("opted_out")),
        ("source", json!("manual")),
        ("by", json!({"kind": "account", "id": ANN.1, "name": "Ann"})),
        ("message_id", request),
        ("note", json!("The customer asked in a message to receive no more messages.")),
    ] {
        assert_eq!(consent[name], value, "{name}");
    }
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
}

async fn the_record_names_the_customers_request_also_before_many_notes(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "please stop texting me").await;
    let request = ann.messages(conversation).await[0]["id"].clone();
    for n in 0..51 {
        let note = json!({"body": format!("Note {n}")});
        ann.post(&format!("/conversations/{conversation}/notes"), note).await.expect(201);
    }
    let seen = ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    assert_eq!(seen["consent"]["message_id"], request);
}

async fn an_opt_out_stays_visible_and_cannot_be_dismissed(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "STOP").await;
    app.inbound(STRANGER, "please stop texting me").await;
    assert_eq!(attention(&ann, conversation).await, "opted_out");
    ann.delete(&format!("/conversations/{conversation}/attention")).await.problem(NumberOptedOut);
    assert_eq!(attention(&ann, conversation).await, "opted_out");
}

async fn a_number_that_now_belongs_to_another_team_cannot_be_opted_out(app: TestApp) {
    let bo = app.signed_in(BO).await;
    let conversation = app.inbound(STRANGER, "please stop texting me").await;
    bo.close(conversation).await.expect(201);
    let moved = format!("UPDATE team_numbers SET team_id = {SUPPORT} WHERE number = '{COLLECTIONS_NUMBER}'");
    app.database.run(&moved).unwrap();
    let refused = bo.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await;
    assert_eq!(refused.status, 404, "{}", refused.body);
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}
