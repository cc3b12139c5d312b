//! What ends a snooze besides its time, and what does not (rule 20).

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use shared::ErrorCode::ConversationMoved;

use super::snooze::{path, section, snooze};
use crate::support::{
    Kind, TestApp, eventually,
    fixtures::{ANN, BO, SAM, STRANGER, stranger},
    on_both_databases, run,
};

on_both_databases![
    a_note_an_assignment_and_a_scheduled_message_do_not_end_a_snooze,
    a_scheduled_message_ends_a_snooze_when_it_is_sent_or_held,
    a_conversation_of_an_absent_account_is_unassigned_once_its_snooze_has_ended,
];

async fn a_note_an_assignment_and_a_scheduled_message_do_not_end_a_snooze(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let until = snooze(&app, &ann, conversation, 60).await.expect(200)["snoozed_until"].clone();
    let notes = format!("/conversations/{conversation}/notes");
    ann.post(&notes, json!({"body": "Called her."})).await.expect(201);
    ann.assign(conversation, BO).await.expect(200);
    let later = json!({"body": "Good morning", "send_at": app.clock.now() + TimeDelta::minutes(10)});
    ann.post(&format!("/conversations/{conversation}/messages"), later).await.expect(201);
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["snoozed_until"], &seen["snooze"]["by"]), (&until, &json!("Ann")));
    assert_eq!(section(&ann).await["counts"]["snoozed"], 1);
}

async fn a_scheduled_message_ends_a_snooze_when_it_is_sent_or_held(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (number, status) in [(stranger(1), "delivered"), (stranger(2), "held")] {
        let conversation = app.inbound(&number, "Hello").await;
        let later = json!({"body": "Good morning", "send_at": app.clock.now() + TimeDelta::minutes(1)});
        let created = ann.post(&format!("/conversations/{conversation}/messages"), later).await.expect(201);
        if status == "held" {
            app.inbound(&number, "Please wait").await;
        }
        snooze(&app, &ann, conversation, 60).await.expect(200);
        app.advance(TimeDelta::minutes(1));
        app.message_becomes(&ann, created["id"].as_i64().unwrap(), status).await;
        let seen = ann.conversation(conversation).await;
        assert_eq!(seen["snoozed_until"], Value::Null, "{status}");
        assert_eq!(seen["snooze"].is_null(), status == "delivered", "a reply removes the note");
    }
}

async fn a_conversation_of_an_absent_account_is_unassigned_once_its_snooze_has_ended(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let bo = app.signed_in(BO).await;
    // Sam has never signed in.
    bo.assign(conversation, SAM).await.expect(200);
    snooze(&app, &bo, conversation, 2).await.expect(200);
    let free = format!("id = {conversation} AND snoozed_until IS NULL AND assigned_to IS NULL");
    app.advance_until("the conversation is unassigned", async || {
        (app.database.count("conversations", &free) == 1).then_some(())
    })
    .await;
}

async fn a_message_that_arrives_while_a_snooze_waits_prevents_it(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    let new = json!({"until": app.clock.now() + TimeDelta::hours(1), "last_seen_message_id": seen});
    let mut receiving = app.database.lock(conversation);
    let put = tokio::spawn(async move { ann.put(&path(conversation), new).await });
    eventually("the request waits", async || app.database.has_waiting_request().then_some(())).await;
    let receive = format!(
        "INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
         VALUES ({conversation}, 'inbound', 'customer', 'It is urgent', 1, 'gsm7', 'received', now());
         COMMIT"
    );
    receiving.batch_execute(&receive).unwrap();
    let problem = put.await.unwrap().problem(ConversationMoved);
    assert_eq!(problem["messages"][0]["body"], "It is urgent");
    assert_eq!(app.database.count("conversations", "snoozed_until IS NOT NULL"), 0);
}

#[test]
fn a_message_that_arrives_while_a_snooze_waits_prevents_it_on_postgres() {
    run(Kind::Postgres, a_message_that_arrives_while_a_snooze_waits_prevents_it);
}
