//! How far back gap repair reads the gateway's lists, and lists with missing dates, ignored filters or short pages.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::support::{
    TestApp, eventually,
    fixtures::{ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER, stranger},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    an_added_number_gets_the_messages_of_the_past_three_days,
    the_receipt_of_a_message_that_failed_before_sending_is_recovered,
    an_unfiltered_list_gives_no_team_messages_of_other_numbers,
    a_list_in_short_pages_is_read_to_its_end,
];

/// A number that is added to a team during the test.
const ADDED_NUMBER: &str = "+447700900099";

fn repairing_server(app: &TestApp) -> Replica {
    app.replica(|args| args.repair_seconds = Some("300".to_owned()))
}

async fn wait_until_compared(app: &TestApp, number: &str) {
    eventually("the number was compared", async || {
        let compared = format!("number = '{number}' AND compared_until IS NOT NULL");
        (app.database.count("team_numbers", &compared) == 1).then_some(())
    })
    .await;
}

/// Returns the time of the gateway's clock.
async fn gateway_time(app: &TestApp) -> DateTime<Utc> {
    let sent =
        app.gateway.send_and_miss(json!({"from": stranger(9), "to": "+447700900098", "body": "?"})).await;
    let ledger = app.gateway.ledger().await;
    let text = ledger.iter().find(|text| text["sid"] == sent["sid"]).unwrap();
    text["accepted_at"].as_str().unwrap().parse().unwrap()
}

async fn an_added_number_gets_the_messages_of_the_past_three_days(app: TestApp) {
    let gateway_time = gateway_time(&app).await;
    for (body, hours) in [("Four days ago", 96), ("Two days ago", 48), ("Just now", 0)] {
        let at = gateway_time - TimeDelta::hours(hours);
        app.gateway
            .send_and_miss(json!({"from": STRANGER, "to": ADDED_NUMBER, "body": body, "at": at}))
            .await;
    }
    let admin = app.signed_in(ADMIN).await;
    let numbers = format!("/teams/{COLLECTIONS}/numbers");
    admin.post(&numbers, json!({ "number": ADDED_NUMBER })).await.expect(201);
    let _desk = repairing_server(&app);
    wait_until_compared(&app, ADDED_NUMBER).await;
    let ann = app.signed_in(ANN).await;
    let thread = ann.messages(app.live_conversation(ADDED_NUMBER, STRANGER)).await;
    let bodies: Vec<&str> = thread.iter().map(|message| message["body"].as_str().unwrap()).collect();
    assert_eq!(bodies, ["Two days ago", "Just now"]);
}

async fn the_receipt_of_a_message_that_failed_before_sending_is_recovered(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "fail", "error_code": 30006, "status": "failed"})).await;
    let message = ann.create_reply(conversation, "Hello to you").await;
    app.message_becomes(&ann, message, "failed").await;
    assert_eq!(app.gateway.sent_to(STRANGER).await[0]["sent_at"], serde_json::Value::Null);
    // As if its receipts had been missed.
    let lost = format!("UPDATE messages SET status = 'sent', error_code = NULL WHERE id = {message}");
    app.database.run(&lost).unwrap();
    let _desk = repairing_server(&app);
    let failed = app.message_becomes(&ann, message, "failed").await;
    assert_eq!(failed["error"]["code"], "30006");
}

async fn an_unfiltered_list_gives_no_team_messages_of_other_numbers(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "list_ignores_filters", "times": null})).await;
    app.gateway.send_and_miss(json!({"from": STRANGER, "to": "+447700900098", "body": "To no team"})).await;
    app.gateway
        .send_and_miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "To Collections"}))
        .await;
    let _desk = repairing_server(&app);
    for number in app.database.strings("SELECT number AS value FROM team_numbers") {
        wait_until_compared(&app, &number).await;
    }
    assert_eq!(app.database.strings("SELECT body AS value FROM messages"), ["To Collections"]);
    assert_eq!(app.database.count("messages", "recovered"), 1);
    app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
}

async fn a_list_in_short_pages_is_read_to_its_end(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "list_short_pages", "times": null})).await;
    for n in 0..5 {
        app.gateway
            .send_and_miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": format!("Text {n}")}))
            .await;
    }
    let _desk = repairing_server(&app);
    wait_until_compared(&app, COLLECTIONS_NUMBER).await;
    assert_eq!(app.database.count("messages", "recovered"), 5);
}
