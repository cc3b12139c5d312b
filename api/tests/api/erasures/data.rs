//! What an erasure removes, and what stays.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationOpen, InvalidNumber, MessageInFlight, ValidationFailed};

use super::{erase, erase_maria, preview};
use crate::support::{
    ApiResponse, Client, TestApp, eventually,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, MARIA, SAM, SUPPORT, SUPPORT_NUMBER},
    on_both_databases,
};

on_both_databases![
    nothing_in_the_database_names_an_erased_customer,
    an_erasure_covers_lifted_legal_holds_and_refused_rows_of_campaigns,
    conversations_and_messages_stay_as_numbers,
    another_teams_data_stays,
    a_live_conversation_or_a_message_in_flight_prevents_an_erasure,
    erasing_a_customer_again_or_without_data_changes_nothing,
    an_erasure_needs_a_valid_number_and_a_reason,
    a_closed_conversation_cannot_be_changed_otherwise,
];

/// Closes a conversation in which Maria and Ann have written.
async fn talk(app: &TestApp, ann: &Client) -> i64 {
    let conversation = app.inbound(MARIA, "It is me, Maria Jones").await;
    let reply = ann.create_reply(conversation, "Hello Maria Jones").await;
    app.message_becomes(ann, reply, "delivered").await;
    ann.post(&format!("/conversations/{conversation}/notes"), json!({"body": "Maria Jones pays"}))
        .await
        .expect(201);
    let closure = json!({"closure_reason_id": 2, "note": "Maria Jones paid."});
    ann.post(&format!("/conversations/{conversation}/closure"), closure).await.expect(201);
    conversation
}

/// Returns the tables and columns that contain the text.
fn occurrences(app: &TestApp, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for table in api::db::transfer::copied() {
        for column in &table.columns {
            let condition = format!("CAST({} AS TEXT) LIKE '%{text}%'", quoted(column.name));
            if app.database.count(table.name, &condition) > 0 {
                found.push(format!("{}.{}", table.name, column.name));
            }
        }
    }
    found
}

fn quoted(column: &str) -> String {
    format!("\"{column}\"")
}

async fn nothing_in_the_database_names_an_erased_customer(app: TestApp) {
    let (ann, sam, admin) = (app.signed_in(ANN).await, app.signed_in(SAM).await, app.signed_in(ADMIN).await);
    let endpoint = json!({"url": "https://webhooks.invalid", "event_types": ["message.received", "conversation.closed"]});
    admin.post(&format!("/teams/{COLLECTIONS}/webhook_endpoints"), endpoint).await.expect(201);
    talk(&app, &ann).await;
    eventually("the deliveries are recorded", async || {
        let newest = "SELECT count(*) FROM webhook_positions WHERE newest = (SELECT max(id) FROM events)";
        (app.database.integer(newest) == 1).then_some(())
    })
    .await;
    let recipients = "ref,name,number\nA-10021,Maria Jones,07700 900123\nA-7,Bo,(07700) 900123 99999999\n";
    admin.create_campaign("Reminder", recipients).await;
    for term in ["07700 900123", "900123", "maria jones", "A-10021"] {
        sam.get(&format!("/search?q={}", term.replace(' ', "%20"))).await.expect(200);
    }
    let record = json!({"team_number": COLLECTIONS_NUMBER, "number": MARIA, "state": "opted_in",
        "note": "Maria Jones asked."});
    let request = sam.request(Method::POST, "/consents").header("Idempotency-Key", "k").json(&record);
    ApiResponse::to(request).await.expect(201);
    let files = format!("/teams/{COLLECTIONS}/daily_files?confirm=true");
    let upload = sam.request(Method::POST, &files).header("Content-Type", "text/csv");
    let csv = "ref,name,number\nA-10021,Maria Jones,07700 900123\nA-7,Bo,(07700) 900123 99999999\nA-8,Al,07700 90\n";
    ApiResponse::to(upload.body(csv)).await.expect(201);
    app.database
        .run("INSERT INTO rejected_rows (daily_file_id, line, value, reason) VALUES (2, 4711, 'tel 07700-900123', 'x')")
        .unwrap();
    let found = occurrences(&app, "Maria Jones");
    assert!(found.len() > 5);
    for place in ["campaign_rows.name", "webhook_deliveries.body"] {
        assert!(found.iter().any(|found| found == place), "{found:?}");
    }
    let before = preview(&admin, "07700 900123").await;
    assert_eq!((&before["number"], &before["obstacle"]), (&json!(MARIA), &Value::Null));
    let erased = erase_maria(&admin).await;
    assert_eq!(erased, before["data"]);
    let expected =
        json!({"conversations": 1, "messages": 3, "rejected_rows": 1, "consents": 1, "opted_out": false});
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&erased[name], value, "{name}");
    }
    for text in
        ["Maria Jones", "maria jones", "7700900123", "7700 900123", "7700-900123", "900123 ", "A-10021"]
    {
        let found = occurrences(&app, text);
        let valid_otherwise = ["rejected_rows.value", "campaign_rows.number"];
        let left: Vec<&String> =
            found.iter().filter(|place| !valid_otherwise.contains(&place.as_str())).collect();
        assert!(left.is_empty(), "{text}: {left:?}");
    }
    assert_eq!(app.database.count("rejected_rows", "value LIKE '%07700-900123%'"), 0);
    assert_eq!(app.database.count("campaign_rows", "number = '[erased]'"), 1);
    assert_eq!(app.database.count("audit_entries", "term = '[erased]'"), 4);
}

async fn an_erasure_covers_lifted_legal_holds_and_refused_rows_of_campaigns(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let holds = format!("/teams/{COLLECTIONS}/legal_holds");
    let hold = admin.post(&holds, json!({"number": MARIA, "reason": "Court"})).await.expect(201);
    admin.delete(&format!("{holds}/{}", hold["id"])).await.no_content();
    admin.create_campaign("Reminder", "ref,name,number\nA-7,Bo,07700 900123\n").await;
    let refused = format!(
        "UPDATE campaign_rows SET problem = 'conversation_open',
            problem_text = 'A conversation with +44 7700 900123 ({MARIA}) is in progress.'"
    );
    app.database.run(&refused).unwrap();
    let texts = [MARIA, "7700 900123"];
    let found = texts.map(|text| occurrences(&app, text)).concat();
    for place in ["legal_holds.number", "campaign_rows.number", "campaign_rows.problem_text"] {
        assert!(found.iter().any(|found| found == place), "{place}: {found:?}");
    }
    erase_maria(&admin).await;
    for text in texts {
        assert_eq!(occurrences(&app, text), Vec::<String>::new(), "{text}");
    }
    assert_eq!(app.database.count("legal_holds", "lifted_by = 'Admin' AND number LIKE 'erased-%'"), 1);
    assert_eq!(app.database.count("campaign_rows", "problem = 'conversation_open'"), 1);
}

async fn conversations_and_messages_stay_as_numbers(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let conversation = talk(&app, &ann).await;
    erase_maria(&admin).await;
    let closed = ann.conversation(conversation).await;
    assert!(closed["number"].as_str().unwrap().starts_with("erased-"), "{closed}");
    for field in ["ref", "name", "attention"] {
        assert_eq!(closed[field], Value::Null, "{field}");
    }
    assert_eq!(closed["can_reply"], false);
    let messages = ann.messages(conversation).await;
    assert!(messages.iter().all(|message| message["body"] == "[erased]"));
    let statuses: Vec<&str> = messages.iter().map(|message| message["status"].as_str().unwrap()).collect();
    assert_eq!((messages.len(), statuses[0], statuses[1]), (3, "received", "delivered"));
    let entry = admin.get("/audit_entries?action=customer.erased").await.items()[0].clone();
    assert_eq!(entry["details"]["messages"], "3");
    assert_eq!(entry["details"]["reason"], "Request of 25 November");
    assert!(entry["details"]["number_hash"].as_str().unwrap().starts_with("erased-"), "{entry}");
    // The customer's next message starts a conversation that does not lead to the erased one.
    let next = app.inbound(MARIA, "Hello again").await;
    assert_eq!(ann.conversation(next).await["previous_id"], Value::Null);
}

async fn another_teams_data_stays(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    talk(&app, &ann).await;
    let other = app.inbound_to(SUPPORT_NUMBER, MARIA, "Hello Support").await;
    erase_maria(&admin).await;
    assert_eq!(admin.conversation(other).await["number"], MARIA);
    assert_eq!(admin.messages(other).await[0]["body"], "Hello Support");
    assert_eq!(
        app.database.count("conversations", &format!("team_id = {SUPPORT} AND number = '{MARIA}'")),
        1
    );
}

async fn a_live_conversation_or_a_message_in_flight_prevents_an_erasure(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let conversation = app.inbound(MARIA, "Hello").await;
    let before = preview(&admin, MARIA).await;
    assert_eq!(before["conversation_id"], conversation);
    let problem = erase(&admin, MARIA).await.problem(ConversationOpen);
    assert_eq!(
        (&problem["conversation_id"], &problem["detail"]),
        (&json!(conversation), &before["obstacle"])
    );
    let reply = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, reply, "delivered").await;
    ann.close(conversation).await.expect(201);
    app.database
        .run(&format!(
            "INSERT INTO outbox (message_id, team_number, number, due_at, held_until)
             SELECT id, '{COLLECTIONS_NUMBER}', '{MARIA}', created_at, created_at FROM messages WHERE id = {reply};
             UPDATE outbox SET due_at = (SELECT max(expires_at) FROM refresh_tokens),
                held_until = (SELECT max(expires_at) FROM refresh_tokens)"
        ))
        .unwrap();
    erase(&admin, MARIA).await.problem(MessageInFlight);
    app.database.run("DELETE FROM outbox").unwrap();
    erase_maria(&admin).await;
}

async fn erasing_a_customer_again_or_without_data_changes_nothing(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    talk(&app, &ann).await;
    erase_maria(&admin).await;
    let nothing = json!({"conversations": 0, "messages": 0, "customers": 0, "rejected_rows": 0, "consents": 0,
        "opted_out": false});
    assert_eq!(erase_maria(&admin).await, nothing);
    assert_eq!(erase(&admin, "07700 900999").await.expect(201), nothing);
}

async fn an_erasure_needs_a_valid_number_and_a_reason(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let path = format!("/teams/{COLLECTIONS}/erasures");
    let refused = admin.post(&path, json!({"number": "12", "reason": "Asked."})).await;
    assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()));
    for (reason, fault) in [(" ".to_owned(), "required"), ("a".repeat(501), "too_long")] {
        let refused = admin.post(&path, json!({"number": MARIA, "reason": reason})).await;
        assert_eq!(refused.fault(ValidationFailed), ("reason".into(), fault.into()));
    }
}

async fn a_closed_conversation_cannot_be_changed_otherwise(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    talk(&app, &ann).await;
    for sql in [
        "UPDATE conversations SET number = 'erased-1'",
        "UPDATE conversations SET number = 'erased-1', name = NULL, ref = NULL, closure_note = NULL, team_id = 2",
        "UPDATE messages SET body = 'Other'",
        "UPDATE messages SET body = '[erased]', direction = 'outbound'",
        "DELETE FROM messages WHERE direction = 'inbound'",
        "DELETE FROM conversations",
    ] {
        let refused = app.database.run(sql).expect_err(sql).to_string();
        assert!(refused.contains("conversation_closed"), "{sql}: {refused}");
    }
}
