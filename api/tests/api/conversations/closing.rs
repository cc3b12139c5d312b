//! Closing a conversation: with a closure reason, once and finally, enforced by the API and by database triggers (rule
//! 9).

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, InvalidBody, ValidationFailed};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, ARCHIVED_REASON, BO, CLAIM_PAID, CLAIMS_NUMBER, COLLECTIONS, PAYMENT_ARRANGED, RESOLVED,
        STRANGER, SUPPORT, stranger,
    },
    on_both_databases,
};

on_both_databases![
    closing_returns_the_closed_conversation,
    a_reason_of_the_team_is_required,
    a_note_has_at_most_1000_characters,
    a_conversation_can_be_closed_only_once,
    of_two_simultaneous_closures_one_succeeds,
    a_simultaneous_reply_and_closure_leave_a_consistent_conversation,
    a_closed_conversation_leaves_the_queue,
    closed_conversations_are_listed_newest_first_page_by_page,
    a_team_has_its_own_reasons_and_the_shared_ones,
    a_closed_conversation_keeps_the_former_names,
    the_database_refuses_changes_to_a_closed_conversation,
    the_database_refuses_changes_to_messages_of_a_closed_conversation,
    an_open_conversation_can_be_changed,
    a_closed_conversation_links_to_its_successor,
];

async fn close(client: &Client, conversation: i64, body: Value) -> crate::support::ApiResponse {
    client.post(&format!("/conversations/{conversation}/closure"), body).await
}

async fn closing_returns_the_closed_conversation(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let body = json!({"closure_reason_id": PAYMENT_ARRANGED, "note": "  Pays on Friday.\n"});
    let closed = close(&ann, conversation, body).await.expect(201);
    for (name, value) in [
        ("id", json!(conversation)),
        ("status", json!("closed")),
        ("next_action", Value::Null),
        ("closed_at", json!("2024-11-25T09:01:00Z")),
        ("closed_by", json!("Ann")),
        ("closure_reason", json!("Payment arranged")),
        ("permitted_actions", json!([])),
    ] {
        assert_eq!(closed[name], value, "{name}");
    }
    let closure = json!({"closure_reason_id": PAYMENT_ARRANGED, "closure_reason": "Payment arranged",
        "note": "Pays on Friday.", "closed_by": "Ann", "closed_at": "2024-11-25T09:01:00Z",
        "cancelled_messages": 0});
    assert_eq!(closed["closure"], closure);
    assert_eq!(ann.conversation(conversation).await, closed);
}

async fn a_reason_of_the_team_is_required(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for body in [
        json!({}),
        json!({"note": "No reason"}),
        json!({"closure_reason_id": null}),
        json!({"closure_reason_id": "1"}),
        json!({"closure_reason_id": 1, "note": 5}),
    ] {
        close(&ann, conversation, body).await.problem(InvalidBody);
    }
    for reason in [CLAIM_PAID, ARCHIVED_REASON, 4711, 0, -1] {
        let refused = close(&ann, conversation, json!({"closure_reason_id": reason})).await;
        assert_eq!(refused.fault(ValidationFailed), ("closure_reason_id".into(), "unknown".into()));
    }
    // An admin acts in all teams, but the reason must belong to the conversation's team.
    let admin = app.signed_in(ADMIN).await;
    let claim = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let reason = json!({"closure_reason_id": PAYMENT_ARRANGED});
    close(&admin, claim, reason).await.problem(ValidationFailed);
    assert_eq!(app.database.count("conversations", "status = 'closed'"), 0);
    close(&admin, claim, json!({"closure_reason_id": CLAIM_PAID})).await.expect(201);
}

async fn a_note_has_at_most_1000_characters(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let with = |note: &str| json!({"closure_reason_id": RESOLVED, "note": note});
    let refused = close(&ann, conversation, with(&"é".repeat(1001))).await;
    assert_eq!(refused.fault(ValidationFailed), ("note".into(), "too_long".into()));
    let refused = close(&ann, conversation, with("a\0b")).await;
    assert_eq!(refused.fault(ValidationFailed), ("note".into(), "invalid_character".into()));

    let longest = "é".repeat(1000);
    let spaced = format!(" {longest}\n");
    for (n, (note, stored)) in
        [(spaced.as_str(), json!(longest)), (" \n", Value::Null), ("", Value::Null)].into_iter().enumerate()
    {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let closed = close(&ann, conversation, with(note)).await.expect(201);
        assert_eq!(closed["closure"]["note"], stored);
    }
}

async fn a_conversation_can_be_closed_only_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let first = close(&ann, conversation, json!({"closure_reason_id": RESOLVED})).await.expect(201);
    app.advance(TimeDelta::minutes(1));
    for client in [&ann, &bo] {
        let again = json!({"closure_reason_id": PAYMENT_ARRANGED, "note": "Again"});
        close(client, conversation, again).await.problem(ConversationClosed);
    }
    assert_eq!(ann.conversation(conversation).await, first);
    assert_eq!(app.database.count("events", "kind = 'conversation_closed'"), 1);
}

async fn of_two_simultaneous_closures_one_succeeds(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    for n in 0..5 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let (one, other) = tokio::join!(ann.close(conversation), bo.close(conversation));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [201, 409]);
    }
    assert_eq!(app.database.count("events", "kind = 'conversation_closed'"), 5);
}

async fn a_simultaneous_reply_and_closure_leave_a_consistent_conversation(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    for n in 0..5 {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let (reply, closure) = tokio::join!(ann.reply(conversation, "Hi"), bo.close(conversation));
        assert_eq!(closure.status, 201);
        // Either the reply came first, or it was refused and not stored.
        let stored = ann.messages(conversation).await.len() - 1;
        assert_eq!(stored, if reply.status == 201 { 1 } else { 0 });
        if stored == 0 {
            reply.problem(ConversationClosed);
        }
    }
}

async fn a_closed_conversation_leaves_the_queue(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(conversation).await.status, 201);
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"], json!([]));
    assert_eq!(
        queue["sections"][0]["counts"],
        json!({"agent": 0, "customer": 0, "unassigned": 0, "snoozed": 0})
    );
}

async fn closed_conversations_are_listed_newest_first_page_by_page(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..6 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
    }
    // Two close at each time.
    for conversation in &conversations {
        assert_eq!(ann.close(*conversation).await.status, 201);
        if conversation % 2 == 0 {
            app.advance(TimeDelta::minutes(1));
        }
    }
    let pages = ann.pages(&format!("/conversations?team_id={COLLECTIONS}&status=closed&limit=2")).await;
    let seen: Vec<i64> = pages.concat().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    conversations.reverse();
    assert_eq!(seen, conversations);
}

async fn a_team_has_its_own_reasons_and_the_shared_ones(app: TestApp) {
    let bo = app.signed_in(BO).await;
    let reasons = async |team: i64| {
        let mut reasons = bo.get(&format!("/closure_reasons?team_id={team}")).await.items();
        for reason in &mut reasons {
            assert!(reason.as_object_mut().unwrap().remove("version").is_some());
        }
        reasons
    };
    let resolved =
        json!({"id": RESOLVED, "team_id": null, "name": "Resolved", "position": 2, "archived_at": null});
    let arranged = json!({"id": PAYMENT_ARRANGED, "team_id": COLLECTIONS, "name": "Payment arranged",
        "position": 1, "archived_at": null});
    assert_eq!(reasons(COLLECTIONS).await, [arranged, resolved.clone()]);
    assert_eq!(reasons(SUPPORT).await, [resolved]);
}

async fn a_closed_conversation_keeps_the_former_names(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.create_reply(conversation, "Hi").await;
    assert_eq!(ann.close(conversation).await.status, 201);
    let renamed = "UPDATE accounts SET display_name = 'Anna'; UPDATE closure_reasons SET name = 'Done';";
    app.database.run(renamed).unwrap();
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["closed_by"], &seen["closure_reason"]), (&json!("Ann"), &json!("Resolved")));
    assert_eq!(ann.messages(conversation).await[1]["sender"]["name"], "Ann");
}

/// Prepares closed conversation 1 with the customer's message 1 and the reply 2, and open conversation 2 with message
/// 3.
async fn closed_and_open(app: &TestApp) -> Client {
    let closed = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let reply = ann.create_reply(closed, "Hi").await;
    app.message_becomes(&ann, reply, "delivered").await;
    assert_eq!(ann.close(closed).await.status, 201);
    let open = app.inbound(&stranger(1), "Hello").await;
    assert_eq!((closed, open), (1, 2));
    ann
}

fn assert_database_refuses(app: &TestApp, sql: &str) {
    let refused = app.database.run(sql).expect_err(sql).to_string();
    assert!(refused.contains("conversation_closed"), "{sql}: {refused}");
}

async fn the_database_refuses_changes_to_a_closed_conversation(app: TestApp) {
    let ann = closed_and_open(&app).await;
    let before = ann.conversation(1).await;
    for sql in [
        "UPDATE conversations SET status = 'open', closed_at = NULL, closed_by = NULL, closure_reason_id = NULL,
            next_action = 'agent' WHERE id = 1",
        "UPDATE conversations SET name = 'Somebody else' WHERE id = 1",
        "UPDATE conversations SET closure_note = 'Changed' WHERE id = 1",
        "UPDATE conversations SET unread = 1",
        "UPDATE conversations SET id = 99 WHERE id = 1",
        "DELETE FROM conversations WHERE id = 1",
    ] {
        assert_database_refuses(&app, sql);
    }
    assert_eq!(ann.conversation(1).await, before);
}

async fn the_database_refuses_changes_to_messages_of_a_closed_conversation(app: TestApp) {
    let ann = closed_and_open(&app).await;
    let before = ann.messages(1).await;
    let insert = "INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status,
        created_at) SELECT 1, direction, sender_kind, body, segments, encoding, status, created_at FROM messages
        WHERE id = 3";
    for sql in [
        insert,
        "UPDATE messages SET body = 'Changed' WHERE id = 1",
        "UPDATE messages SET sender_name = 'Bo' WHERE id = 2",
        "UPDATE messages SET media = '[{}]' WHERE id = 1",
        "UPDATE messages SET created_at = created_at WHERE id = 2",
        "UPDATE messages SET conversation_id = 2 WHERE id = 1",
        "UPDATE messages SET conversation_id = 1 WHERE id = 3",
        "UPDATE messages SET id = 99 WHERE id = 1",
        "DELETE FROM messages WHERE id = 2",
        "DELETE FROM messages",
    ] {
        assert_database_refuses(&app, sql);
    }
    assert_eq!(ann.messages(1).await, before);
    assert_eq!(ann.messages(2).await.len(), 1);
    // The delivery status can still change.
    app.database
        .run("UPDATE messages SET status = 'undelivered', error_code = '30003' WHERE id = 2")
        .unwrap();
}

async fn an_open_conversation_can_be_changed(app: TestApp) {
    closed_and_open(&app).await;
    app.database
        .run(
            "UPDATE conversations SET name = 'Somebody' WHERE id = 2;
             UPDATE messages SET body = 'Changed' WHERE id = 3;
             DELETE FROM messages WHERE id = 3;
             DELETE FROM conversations WHERE id = 2;",
        )
        .unwrap();
}

async fn a_closed_conversation_links_to_its_successor(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let first = app.inbound(STRANGER, "Hello").await;
    assert_eq!(ann.conversation(first).await["next_id"], Value::Null);
    ann.close(first).await.expect(201);
    assert_eq!(ann.conversation(first).await["next_id"], Value::Null);

    app.advance(TimeDelta::minutes(1));
    let second = app.inbound(STRANGER, "Hello again").await;
    assert_eq!(ann.conversation(first).await["next_id"], second, "the successor is open");
    assert_eq!(ann.conversation(second).await["next_id"], Value::Null);

    ann.close(second).await.expect(201);
    app.advance(TimeDelta::minutes(1));
    let third = app.inbound(STRANGER, "And again").await;
    assert_eq!(ann.conversation(first).await["next_id"], second, "the successor is closed");
    assert_eq!(ann.conversation(second).await["next_id"], third);
    // A conversation with another team's number is not a successor.
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    assert_eq!(ann.conversation(third).await["next_id"], Value::Null);
}
