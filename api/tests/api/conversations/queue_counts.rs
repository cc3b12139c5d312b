//! The triggers that keep the number of open conversations by next action, and of snoozed ones.

use crate::support::{
    TestApp,
    fixtures::{COLLECTIONS, COLLECTIONS_NUMBER, stranger},
    on_both_databases,
};

on_both_databases![every_change_of_a_conversation_is_counted,];

/// The states of a conversation, and their columns.
const STATES: [&str; 7] = [
    "status = 'pending', next_action = 'customer', snoozed_until = NULL",
    "status = 'pending', next_action = 'agent', snoozed_until = NULL",
    "status = 'open', next_action = 'customer', snoozed_until = NULL",
    "status = 'open', next_action = 'agent', snoozed_until = NULL",
    "status = 'open', next_action = 'customer', snoozed_until = opened_at",
    "status = 'open', next_action = 'agent', snoozed_until = opened_at",
    "status = 'closed', next_action = NULL, closed_at = opened_at, closed_by = 'Ann', closure_reason_id = 2,
        closure_reason = 'Done', snoozed_until = NULL",
];

fn assert_counted(app: &TestApp, after: &str) {
    for action in ["agent", "customer"] {
        let kept = app.database.integer(&format!("SELECT coalesce(sum({action}), 0) FROM queue_counts"));
        let open = format!("status = 'open' AND snoozed_until IS NULL AND next_action = '{action}'");
        assert_eq!(kept, app.database.count("conversations", &open), "{action} after {after}");
    }
    let kept = app.database.integer("SELECT coalesce(sum(snoozed), 0) FROM queue_counts");
    assert_eq!(
        kept,
        app.database.count("conversations", "snoozed_until IS NOT NULL"),
        "snoozed after {after}"
    );
}

fn insert(app: &TestApp, id: i64) {
    let (number, now) =
        (stranger(0), crate::support::database::sql_timestamp(app.database.kind, app.clock.now()));
    let sql = format!(
        "INSERT INTO conversations (id, team_id, team_number, number, status, origin, next_action, waiting_since, opened_at)
         VALUES ({id}, {COLLECTIONS}, '{COLLECTIONS_NUMBER}', '{number}', 'open', 'inbound', 'agent', {now}, {now})"
    );
    app.database.run(&sql).unwrap();
}

async fn every_change_of_a_conversation_is_counted(app: TestApp) {
    let mut id = 0;
    for from in STATES {
        for to in STATES.into_iter().chain(["deleted"]) {
            if from.contains("closed") {
                continue;
            }
            id += 1;
            insert(&app, id);
            assert_counted(&app, "an insertion");
            app.database.run(&format!("UPDATE conversations SET {from} WHERE id = {id}")).unwrap();
            assert_counted(&app, from);
            let change = match to {
                "deleted" => format!("DELETE FROM conversations WHERE id = {id}"),
                to => format!("UPDATE conversations SET {to} WHERE id = {id}"),
            };
            app.database.run(&change).unwrap();
            assert_counted(&app, &format!("{from} -> {to}"));
            if !matches!(to, "deleted") && !to.contains("closed") {
                app.database.run(&format!("DELETE FROM conversations WHERE id = {id}")).unwrap();
            }
        }
    }
}
