//! Sending a campaign at its pace, row by row, by the rules of ad-hoc messages.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    campaigns::{number_of_row, recipients},
    fixtures::{COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, MARIA, stranger},
    on_both_databases,
};

on_both_databases![
    each_row_gets_one_message_with_its_own_values,
    messages_go_out_at_the_pace_and_not_faster_after_a_stop,
    a_paused_campaign_sends_nothing_until_it_is_resumed,
    a_cancelled_campaign_ends,
    a_campaign_starts_at_its_time,
    a_row_is_refused_like_an_ad_hoc_message,
    the_results_say_what_became_of_each_row,
    two_servers_send_each_row_once,
    a_campaign_whose_number_has_moved_pauses_with_the_reason,
    a_campaign_leaves_room_in_the_outbox,
];

/// A client whose credentials do not expire, however far a test advances the clock.
fn program(app: &TestApp) -> Client {
    app.anonymous.with_token(FULL_KEY)
}

async fn started(client: &Client, file: &str, body: &str, pace: i32) -> i64 {
    let id = client.create_campaign("Reminder", file).await;
    client.write_campaign(id, body, pace).await.expect(200);
    client.campaign_action(id, "run").await.expect(200);
    id
}

/// Waits until the campaign has this state.
async fn becomes(app: &TestApp, client: &Client, id: i64, state: &str) -> Value {
    app.advance_until(&format!("the campaign was {state}"), async || {
        let campaign = client.campaign(id).await;
        (campaign["state"] == state).then_some(campaign)
    })
    .await
}

/// Returns the number of the campaign's messages for each minute since the start of the test.
fn sent_in_minutes(app: &TestApp) -> BTreeMap<i64, usize> {
    let at = match app.database.kind {
        crate::support::Kind::Sqlite => "created_at / 1000000",
        crate::support::Kind::Postgres => "extract(epoch FROM created_at)::bigint",
    };
    let start = crate::support::fixtures::start().timestamp();
    let times = app.database.strings(&format!("SELECT CAST({at} AS TEXT) AS value FROM messages"));
    let mut minutes = BTreeMap::new();
    for time in times {
        *minutes.entry((time.parse::<i64>().unwrap() - start) / 60).or_default() += 1;
    }
    minutes
}

async fn each_row_gets_one_message_with_its_own_values(app: TestApp) {
    let program = program(&app);
    let id = started(&program, &recipients(120), "{{name}}: {{Balance}}", 6000).await;
    let finished = becomes(&app, &program, id, "finished").await;
    assert_eq!((&finished["queued"], &finished["refused"]), (&json!(120), &json!(0)));
    assert_ne!(finished["finished_at"], Value::Null);
    assert_eq!(app.database.count("messages", "1 = 1"), 120);
    assert_eq!(app.database.count("conversations", "status = 'pending'"), 120);
    app.advance_until("all were delivered", async || {
        (app.database.count("messages", "status = 'delivered'") == 120).then_some(())
    })
    .await;
    for row in [0, 7, 119] {
        let sent = app.gateway.bodies_sent_to(&number_of_row(row)).await;
        assert_eq!(sent, [format!("Customer {row}: GBP {row}.00")]);
    }
    let message = &program.messages(1).await[0];
    assert_eq!(message["sender"], json!({"kind": "api_key", "id": 2, "name": "Everything"}));
}

async fn messages_go_out_at_the_pace_and_not_faster_after_a_stop(app: TestApp) {
    let program = program(&app);
    let id = started(&program, &recipients(100), "Hello", 10).await;
    let sent = async |count: i64| {
        app.advance_until("messages were sent", async || {
            (app.database.count("messages", "1 = 1") >= count).then_some(())
        })
        .await;
    };
    sent(20).await;
    // A server that was down does not catch up.
    app.advance(TimeDelta::hours(1));
    sent(40).await;
    for (minute, count) in sent_in_minutes(&app) {
        assert!(count <= 11, "{count} in minute {minute}");
    }
    assert_eq!(program.campaign(id).await["state"], "running");
}

async fn a_paused_campaign_sends_nothing_until_it_is_resumed(app: TestApp) {
    let program = program(&app);
    let id = started(&program, &recipients(100), "Hello", 60).await;
    app.advance_until("messages were sent", async || {
        (app.database.count("messages", "1 = 1") >= 3).then_some(())
    })
    .await;
    let paused = program.campaign_action(id, "pause").await.expect(200);
    assert_eq!((&paused["state"], &paused["starts_at"]), (&json!("paused"), &Value::Null));
    let before = app.database.count("messages", "1 = 1");
    assert_eq!(paused["queued"], before);
    let other = started(&program, &recipients(1).replace("+4478", "+4479"), "Hello", 60).await;
    // When the other campaign has sent, this one had its turn too.
    becomes(&app, &program, other, "finished").await;
    assert_eq!(app.database.count("messages", "1 = 1"), before + 1);
    program.campaign_action(id, "run").await.expect(200);
    assert_eq!(becomes(&app, &program, id, "finished").await["queued"], 100);
    assert_eq!(app.database.count("messages", "1 = 1"), 101);
}

async fn a_cancelled_campaign_ends(app: TestApp) {
    let program = program(&app);
    let id = started(&program, &recipients(200), "Hello", 60).await;
    app.advance_until("messages were sent", async || {
        (app.database.count("messages", "1 = 1") >= 3).then_some(())
    })
    .await;
    let cancelled = program.campaign_action(id, "cancel").await.expect(200);
    let queued = cancelled["queued"].as_i64().unwrap();
    assert_eq!(app.database.count("messages", "1 = 1"), queued);
    let results = program.campaign_results(id).await;
    let unsent = results.iter().filter(|row| row["result"] == "not_sent").count();
    assert_eq!(i64::try_from(unsent), Ok(200 - queued));
}

async fn a_campaign_starts_at_its_time(app: TestApp) {
    let program = program(&app);
    let id = program.create_campaign("Reminder", &recipients(2)).await;
    program.write_campaign(id, "Hello", 600).await.expect(200);
    let later = json!({"action": "run", "starts_at": "2024-11-25T09:10:00Z"});
    program.put(&format!("/campaigns/{id}/state"), later).await.expect(200);
    app.advance(TimeDelta::minutes(9));
    becomes(&app, &program, id, "finished").await;
    assert_eq!(sent_in_minutes(&app), BTreeMap::from([(10, 2)]));
}

async fn a_row_is_refused_like_an_ad_hoc_message(app: TestApp) {
    let program = program(&app);
    let open = app.inbound(MARIA, "Hello").await;
    app.inbound(&stranger(9), "STOP").await;
    assert_eq!(program.close(app.live_conversation(COLLECTIONS_NUMBER, &stranger(9))).await.status, 201);
    let file = format!(
        "Ref,Name,Mobile,Balance\nA-1,Maria,{MARIA},1\nA-2,Cy,{opted_out},1\nA-3,Own,{COLLECTIONS_NUMBER},1\n\
         A-4,Di,{missing},\nA-5,Ed,call me,1\nA-6,Flo,{good},1\n",
        opted_out = stranger(9),
        missing = stranger(3),
        good = stranger(4),
    );
    let before = app.database.count("messages", "1 = 1");
    let id = started(&program, &file, "{{Balance}}", 6000).await;
    let finished = becomes(&app, &program, id, "finished").await;
    assert_eq!((&finished["queued"], &finished["refused"]), (&json!(1), &json!(4)));
    assert_eq!(app.database.count("messages", "1 = 1"), before + 1);
    let results = program.campaign_results(id).await;
    let codes: Vec<&Value> = results.iter().map(|row| &row["code"]).collect();
    let expected = [
        json!("conversation_open"),
        json!("number_opted_out"),
        json!("invalid_number"),
        json!("missing_placeholder"),
        json!("invalid_file"),
        Value::Null,
    ];
    assert_eq!(codes, expected.iter().collect::<Vec<_>>());
    assert_eq!((&results[1]["opted_out"], &results[1]["result"]), (&json!(true), &json!("refused")));
    assert_eq!(results[4]["result"], "rejected");
    assert_eq!(program.conversation(open).await["status"], "open");
    assert_eq!(app.database.count("conversations", "status = 'pending'"), 1);
}

async fn the_results_say_what_became_of_each_row(app: TestApp) {
    let program = program(&app);
    app.gateway.inject_fault(json!({"number": number_of_row(1), "fault": "fail", "error_code": 30005})).await;
    let id = started(&program, &recipients(4), "Hello", 6000).await;
    becomes(&app, &program, id, "finished").await;
    app.advance_until("all have a final status", async || {
        (app.database.count("messages", "status IN ('delivered', 'undelivered', 'failed')") == 4)
            .then_some(())
    })
    .await;
    app.advance(TimeDelta::seconds(1));
    app.inbound(&number_of_row(2), "Thank you").await;
    app.inbound(&number_of_row(3), "STOP").await;
    let results = program.campaign_results(id).await;
    let seen: Vec<(&Value, &Value, &Value)> =
        results.iter().map(|row| (&row["result"], &row["replied"], &row["opted_out"])).collect();
    let (delivered, yes, no) = (&json!("delivered"), &json!(true), &json!(false));
    assert_eq!(seen[0], (delivered, no, no));
    assert!(["undelivered", "failed"].contains(&seen[1].0.as_str().unwrap()));
    assert_eq!(results[1]["code"], "30005");
    assert_eq!((seen[2], seen[3]), ((delivered, yes, no), (delivered, yes, yes)));
    assert_eq!(
        program.conversation(app.live_conversation(COLLECTIONS_NUMBER, &number_of_row(2))).await["status"],
        "open"
    );
    let csv = program.get(&format!("/campaigns/{id}/results")).await;
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    let line = csv.body.lines().nth(3).unwrap();
    assert!(
        line.starts_with(&format!("4,{},C-2,Customer 2,delivered,,,yes,no,", number_of_row(2))),
        "{line}"
    );
}

async fn two_servers_send_each_row_once(app: TestApp) {
    if app.database.kind == crate::support::Kind::Sqlite {
        return;
    }
    let _replicas = [app.replica(|_| {}), app.replica(|_| {})];
    let program = program(&app);
    let id = started(&program, &recipients(60), "Hello", 30).await;
    let finished = becomes(&app, &program, id, "finished").await;
    assert_eq!(finished["queued"], 60);
    assert_eq!(app.database.count("messages", "1 = 1"), 60);
    // A minute has the messages of at most 65 s, because a campaign catches up by 5 s. If each server
    // kept its own pace, all 60 messages would go out in the first minute.
    for (minute, count) in sent_in_minutes(&app) {
        assert!(count <= 33, "{count} in minute {minute}");
    }
}

async fn a_campaign_whose_number_has_moved_pauses_with_the_reason(app: TestApp) {
    let program = program(&app);
    let id = program.create_campaign("Reminder", &recipients(3)).await;
    program.write_campaign(id, "Hello", 60).await.expect(200);
    let moved = format!("UPDATE team_numbers SET team_id = 2 WHERE number = '{COLLECTIONS_NUMBER}'");
    app.database.run(&moved).unwrap();
    program.campaign_action(id, "run").await.expect(200);
    let paused = becomes(&app, &program, id, "paused").await;
    assert!(paused["pause_reason"].as_str().unwrap().contains("does not belong to the team"), "{paused}");
    assert_eq!((&paused["queued"], &paused["refused"]), (&json!(0), &json!(0)));
    let back =
        format!("UPDATE team_numbers SET team_id = {COLLECTIONS} WHERE number = '{COLLECTIONS_NUMBER}'");
    app.database.run(&back).unwrap();
    program.campaign_action(id, "run").await.expect(200);
    let finished = becomes(&app, &program, id, "finished").await;
    assert_eq!((&finished["queued"], &finished["pause_reason"]), (&json!(3), &Value::Null));
}

async fn a_campaign_leaves_room_in_the_outbox(app: TestApp) {
    let program = program(&app);
    // The gateway refuses our credentials, so that the outbox fills.
    app.gateway.inject_fault(json!({"fault": "http_401", "times": null})).await;
    let id = started(&program, &recipients(1000), "Hello", 60_000).await;
    app.advance_until("the outbox has 200 messages", async || {
        (app.database.count("outbox", "1 = 1") >= 200).then_some(())
    })
    .await;
    for _ in 0..20 {
        app.advance(TimeDelta::seconds(1));
        program.campaign(id).await;
    }
    let waiting = app.database.count("outbox", "1 = 1");
    assert!((200..300).contains(&waiting), "{waiting}");
}
