//! How long a team's data is kept: its settings, and what a run removes.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::ValidationFailed;

use crate::support::{
    ApiResponse, Client, TestApp,
    campaigns::{number_of_row, recipients},
    database::sql_timestamp,
    eventually,
    fixtures::{
        ADMIN, ANN, COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, MARIA, SAM, STRANGER, SUPPORT, SUPPORT_NUMBER,
    },
    on_both_databases,
};

on_both_databases![
    everything_is_kept_until_a_team_sets_a_number_of_days,
    an_invalid_number_of_days_is_refused,
    old_conversations_are_erased_and_newer_ones_stay,
    what_campaigns_and_webhooks_contain_of_old_conversations_is_erased,
    the_rows_of_ended_campaigns_are_erased_and_a_draft_stays,
    a_conversation_whose_message_is_being_sent_is_not_erased,
    a_legal_hold_keeps_old_data,
    a_legal_hold_of_a_team_keeps_all_its_old_data,
    old_daily_files_and_audit_entries_are_deleted,
];

const RETENTION: &str = "/teams/1/retention";

async fn keep(admin: &Client, days: Value) {
    admin.put(RETENTION, days).await.expect(200);
}

/// Starts a server, which does what has expired at its start, and waits for the entries of its audit log.
async fn run(app: &TestApp, runs: i64) {
    let replica = app.replica(|_| {});
    eventually("the retention has run", async || {
        (app.database.count("audit_entries", "action = 'retention.ran'") == runs).then_some(())
    })
    .await;
    drop(replica);
}

async fn everything_is_kept_until_a_team_sets_a_number_of_days(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let nothing = json!({"conversation_days": null, "key_data_days": null, "audit_days": null});
    assert_eq!(admin.get(RETENTION).await.expect(200), nothing);
    let days = json!({"conversation_days": 730, "key_data_days": 90, "audit_days": 400});
    assert_eq!(admin.put(RETENTION, days.clone()).await.expect(200), days);
    assert_eq!(admin.get(RETENTION).await.expect(200), days);
    assert_eq!(admin.put(RETENTION, json!({})).await.expect(200), nothing);
    let entry = admin.get("/audit_entries?action=retention.changed").await.items()[1].clone();
    assert_eq!(
        entry["details"],
        json!({"conversation_days": "730", "key_data_days": "90", "audit_days": "400"})
    );
}

async fn an_invalid_number_of_days_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (field, days) in
        [("conversation_days", 0), ("key_data_days", -1), ("audit_days", 29), ("audit_days", 36_501)]
    {
        let refused = admin.put(RETENTION, json!({ field: days })).await;
        assert_eq!(refused.fault(ValidationFailed), (field.into(), "out_of_range".into()));
    }
}

async fn old_conversations_are_erased_and_newer_ones_stay(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let old = app.inbound(MARIA, "Old").await;
    ann.close(old).await.expect(201);
    let of_other_team = app.inbound_to(SUPPORT_NUMBER, MARIA, "Old").await;
    admin.close(of_other_team).await.expect(201);
    let open = app.inbound(STRANGER, "Open").await;
    keep(&admin, json!({"conversation_days": 2})).await;
    app.advance(TimeDelta::days(3));
    let newer = app.inbound(MARIA, "Newer").await;
    let ann = app.signed_in(ANN).await;
    ann.close(newer).await.expect(201);
    run(&app, 1).await;
    let admin = app.signed_in(ADMIN).await;
    assert!(admin.conversation(old).await["number"].as_str().unwrap().starts_with("erased-"));
    assert_eq!(admin.messages(old).await[0]["body"], "[erased]");
    for (kept, body) in [(newer, "Newer"), (open, "Open"), (of_other_team, "Old")] {
        assert_eq!(admin.messages(kept).await[0]["body"], body);
    }
    let ran = admin.get("/audit_entries?action=retention.ran").await.items()[0].clone();
    let counts =
        json!({"conversations": "1", "daily_files": "0", "campaign_rows": "0", "audit_entries": "0"});
    assert_eq!(ran["details"], counts);
    assert_eq!(ran["actor"], json!({"kind": "system", "id": null, "name": "Retention"}));
}

async fn what_campaigns_and_webhooks_contain_of_old_conversations_is_erased(app: TestApp) {
    // Its credentials do not expire while the clock advances.
    let program = app.anonymous.with_token(FULL_KEY);
    let campaign = program.create_campaign("Reminder", &recipients(2)).await;
    program.write_campaign(campaign, "{{name}}: {{Balance}}", 6000).await.expect(200);
    program.campaign_action(campaign, "run").await.expect(200);
    app.advance_until("the messages were delivered", async || {
        (app.database.count("messages", "status = 'delivered'") == 2).then_some(())
    })
    .await;
    let endpoint = json!({"url": "https://webhooks.invalid",
        "event_types": ["message.received", "conversation.closed"]});
    program.post(&format!("/teams/{COLLECTIONS}/webhook_endpoints"), endpoint).await.expect(201);
    let old = app.inbound(&number_of_row(0), "Thank you").await;
    program.close(old).await.expect(201);
    let deliveries = || app.database.count("webhook_deliveries", &format!("conversation_id = {old}"));
    eventually("the deliveries are recorded", async || (deliveries() == 2).then_some(())).await;
    keep(&app.signed_in(ADMIN).await, json!({"conversation_days": 2})).await;
    app.advance(TimeDelta::days(3));
    run(&app, 1).await;
    assert_eq!(deliveries(), 0);
    let erased = "number = '[erased]' AND ref = '' AND name = '' AND key_data = '[]'";
    assert_eq!(app.database.count("campaign_rows", erased), 1);
    let other = format!("number = '{}' AND name = 'Customer 1'", number_of_row(1));
    assert_eq!(app.database.count("campaign_rows", &other), 1);
}

async fn the_rows_of_ended_campaigns_are_erased_and_a_draft_stays(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let cancelled = admin.create_campaign("Cancelled", &recipients(2)).await;
    admin.campaign_action(cancelled, "cancel").await.expect(200);
    let draft = admin.create_campaign("Draft", &recipients(2)).await;
    keep(&admin, json!({"key_data_days": 2})).await;
    app.advance(TimeDelta::days(3));
    run(&app, 1).await;
    let of = |id: i64, number: &str| {
        app.database.count("campaign_rows", &format!("campaign_id = {id} AND number {number} '[erased]'"))
    };
    assert_eq!((of(cancelled, "="), of(draft, "<>")), (2, 2));
}

async fn a_conversation_whose_message_is_being_sent_is_not_erased(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let (sending, other) = (app.inbound(MARIA, "Sending").await, app.inbound(STRANGER, "Other").await);
    let reply = ann.create_reply(sending, "Hi").await;
    app.message_becomes(&ann, reply, "delivered").await;
    for conversation in [sending, other] {
        ann.close(conversation).await.expect(201);
    }
    let later = sql_timestamp(app.database.kind, app.clock.now() + TimeDelta::days(20));
    let outbox = format!(
        "INSERT INTO outbox (message_id, team_number, number, due_at, held_until)
         VALUES ({reply}, '{COLLECTIONS_NUMBER}', '{MARIA}', {later}, {later})"
    );
    app.database.run(&outbox).unwrap();
    keep(&admin, json!({"conversation_days": 1})).await;
    app.advance(TimeDelta::days(2));
    run(&app, 1).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.messages(sending).await[1]["body"], "Hi");
    assert_eq!(admin.messages(other).await[0]["body"], "[erased]");
    app.database.run("DELETE FROM outbox").unwrap();
    run(&app, 2).await;
    assert_eq!(admin.messages(sending).await[1]["body"], "[erased]");
}

async fn a_legal_hold_keeps_old_data(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let (held, other) = (app.inbound(MARIA, "Held").await, app.inbound(STRANGER, "Other").await);
    for conversation in [held, other] {
        ann.close(conversation).await.expect(201);
    }
    let hold = json!({"number": MARIA, "reason": "Court"});
    admin.post("/teams/1/legal_holds", hold).await.expect(201);
    keep(&admin, json!({"conversation_days": 1, "key_data_days": 1})).await;
    app.advance(TimeDelta::days(2));
    run(&app, 1).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.messages(held).await[0]["body"], "Held");
    assert_eq!(admin.messages(other).await[0]["body"], "[erased]");
    assert_eq!(app.database.count("daily_files", "state = 'discarded'"), 0);
    admin.delete("/teams/1/legal_holds/1").await.no_content();
    run(&app, 2).await;
    assert_eq!(admin.messages(held).await[0]["body"], "[erased]");
}

async fn a_legal_hold_of_a_team_keeps_all_its_old_data(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let held = app.inbound(MARIA, "Held").await;
    ann.close(held).await.expect(201);
    let of_other_team = app.inbound_to(SUPPORT_NUMBER, MARIA, "Other").await;
    admin.close(of_other_team).await.expect(201);
    admin.post("/teams/1/legal_holds", json!({"reason": "Court"})).await.expect(201);
    keep(&admin, json!({"conversation_days": 1, "key_data_days": 1})).await;
    let days = json!({"conversation_days": 1});
    admin.put(&format!("/teams/{SUPPORT}/retention"), days).await.expect(200);
    app.advance(TimeDelta::days(2));
    // A run goes through the teams in the order of their ids, so the held team is done before the other one.
    run(&app, 1).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.messages(held).await[0]["body"], "Held");
    assert_eq!(admin.messages(of_other_team).await[0]["body"], "[erased]");
    assert_eq!(app.database.count("daily_files", "state = 'discarded'"), 0);
    admin.delete("/teams/1/legal_holds/1").await.no_content();
    run(&app, 2).await;
    assert_eq!(admin.messages(held).await[0]["body"], "[erased]");
}

async fn old_daily_files_and_audit_entries_are_deleted(app: TestApp) {
    let (sam, admin) = (app.signed_in(SAM).await, app.signed_in(ADMIN).await);
    let upload = sam
        .request(Method::POST, &format!("/teams/{COLLECTIONS}/daily_files?confirm=true"))
        .header("Content-Type", "text/csv");
    let csv = "ref,name,number\nA-1,Jo,07700900123\n";
    let current = ApiResponse::to(upload.body(csv)).await.expect(201)["id"].clone();
    keep(&admin, json!({"key_data_days": 30, "audit_days": 30})).await;
    app.advance(TimeDelta::days(31));
    run(&app, 1).await;
    let admin = app.signed_in(ADMIN).await;
    let files = admin.get(&format!("/teams/{COLLECTIONS}/daily_files")).await.items();
    assert_eq!((files.len(), &files[0]["id"]), (1, &current));
    let left = admin.get(&format!("/audit_entries?team_id={COLLECTIONS}")).await.items();
    assert_eq!((left.len(), &left[0]["action"]), (1, &json!("retention.ran")));
    // The entries of no team stay.
    assert_eq!(app.database.count("audit_entries", "action = 'session.signed_in'"), 3);
}
