//! Senders of inbound messages: a conversation with a short code or a name cannot be replied to, and a number is read
//! however the gateway formats it.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::SenderNotReachable;

use crate::support::{
    ApiResponse, TestApp, eventually,
    fixtures::{ANN, COLLECTIONS_NUMBER, SAM, STRANGER},
    gateway::{MESSAGES, STATUS, form, message_form, signed},
    on_both_databases,
};

on_both_databases![
    a_conversation_with_a_short_code_cannot_be_replied_to,
    a_sender_name_is_found_by_search_and_its_conversation_can_be_closed,
    a_stop_from_a_short_code_is_recorded_in_the_ledger,
    help_from_a_short_code_gets_no_help_reply,
    gap_repair_recovers_a_message_from_a_sender_name,
    a_sender_outside_every_numbering_plan_can_be_replied_to,
    a_number_is_the_same_customer_in_every_format_of_the_gateway,
    webhooks_with_the_old_field_names_are_accepted,
];

async fn a_conversation_with_a_short_code_cannot_be_replied_to(app: TestApp) {
    let id = app.inbound("68849", "Your parcel is on its way").await;
    let ann = app.signed_in(ANN).await;
    let conversation = ann.conversation(id).await;
    assert_eq!((&conversation["number"], &conversation["can_reply"]), (&json!("68849"), &json!(false)));
    assert_eq!(conversation["permitted_actions"], json!(["close", "assign", "tag", "snooze"]));
    let problem = ann.reply(id, "Thank you").await.problem(SenderNotReachable);
    assert!(problem["detail"].as_str().unwrap().starts_with("68849 is a short code or a name"), "{problem}");
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["can_reply"], false);
    // The next message from it joins the same conversation.
    assert_eq!(app.inbound("68849", "It has arrived").await, id);
    let phone = app.inbound(STRANGER, "Hello").await;
    let phone = ann.conversation(phone).await;
    assert_eq!(phone["can_reply"], true);
    assert_eq!(phone["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
}

async fn a_sender_name_is_found_by_search_and_its_conversation_can_be_closed(app: TestApp) {
    let id = app.inbound("My Bank", "Your statement is ready").await;
    let sam = app.signed_in(SAM).await;
    let hits = sam.get("/search?q=my%20bank").await.expect(200);
    assert_eq!((&hits["items"][0]["id"], &hits["items"][0]["number"]), (&json!(id), &json!("My Bank")));
    assert_eq!(sam.get(&format!("/conversations/{id}/templates")).await.status, 200);
    assert_eq!(sam.get(&format!("/conversations/{id}/key_data")).await.expect(200)["customers"], json!([]));
    assert_eq!(sam.close(id).await.status, 201);
    assert_ne!(app.inbound("My Bank", "Another statement").await, id);
}

async fn a_stop_from_a_short_code_is_recorded_in_the_ledger(app: TestApp) {
    let id = app.inbound("68849", "STOP").await;
    assert_eq!(app.database.count("consents", "number = '68849' AND state = 'opted_out'"), 1);
    let ann = app.signed_in(ANN).await;
    let listed = ann.get("/consents").await.expect(200);
    assert_eq!(listed["items"][0]["number"], "68849");
    assert_eq!(ann.conversation(id).await["attention"]["code"], "opted_out");
}

async fn help_from_a_short_code_gets_no_help_reply(app: TestApp) {
    app.database.run("UPDATE teams SET help_reply = 'Call us.'").unwrap();
    app.inbound("68849", "HELP").await;
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    app.inbound(STRANGER, "HELP").await;
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 1);
}

async fn gap_repair_recovers_a_message_from_a_sender_name(app: TestApp) {
    app.gateway.send_and_miss(json!({"from": "SUPPORT", "to": COLLECTIONS_NUMBER, "body": "An offer"})).await;
    let _desk = app.replica(|args| args.repair_seconds = Some("300".to_owned()));
    eventually("the message was recovered", async || {
        (app.database.count("messages", "recovered") == 1).then_some(())
    })
    .await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(
        ann.conversation(app.live_conversation(COLLECTIONS_NUMBER, "SUPPORT")).await["can_reply"],
        false
    );
}

async fn a_sender_outside_every_numbering_plan_can_be_replied_to(app: TestApp) {
    for number in ["+5215512345678", "+447000000000000", "+6831234"] {
        let id = app.inbound(number, "Hello").await;
        let ann = app.signed_in(ANN).await;
        let message = ann.create_reply(id, "Hello to you").await;
        app.message_becomes(&ann, message, "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(number).await, ["Hello to you"]);
    }
}

async fn a_number_is_the_same_customer_in_every_format_of_the_gateway(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    let (digits, team) = (STRANGER.trim_start_matches('+'), COLLECTIONS_NUMBER.trim_start_matches('+'));
    let spaced = format!("+{} {} {}", &digits[..2], &digits[2..6], &digits[6..]);
    let escaped = format!("%2B{digits}");
    let senders = [digits, spaced.as_str(), escaped.as_str()];
    let recipients = [
        team.to_owned(),
        format!(" {team}"),
        format!("%2B{team}"),
        format!("+{} {}", &team[..2], &team[2..]),
    ];
    for (n, from) in senders.into_iter().enumerate() {
        for to in &recipients {
            app.advance(TimeDelta::seconds(1));
            let form = message_form(&app.next_sid(), from, to, &format!("Again {n}"));
            let response = ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await;
            assert_eq!(response.status, 200, "{from} to {to}: {}", response.body);
        }
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("messages", &format!("conversation_id = {id}")), 13);
}

async fn webhooks_with_the_old_field_names_are_accepted(app: TestApp) {
    for (n, name) in ["SmsSid", "SmsMessageSid"].into_iter().enumerate() {
        let sid = app.next_sid();
        let old = form(&[(name, &sid), ("From", STRANGER), ("To", COLLECTIONS_NUMBER), ("Body", "Hello")]);
        assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &old)).await.status, 200);
        assert_eq!(app.database.count("messages", "direction = 'inbound'"), i64::try_from(n).unwrap() + 1);
    }
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never"})).await;
    let message = ann.create_reply(app.live_conversation(COLLECTIONS_NUMBER, STRANGER), "Hello to you").await;
    app.message_becomes(&ann, message, "sent").await;
    let sent: Vec<Value> = app.gateway.sent_to(STRANGER).await;
    let receipt = form(&[("SmsSid", sent[0]["sid"].as_str().unwrap()), ("SmsStatus", "delivered")]);
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &receipt)).await.status, 204);
    app.message_becomes(&ann, message, "delivered").await;
}
