//! The migration that adds notes: it changes a CHECK of a table with messages, in both directions.

use std::fs;

use serde_json::json;

use crate::support::{
    TestApp,
    database::scripts,
    fixtures::{ANN, STRANGER},
    on_both_databases,
};

on_both_databases![a_database_with_messages_is_upgraded_and_reverted,];

/// Runs a script of the migration in a transaction, as Diesel does.
fn run(app: &TestApp, script: &str) {
    let path = scripts(app.database.kind)
        .into_iter()
        .find(|path| path.ends_with(format!("2026-11-26-000112_notes/{script}")));
    let sql = fs::read_to_string(path.unwrap()).unwrap();
    app.database.run(&format!("BEGIN;{sql};COMMIT;")).unwrap();
}

async fn a_database_with_messages_is_upgraded_and_reverted(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let closed = app.inbound(STRANGER, "Hello").await;
    let notes = format!("/conversations/{closed}/notes");
    ann.post(&notes, json!({"body": "A note", "mentions": [ANN.1]})).await.expect(201);
    let reply = ann.create_reply(closed, "Good morning").await;
    app.message_becomes(&ann, reply, "delivered").await;
    assert_eq!(ann.close(closed).await.status, 201);
    let open = app.inbound(STRANGER, "Me again").await;
    let before = [ann.messages(closed).await, ann.messages(open).await];
    let note = |conversation: i64| {
        format!(
            "INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
             SELECT {conversation}, 'note', 'account', 'Direct', 0, 'gsm7', 'received', created_at
             FROM messages WHERE id = {reply}"
        )
    };

    run(&app, "down.sql");
    assert_eq!(app.database.count("messages", "direction = 'note'"), 0);
    assert_eq!(app.database.count("messages", "TRUE"), 3);
    app.database.run(&note(open)).expect_err("the CHECK refuses notes");
    let change = format!("DELETE FROM messages WHERE id = {reply}");
    app.database.run(&change).expect_err("a closed conversation is still read-only");

    run(&app, "up.sql");
    app.database.run(&note(open)).expect("the CHECK accepts notes");
    app.database.run(&note(open).replace("'note'", "'letter'")).expect_err("and no other words");
    app.database.run(&note(closed)).expect_err("a closed conversation is still read-only");
    app.database.run(&change).expect_err("a closed conversation is still read-only");
    // The server's connections, which were open all the time, see the new schema.
    ann.post(&format!("/conversations/{open}/notes"), json!({"body": "Mine", "mentions": [ANN.1]}))
        .await
        .expect(201);
    let after = [ann.messages(closed).await, ann.messages(open).await];
    assert_eq!(after[0], [before[0][0].clone(), before[0][2].clone()]);
    assert_eq!(after[1][0], before[1][0]);
    assert_eq!(after[1].iter().filter(|message| message["direction"] == "note").count(), 2);
}
