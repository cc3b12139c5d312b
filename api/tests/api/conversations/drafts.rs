//! Drafts (rule 21): unsent messages that the server keeps for all devices of an account.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, Kind, TestApp, eventually,
    fixtures::{ADMIN, ANN, BO, CLAIMS_TEMPLATE, COLLECTIONS, CY, GREETING, STRANGER, SUPPORT, stranger},
    on_both_databases, run,
};

on_both_databases![
    a_draft_is_stored_for_all_devices_of_its_account,
    a_draft_belongs_to_one_account_and_one_conversation,
    the_conversations_with_a_draft_are_listed,
    a_draft_ends_when_its_message_is_sent_and_another_one_stays,
    a_save_that_arrives_after_its_message_stores_no_draft,
    a_draft_ends_when_its_message_is_scheduled_and_does_not_return_when_that_is_cancelled,
    a_draft_ends_when_its_conversation_closes,
    an_ad_hoc_draft_ends_when_its_message_is_sent,
    an_ad_hoc_save_that_arrives_after_its_message_stores_no_draft,
    invalid_drafts_are_refused,
    a_draft_of_another_teams_conversation_does_not_exist,
];

fn path(conversation: i64) -> String {
    format!("/conversations/{conversation}/draft")
}

fn ad_hoc_path(team: i64) -> String {
    format!("/teams/{team}/ad_hoc_draft")
}

fn draft(body: &str, key: &str) -> Value {
    json!({"body": body, "template_id": null, "key": key})
}

/// Sends a message with an idempotency key.
async fn send(client: &Client, path: &str, key: &str, body: Value) -> ApiResponse {
    ApiResponse::to(client.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
}

async fn reply(client: &Client, conversation: i64, key: &str) -> ApiResponse {
    send(client, &format!("/conversations/{conversation}/messages"), key, json!({"body": "Hello"})).await
}

async fn a_draft_is_stored_for_all_devices_of_its_account(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, other_device) = (app.signed_in(ANN).await, app.signed_in(ANN).await);
    ann.get(&path(conversation)).await.no_content();
    assert_eq!(ann.conversation(conversation).await["has_draft"], false);

    let written = json!({"body": " Of course\n", "template_id": GREETING, "key": "k1"});
    let mut expected = written.clone();
    expected["updated_at"] = json!("2024-11-25T09:00:00Z");
    assert_eq!(ann.put(&path(conversation), written).await.expect(200), expected);
    assert_eq!(other_device.get(&path(conversation)).await.expect(200), expected);
    assert_eq!(other_device.conversation(conversation).await["has_draft"], true);

    app.advance(TimeDelta::minutes(1));
    let changed = other_device.put(&path(conversation), draft("Of course. Shall I", "k1")).await.expect(200);
    assert_eq!(changed["updated_at"], "2024-11-25T09:01:00Z");
    assert_eq!(ann.get(&path(conversation)).await.expect(200), changed);

    ann.delete(&path(conversation)).await.no_content();
    ann.delete(&path(conversation)).await.no_content();
    other_device.get(&path(conversation)).await.no_content();
}

async fn a_draft_belongs_to_one_account_and_one_conversation(app: TestApp) {
    let (one, two) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(2), "Hello").await);
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.put(&path(one), draft("Ann's", "k1")).await.expect(200);
    bo.put(&path(one), draft("Bo's", "k1")).await.expect(200);
    ann.get(&path(two)).await.no_content();
    assert_eq!(bo.conversation(two).await["has_draft"], false);
    assert_eq!(ann.get(&path(one)).await.expect(200)["body"], "Ann's");
    assert_eq!(bo.get(&path(one)).await.expect(200)["body"], "Bo's");
    // A reply of another account with the same key is another message.
    reply(&bo, one, "k1").await.expect(201);
    bo.get(&path(one)).await.no_content();
    assert_eq!(ann.get(&path(one)).await.expect(200)["body"], "Ann's");
}

async fn a_draft_ends_when_its_message_is_sent_and_another_one_stays(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.put(&path(conversation), draft("Hel", "k1")).await.expect(200);
    reply(&ann, conversation, "k1").await.expect(201);
    ann.get(&path(conversation)).await.no_content();
    ann.put(&path(conversation), draft("The next one", "k2")).await.expect(200);
    reply(&ann, conversation, "k3").await.expect(201);
    ann.create_reply(conversation, "Without a key").await;
    assert_eq!(ann.get(&path(conversation)).await.expect(200)["key"], "k2");
}

async fn the_conversations_with_a_draft_are_listed(app: TestApp) {
    let (one, two) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(2), "Hello").await);
    let ann = app.signed_in(ANN).await;
    let listed = async || ann.get("/drafts").await.expect(200)["conversation_ids"].clone();
    assert_eq!(listed().await, json!([]));
    ann.put(&path(one), draft("Hello", "k1")).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    ann.put(&path(two), draft("Hello", "k2")).await.expect(200);
    assert_eq!(listed().await, json!([two, one]), "the newest draft comes first");
    reply(&ann, two, "k2").await.expect(201);
    assert_eq!(listed().await, json!([one]));
    assert_eq!(app.signed_in(BO).await.get("/drafts").await.expect(200)["conversation_ids"], json!([]));
    let admin = app.signed_in(ADMIN).await;
    admin.put(&ad_hoc_path(COLLECTIONS), draft("Hello", "k3")).await.expect(200);
    assert_eq!(
        admin.get("/drafts").await.expect(200)["conversation_ids"],
        json!([]),
        "an ad-hoc draft has none"
    );
}

async fn a_save_that_arrives_after_its_message_stores_no_draft(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.put(&path(conversation), draft("Hell", "k1")).await.expect(200);
    reply(&ann, conversation, "k1").await.expect(201);
    ann.put(&path(conversation), draft("Hello", "k1")).await.no_content();
    ann.get(&path(conversation)).await.no_content();
    // The same key of another account is another message.
    let bo = app.signed_in(BO).await;
    bo.put(&path(conversation), draft("Hello", "k1")).await.expect(200);
    ann.put(&path(conversation), draft("The next one", "k2")).await.expect(200);
    ann.put(&path(conversation), draft("Hello", "k1")).await.no_content();
    assert_eq!(ann.get(&path(conversation)).await.expect(200)["key"], "k2");
}

async fn a_draft_ends_when_its_conversation_closes(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.put(&path(conversation), draft("Ann's", "k1")).await.expect(200);
    bo.put(&path(conversation), draft("Bo's", "k2")).await.expect(200);
    assert_eq!(bo.close(conversation).await.expect(201)["has_draft"], false);
    ann.get(&path(conversation)).await.no_content();
    ann.put(&path(conversation), draft("Ann's", "k1")).await.problem(ConversationClosed);
    assert_eq!(app.database.count("drafts", "1 = 1"), 0);
}

async fn no_draft_is_stored_while_its_conversation_is_being_closed(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let mut closing = app.database.lock(conversation);
    let put = tokio::spawn(async move { ann.put(&path(conversation), draft("Hello", "k1")).await });
    eventually("the request waits", async || app.database.has_waiting_request().then_some(())).await;
    let close = format!(
        "UPDATE conversations SET status = 'closed', next_action = NULL, closed_at = now(), closed_by = 'Bo',
             closure_reason_id = 1, closure_reason = 'Done' WHERE id = {conversation};
         COMMIT"
    );
    closing.batch_execute(&close).unwrap();
    put.await.unwrap().problem(ConversationClosed);
    assert_eq!(app.database.count("drafts", "1 = 1"), 0);
}

#[test]
fn no_draft_is_stored_while_its_conversation_is_being_closed_on_postgres() {
    run(Kind::Postgres, no_draft_is_stored_while_its_conversation_is_being_closed);
}

async fn an_ad_hoc_draft_ends_when_its_message_is_sent(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.put(&ad_hoc_path(COLLECTIONS), draft("Hello", "k1")).await.expect(200);
    admin.put(&ad_hoc_path(SUPPORT), draft("Hello", "k2")).await.expect(200);
    assert_eq!(admin.get(&ad_hoc_path(COLLECTIONS)).await.expect(200)["body"], "Hello");
    let message = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hello"});
    send(&admin, "/conversations", "k1", message).await.expect(201);
    admin.get(&ad_hoc_path(COLLECTIONS)).await.no_content();
    assert_eq!(admin.get(&ad_hoc_path(SUPPORT)).await.expect(200)["key"], "k2");
    admin.delete(&ad_hoc_path(SUPPORT)).await.no_content();
    admin.get(&ad_hoc_path(SUPPORT)).await.no_content();
}

async fn an_ad_hoc_save_that_arrives_after_its_message_stores_no_draft(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let message = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hello"});
    send(&admin, "/conversations", "k1", message).await.expect(201);
    admin.put(&ad_hoc_path(COLLECTIONS), draft("Hello", "k1")).await.no_content();
    admin.get(&ad_hoc_path(COLLECTIONS)).await.no_content();
}

async fn invalid_drafts_are_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let long = "x".repeat(10_001);
    for (body, key, fault) in [
        ("", "k1", "body:required"),
        (long.as_str(), "k1", "body:too_long"),
        ("a\0", "k1", "body:invalid_character"),
        ("Hello", "", "key:invalid"),
        ("Hello", "two words", "key:invalid"),
    ] {
        let refused = ann.put(&path(conversation), draft(body, key)).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
    }
    for template in [4711, CLAIMS_TEMPLATE] {
        let new = json!({"body": "Hello", "template_id": template, "key": "k1"});
        let refused = ann.put(&path(conversation), new).await;
        assert_eq!(refused.faults(ValidationFailed), ["template_id:unknown"]);
    }
    ann.get(&path(conversation)).await.no_content();
}

async fn a_draft_of_another_teams_conversation_does_not_exist(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let cy = app.signed_in(CY).await;
    for id in [conversation, 4711] {
        cy.get(&path(id)).await.problem(NotFound);
        cy.put(&path(id), draft("Hello", "k1")).await.problem(NotFound);
        cy.delete(&path(id)).await.problem(NotFound);
    }
    let admin = app.signed_in(ADMIN).await;
    admin.put(&ad_hoc_path(4711), draft("Hello", "k1")).await.problem(NotFound);
}

async fn a_draft_ends_when_its_message_is_scheduled_and_does_not_return_when_that_is_cancelled(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.put(&path(conversation), draft("Oops", "k1")).await.expect(200);
    let later = json!({"body": "Oops", "send_at": app.clock.now() + TimeDelta::seconds(5)});
    let messages = format!("/conversations/{conversation}/messages");
    let message = send(&ann, &messages, "k1", later).await.expect(201)["id"].as_i64().unwrap();
    ann.get(&path(conversation)).await.no_content();
    ann.delete(&format!("/messages/{message}")).await.no_content();
    // A late save: no message could be sent with this key any more.
    ann.put(&path(conversation), draft("Oops", "k1")).await.no_content();
    ann.get(&path(conversation)).await.no_content();
}
