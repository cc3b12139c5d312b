//! The opt-out of an erased customer: a keyed hash of the number stays, and nothing is sent to it.

use serde_json::{Value, json};
use shared::ErrorCode::NumberOptedOut;

use super::erase_maria;
use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, FULL_KEY, MARIA, SAM},
    on_both_databases,
};

on_both_databases![
    an_ad_hoc_message_to_an_erased_customer_who_opted_out_is_refused,
    a_batch_does_not_write_to_an_erased_customer_who_opted_out,
    a_campaign_does_not_write_to_an_erased_customer_who_opted_out,
    a_reply_to_an_erased_customer_who_opted_out_is_refused_until_they_opt_in,
    an_opt_in_after_an_erasure_survives_the_next_erasure,
    the_ledger_contains_neither_number_nor_note,
];

async fn opt_out_and_erase(app: &TestApp) -> (Client, Client) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let conversation = app.inbound(MARIA, "STOP").await;
    ann.close(conversation).await.expect(201);
    assert_eq!(erase_maria(&admin).await["opted_out"], true);
    (ann, admin)
}

async fn ad_hoc(app: &TestApp) -> crate::support::ApiResponse {
    let new = json!({"team_id": COLLECTIONS, "number": MARIA, "body": "Hello"});
    app.signed_in(SAM).await.post("/conversations", new).await
}

async fn an_ad_hoc_message_to_an_erased_customer_who_opted_out_is_refused(app: TestApp) {
    opt_out_and_erase(&app).await;
    ad_hoc(&app).await.problem(NumberOptedOut);
    ad_hoc(&app).await.problem(NumberOptedOut);
    assert_eq!(app.database.count("conversations", &format!("number = '{MARIA}'")), 0);
}

async fn a_batch_does_not_write_to_an_erased_customer_who_opted_out(app: TestApp) {
    opt_out_and_erase(&app).await;
    let item = json!({"team_id": COLLECTIONS, "number": MARIA, "body": "Hello"});
    let sam = app.signed_in(SAM).await;
    let answer = sam.post("/conversations/batch", json!({ "items": [item] })).await.expect(200);
    assert_eq!(answer["items"][0]["problem"]["code"], "number_opted_out");
    assert_eq!(app.database.count("conversations", &format!("number = '{MARIA}'")), 0);
}

async fn a_campaign_does_not_write_to_an_erased_customer_who_opted_out(app: TestApp) {
    opt_out_and_erase(&app).await;
    // Its credentials do not expire while the clock advances.
    let program = app.anonymous.with_token(FULL_KEY);
    let id = program.create_campaign("Reminder", &format!("ref,name,number\nA-1,Jo,{MARIA}\n")).await;
    program.write_campaign(id, "Hello", 60).await.expect(200);
    let preview = program.get(&format!("/campaigns/{id}/preview")).await.expect(200);
    assert_eq!((&preview["sendable"], &preview["opted_out"]), (&json!(0), &json!(1)));
    program.campaign_action(id, "run").await.expect(200);
    app.advance_until("the campaign was finished", async || {
        (program.campaign(id).await["state"] == "finished").then_some(())
    })
    .await;
    let results = program.campaign_results(id).await;
    assert_eq!(
        (&results[0]["result"], &results[0]["code"], &results[0]["opted_out"]),
        (&json!("refused"), &json!("number_opted_out"), &json!(true))
    );
    assert_eq!(app.database.count("conversations", &format!("number = '{MARIA}'")), 0);
}

async fn a_reply_to_an_erased_customer_who_opted_out_is_refused_until_they_opt_in(app: TestApp) {
    let (ann, _) = opt_out_and_erase(&app).await;
    let conversation = app.inbound(MARIA, "Hello, it is me").await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["attention"]["code"], "opted_out");
    assert_eq!(seen["consent"]["note"], "Opted out before their data was erased.");
    ann.reply(conversation, "Hi").await.problem(NumberOptedOut);
    app.inbound(MARIA, "START").await;
    ann.create_reply(conversation, "Hi").await;
}

async fn an_opt_in_after_an_erasure_survives_the_next_erasure(app: TestApp) {
    let (ann, admin) = opt_out_and_erase(&app).await;
    app.advance(chrono::TimeDelta::minutes(1));
    let conversation = app.inbound(MARIA, "START").await;
    let reply = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, reply, "delivered").await;
    ann.close(conversation).await.expect(201);
    assert_eq!(erase_maria(&admin).await["opted_out"], false);
    ad_hoc(&app).await.expect(201);
}

async fn the_ledger_contains_neither_number_nor_note(app: TestApp) {
    let (ann, _) = opt_out_and_erase(&app).await;
    let entry = ann.get("/consents").await.items()[0].clone();
    assert_eq!((&entry["state"], &entry["note"]), (&json!("opted_out"), &Value::Null));
    assert!(entry["number"].as_str().unwrap().starts_with("erased-"), "{entry}");
    for sql in [
        "UPDATE consents SET state = 'opted_in'",
        "UPDATE consents SET number = 'erased-2'",
        "DELETE FROM consents",
    ] {
        let refused = app.database.run(sql).expect_err(sql).to_string();
        assert!(refused.contains("consents_are_append_only"), "{sql}: {refused}");
    }
}
