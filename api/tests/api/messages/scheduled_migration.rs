//! The migration that adds scheduled messages: it changes a CHECK of a table with messages, in both directions.

use std::fs;

use super::scheduled::in_ten_minutes;
use crate::support::{
    TestApp,
    database::scripts,
    fixtures::{ANN, STRANGER},
    on_both_databases,
};

on_both_databases![a_database_with_scheduled_messages_is_reverted_and_upgraded,];

/// Runs a script of the migration in a transaction, as Diesel does.
fn run(app: &TestApp, script: &str) {
    let path = scripts(app.database.kind)
        .into_iter()
        .find(|path| path.ends_with(format!("2026-11-26-000150_scheduled_messages/{script}")));
    let sql = fs::read_to_string(path.unwrap()).unwrap();
    app.database.run(&format!("BEGIN;{sql};COMMIT;")).unwrap();
}

async fn a_database_with_scheduled_messages_is_reverted_and_upgraded(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let reply = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, reply, "delivered").await;
    in_ten_minutes(&app, &ann, conversation, "Good night").await;
    let before = ann.messages(conversation).await;
    let status = |status: &str| format!("UPDATE messages SET status = '{status}' WHERE id = {reply}");

    run(&app, "down.sql");
    assert_eq!(app.database.count("messages", "TRUE"), 2);
    app.database.run(&status("held")).expect_err("the CHECK refuses the status");

    run(&app, "up.sql");
    app.database.run(&status("postponed")).expect_err("the CHECK refuses other words");
    for word in ["held", "delivered"] {
        app.database.run(&status(word)).expect("the CHECK accepts the status");
    }
    // The server's connections, which were open all the time, see the new schema.
    assert_eq!(ann.messages(conversation).await, before[..2]);
    in_ten_minutes(&app, &ann, conversation, "Good night").await;
    assert_eq!(ann.messages(conversation).await.len(), 3);
}
