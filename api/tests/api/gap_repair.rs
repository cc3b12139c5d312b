//! What the gateway's webhooks have missed: it is found in the gateway's lists, kept once, and counts from when it was
//! written.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationMoved, NumberOptedOut};

use crate::support::{
    Answer, TestApp,
    database::moment,
    eventually,
    fixtures::{ANN, COLLECTIONS, COLLECTIONS_NUMBER, SAM, STRANGER, start, stranger},
    gateway::{MESSAGES, signed, text_form},
    on_both_databases,
    test_app::Replica,
};

on_both_databases![
    a_text_whose_webhook_was_lost_is_recovered_at_its_real_time,
    a_recovered_text_takes_its_place_in_the_thread_and_in_the_queue,
    a_text_that_nobody_has_seen_returns_an_answered_conversation_to_the_agent,
    a_webhook_that_comes_after_all_changes_nothing,
    two_desks_that_repair_at_once_keep_each_text_once,
    a_text_from_before_the_closure_begins_a_new_conversation,
    a_recovered_text_opens_the_conversation_that_awaits_it,
    pictures_are_recovered_with_their_text,
    a_missed_stop_counts,
    a_missed_stop_does_not_undo_a_later_start,
    a_missed_receipt_is_recovered,
    a_long_list_is_followed_to_its_end,
    what_was_written_before_the_desk_had_the_number_stays_where_it_is,
    a_clock_that_is_behind_loses_nothing_and_dates_nothing_into_the_future,
    a_gateway_that_is_down_is_asked_again_and_stands_in_nobodys_way,
];

fn minutes(minutes: i64) -> DateTime<Utc> {
    start() + TimeDelta::minutes(minutes)
}

/// A customer has written, `ago` minutes before the test began, and the webhook was lost.
async fn missed(app: &TestApp, from: &str, body: &str, ago: i64) -> Value {
    app.gateway.miss(json!({"from": from, "to": COLLECTIONS_NUMBER, "body": body, "at": minutes(-ago)})).await
}

/// Another desk, which repairs; all was compared before until this many minutes before the test began.
fn repairing(app: &TestApp, ago: i64) -> Replica {
    let until = moment(app.database.kind, minutes(-ago));
    app.database.run(&format!("UPDATE team_numbers SET compared_until = {until}")).unwrap();
    app.replica(|args| args.repair_seconds = Some("300".to_owned()))
}

/// Waits until every number was compared once since.
async fn compared(app: &TestApp) {
    let year = moment(app.database.kind, start() + TimeDelta::days(300));
    eventually("every number was compared", async || {
        let behind = format!("compared_until IS NULL OR compared_until < {year}");
        (app.database.count("team_numbers", &behind) == 0).then_some(())
    })
    .await;
}

async fn a_text_whose_webhook_was_lost_is_recovered_at_its_real_time(app: TestApp) {
    app.nobody.get("//metrics").await;
    missed(&app, STRANGER, "Is anybody there?", 10).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let conversation = ann.conversation(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    let written = "2024-11-25T08:50:00Z";
    for (name, value) in [
        ("status", json!("open")),
        ("origin", json!("inbound")),
        ("next_action", json!("agent")),
        ("unread", json!(1)),
        ("opened_at", json!(written)),
        ("waiting_since", json!(written)),
        ("last_message_at", json!(written)),
    ] {
        assert_eq!(conversation[name], value, "{name}");
    }
    let message = ann.messages(conversation["id"].as_i64().unwrap()).await.remove(0);
    for (name, value) in [
        ("body", json!("Is anybody there?")),
        ("created_at", json!(written)),
        ("status", json!("received")),
        ("recovered", json!(true)),
    ] {
        assert_eq!(message[name], value, "{name}");
    }
    assert_eq!(app.database.count("events", "kind = 'message_received'"), 1);
    let counted = app.nobody.get("//metrics").await.body;
    assert!(counted.contains("sms_chat_recovered_total{kind=\"text\"}"), "{counted}");
}

async fn a_recovered_text_takes_its_place_in_the_thread_and_in_the_queue(app: TestApp) {
    let other = app.text(&stranger(1), "Between").await;
    app.advance(TimeDelta::minutes(1));
    let conversation = app.text(STRANGER, "Second").await;
    missed(&app, STRANGER, "First", 10).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let bodies = |page: &Value| -> Vec<String> {
        let items = page["items"].as_array().unwrap().iter();
        items.map(|message| message["body"].as_str().unwrap().to_owned()).collect()
    };
    let path = format!("/conversations/{conversation}/messages");
    let whole = ann.get(&path).await.expect(200);
    assert_eq!(bodies(&whole), ["First", "Second"]);
    // Page by page as well, although the first has the newer id.
    let page = ann.get(&format!("{path}?limit=1")).await.expect(200);
    assert_eq!(bodies(&page), ["Second"]);
    let before = page["next_cursor"].as_str().unwrap();
    let page = ann.get(&format!("{path}?limit=1&before={before}")).await.expect(200);
    assert_eq!((bodies(&page), &page["next_cursor"]), (vec!["First".to_owned()], &Value::Null));

    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["waiting_since"], "2024-11-25T08:50:00Z");
    assert_eq!(seen["last_message_at"], "2024-11-25T09:01:00Z");
    assert_eq!(seen["unread"], 2);
    let queue = ann.get("/queue").await.expect(200);
    let order: Vec<i64> = queue["sections"][0]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["id"].as_i64().unwrap())
        .collect();
    assert_eq!(order, [conversation, other]);
}

async fn a_text_that_nobody_has_seen_returns_an_answered_conversation_to_the_agent(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    ann.replies(conversation, "Hello to you").await;
    missed(&app, STRANGER, "And one more thing", 10).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let found = ann.conversation(conversation).await;
    assert_eq!((&found["next_action"], &found["unread"]), (&json!("agent"), &json!(1)));
    assert_eq!(found["waiting_since"], "2024-11-25T08:50:00Z");
    // A reply by somebody who has not seen it is held, although it was written before what they have seen.
    let path = format!("/conversations/{conversation}/messages");
    let held = ann.post(&path, json!({"body": "Anything else?", "last_seen_message_id": seen})).await;
    let held = held.problem(ConversationMoved);
    assert_eq!(held["messages"][0]["body"], "And one more thing");
}

async fn a_webhook_that_comes_after_all_changes_nothing(app: TestApp) {
    let sid = missed(&app, STRANGER, "Hello", 10).await["sid"].as_str().unwrap().to_owned();
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let late = text_form(&sid, STRANGER, COLLECTIONS_NUMBER, "Hello");
    assert_eq!(Answer::to(signed(&app.nobody, MESSAGES, &late)).await.status, 200);
    assert_eq!(app.database.count("messages", "recovered"), 1);
    assert_eq!(app.database.count("messages", "1 = 1"), 1);
    assert_eq!(app.database.count("conversations", "unread = 1"), 1);
    assert_eq!(app.database.count("events", "1 = 1"), 1);
}

async fn two_desks_that_repair_at_once_keep_each_text_once(app: TestApp) {
    for n in 0..30 {
        missed(&app, &stranger(n % 3), &format!("Text {n}"), 40 - i64::try_from(n).unwrap()).await;
    }
    // One that was not missed, too.
    app.gateway.write(STRANGER, COLLECTIONS_NUMBER, "Hello").await;
    let _desks = [repairing(&app, 35), repairing(&app, 35), repairing(&app, 35)];
    eventually("all were kept", async || (app.database.count("messages", "recovered") == 30).then_some(()))
        .await;
    compared(&app).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 31);
    assert_eq!(app.database.count("conversations", "unread = 10"), 3);
    assert_eq!(app.database.count("events", "1 = 1"), 31);
    let ann = app.signed_in(ANN).await;
    let thread = ann.messages(app.live(COLLECTIONS_NUMBER, &stranger(1))).await;
    let bodies: Vec<&str> = thread.iter().map(|message| message["body"].as_str().unwrap()).collect();
    let expected: Vec<String> = (0..10).map(|n| format!("Text {}", 3 * n + 1)).collect();
    assert_eq!(bodies, expected);
}

async fn a_text_from_before_the_closure_begins_a_new_conversation(app: TestApp) {
    let closed = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.close(closed).await.status, 201);
    let mut before = ann.conversation(closed).await;
    missed(&app, STRANGER, "Before that", 10).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let new = ann.conversation(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!((&new["previous_id"], &new["unread"]), (&json!(closed), &json!(1)));
    assert_eq!(new["opened_at"], "2024-11-25T08:50:00Z");
    before["next_id"] = new["id"].clone();
    assert_eq!(ann.conversation(closed).await, before);
    assert_eq!(ann.messages(closed).await.len(), 1);
}

async fn a_recovered_text_opens_the_conversation_that_awaits_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Call us."});
    let pending = sam.post("/conversations", ad_hoc).await.expect(201)["id"].as_i64().unwrap();
    missed(&app, STRANGER, "I will", 0).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let found = sam.conversation(pending).await;
    assert_eq!((&found["status"], &found["next_action"]), (&json!("open"), &json!("agent")));
}

async fn pictures_are_recovered_with_their_text(app: TestApp) {
    let text = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "", "at": minutes(-10),
        "media": [{}, {"content_type": "image/gif"}]});
    app.gateway.miss(text).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let message = ann.messages(app.live(COLLECTIONS_NUMBER, STRANGER)).await.remove(0);
    let media = message["media"].as_array().unwrap();
    let types: Vec<&Value> = media.iter().map(|media| &media["content_type"]).collect();
    assert_eq!(types, ["image/png", "image/gif"]);
    let path = media[0]["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
    let picture = ann.get(path).await;
    assert_eq!((picture.status, picture.header("content-type")), (200, Some("image/png")));
}

async fn a_missed_stop_counts(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    missed(&app, STRANGER, "Stop", 10).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let problem = ann.reply(conversation, "Hello").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("25 November 2024, 08:50"), "{problem}");
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["attention"]["code"], "opted_out");
}

async fn a_missed_stop_does_not_undo_a_later_start(app: TestApp) {
    let second = stranger(1);
    for number in [STRANGER, &second] {
        missed(&app, number, "STOP", 10).await;
    }
    // Of one the desk knew that they had opted out, so that the START was news; of the other it did not.
    app.text(STRANGER, "STOP").await;
    app.advance(TimeDelta::minutes(1));
    for number in [STRANGER, &second] {
        app.gateway.write(number, COLLECTIONS_NUMBER, "START").await;
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 2);
    let _desk = repairing(&app, 5);
    compared(&app).await;
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 3, "it stays evidence");
    let ann = app.signed_in(ANN).await;
    for number in [STRANGER, &second] {
        let conversation = app.live(COLLECTIONS_NUMBER, number);
        assert_eq!(ann.conversation(conversation).await["attention"], Value::Null);
        let message = ann.replies(conversation, "Hello").await;
        app.message_becomes(&ann, message, "delivered").await;
    }
}

async fn a_missed_receipt_is_recovered(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.order(json!({"fault": "receipts", "mode": "never"})).await;
    let message = ann.replies(conversation, "Hello to you").await;
    app.message_becomes(&ann, message, "sent").await;
    eventually("the gateway has delivered it", async || {
        (app.gateway.sent_to(STRANGER).await[0]["status"] == "delivered").then_some(())
    })
    .await;
    assert_eq!(ann.messages(conversation).await[1]["status"], "sent");
    let _desk = repairing(&app, 5);
    let found = app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(found["recovered"], false, "it was not the text that was missed");
    assert_eq!(found["delivered_at"], "2024-11-25T09:00:00Z");
    assert_eq!(app.database.count("early_receipts", "1 = 1"), 0);
}

async fn a_long_list_is_followed_to_its_end(app: TestApp) {
    app.gateway.bring_to("http://127.0.0.1:1");
    for n in 0..450 {
        let text = json!({"from": stranger(n % 3), "to": COLLECTIONS_NUMBER, "body": format!("Text {n}"),
            "at": minutes(-30) + TimeDelta::seconds(i64::try_from(n).unwrap())});
        app.gateway.miss(text).await;
    }
    let _desk = repairing(&app, 25);
    compared(&app).await;
    assert_eq!(app.database.count("messages", "recovered"), 450);
    assert_eq!(app.database.count("conversations", "unread = 150"), 3);
}

async fn what_was_written_before_the_desk_had_the_number_stays_where_it_is(app: TestApp) {
    missed(&app, STRANGER, "To whoever had the number then", 120).await;
    app.gateway.miss(json!({"from": STRANGER, "to": "+447700900099", "body": "To nobody of ours"})).await;
    let _desk = repairing(&app, 5);
    compared(&app).await;
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_clock_that_is_behind_loses_nothing_and_dates_nothing_into_the_future(app: TestApp) {
    // The simulator's clock is the machine's, two years ahead of the desk's; no number was ever compared.
    app.gateway.miss(json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "body": "Hello"})).await;
    let _desk = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    compared(&app).await;
    let ann = app.signed_in(ANN).await;
    let conversation = ann.conversation(app.live(COLLECTIONS_NUMBER, STRANGER)).await;
    assert_eq!(conversation["last_message_at"], "2024-11-25T09:00:00Z");
    assert_eq!(conversation["waiting_since"], "2024-11-25T09:00:00Z");
}

async fn a_gateway_that_is_down_is_asked_again_and_stands_in_nobodys_way(app: TestApp) {
    missed(&app, STRANGER, "Hello", 10).await;
    app.gateway.order(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let desk = repairing(&app, 5);
    let ann = desk.signed_in(ANN).await;
    ann.get("/queue").await.expect(200);
    app.advance(TimeDelta::minutes(5));
    ann.get("/queue").await.expect(200);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    app.gateway.clear_faults().await;
    app.as_time_passes("the text was recovered", async || {
        (app.database.count("messages", "recovered") == 1).then_some(())
    })
    .await;
}
