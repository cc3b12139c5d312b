//! How far gap repair reads the gateway's lists, and that nothing in them is left out for want of a date.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::support::{
    TestApp, eventually,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, stranger},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    a_number_that_a_team_gets_later_has_the_texts_of_the_three_days_before,
    a_text_that_failed_before_it_was_sent_has_its_receipt_recovered,
    a_list_that_ignores_its_filters_gives_no_team_the_texts_of_another_number,
    a_list_in_short_pages_is_followed_to_its_end,
];

/// A number that no team has at first.
const LATER: &str = "+447700900099";

fn repairing(app: &TestApp) -> Replica {
    app.replica(|args| args.repair_seconds = Some("300".to_owned()))
}

async fn is_compared(app: &TestApp, number: &str) {
    eventually("the number was compared", async || {
        let compared = format!("number = '{number}' AND compared_until IS NOT NULL");
        (app.database.count("team_numbers", &compared) == 1).then_some(())
    })
    .await;
}

/// Returns the time at the gateway.
async fn there(app: &TestApp) -> DateTime<Utc> {
    let sent = app.gateway.miss(json!({"from": stranger(9), "to": "+447700900098", "body": "?"})).await;
    let ledger = app.gateway.ledger().await;
    let text = ledger.iter().find(|text| text["sid"] == sent["sid"]).unwrap();
    text["accepted_at"].as_str().unwrap().parse().unwrap()
}

async fn a_number_that_a_team_gets_later_has_the_texts_of_the_three_days_before(app: TestApp) {
    let there = there(&app).await;
    for (body, hours) in [("Four days ago", 96), ("Two days ago", 48), ("Just now", 0)] {
        let at = there - TimeDelta::hours(hours);
        app.gateway.miss(json!({"from": STRANGER, "to": LATER, "body": body, "at": at})).await;
    }
    let admin = app.signed_in(ADMIN).await;
    let numbers = format!("/teams/{COLLECTIONS}/numbers");
    admin.post(&numbers, json!({ "number": LATER })).await.expect(201);
    let _desk = repairing(&app);
    is_compared(&app, LATER).await;
    let ann = app.signed_in(ANN).await;
    let thread = ann.messages(app.live(LATER, STRANGER)).await;
    let bodies: Vec<&str> = thread.iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["Two days ago", "Just now"]);
}

async fn a_text_that_failed_before_it_was_sent_has_its_receipt_recovered(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.order(json!({"fault": "fail", "error_code": 30006, "status": "failed"})).await;
    let message = ann.replies(conversation, "Hello to you").await;
    app.message_becomes(&ann, message, "failed").await;
    assert_eq!(app.gateway.sent_to(STRANGER).await[0]["sent_at"], serde_json::Value::Null);
    // As if its receipts had been lost.
    let lost = format!("UPDATE messages SET status = 'sent', error_code = NULL WHERE id = {message}");
    app.database.run(&lost).unwrap();
    let _desk = repairing(&app);
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "30006");
}

async fn a_list_that_ignores_its_filters_gives_no_team_the_texts_of_another_number(app: TestApp) {
    app.gateway.order(json!({"fault": "list_ignores_filters", "times": null})).await;
    app.gateway.miss(json!({"from": STRANGER, "to": "+447700900098", "body": "To no team"})).await;
    app.gateway.miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "To Collections"})).await;
    let _desk = repairing(&app);
    for number in app.database.words("SELECT number AS value FROM team_numbers") {
        is_compared(&app, &number).await;
    }
    assert_eq!(app.database.words("SELECT body AS value FROM messages"), ["To Collections"]);
    assert_eq!(app.database.count("messages", "recovered"), 1);
    app.live(COLLECTIONS_NUMBER, STRANGER);
}

async fn a_list_in_short_pages_is_followed_to_its_end(app: TestApp) {
    app.gateway.order(json!({"fault": "list_short_pages", "times": null})).await;
    for n in 0..5 {
        app.gateway
            .miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": format!("Text {n}")}))
            .await;
    }
    let _desk = repairing(&app);
    is_compared(&app, COLLECTIONS_NUMBER).await;
    assert_eq!(app.database.count("messages", "recovered"), 5);
}
