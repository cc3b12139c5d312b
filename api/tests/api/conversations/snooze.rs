//! Snoozing conversations, and what ends a snooze (rule 20).

use std::fs;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::ErrorCode::{
    ConversationClosed, ConversationMoved, ConversationPending, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    database::scripts,
    eventually,
    fixtures::{ANN, BO, CLAIMS_NUMBER, COLLECTIONS, REPLYING_KEY, SAM, STRANGER, stranger},
    gateway::{STATUS, form, signed},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_snoozed_conversation_is_out_of_the_queue_and_its_counts,
    a_snoozed_conversation_returns_on_time_to_its_old_place_and_shows_who_snoozed_it_and_why,
    of_two_replicas_one_returns_the_conversation,
    a_message_of_the_customer_ends_a_snooze,
    a_reply_ends_a_snooze_and_removes_its_note,
    a_failed_message_ends_a_snooze,
    closing_ends_a_snooze,
    an_agent_changes_and_ends_a_snooze,
    a_program_snoozes_a_conversation,
    the_time_is_in_the_future_and_within_a_year,
    only_an_open_conversation_of_the_callers_team_can_be_snoozed,
    a_conversation_with_unseen_messages_is_not_snoozed,
    the_snoozed_conversations_are_listed_by_the_time_of_their_return,
    a_snoozed_conversation_of_an_absent_account_stays_assigned,
    a_snooze_is_an_event,
    a_database_with_snoozed_conversations_is_reverted_and_upgraded,
];

pub(super) fn path(conversation: i64) -> String {
    format!("/conversations/{conversation}/snooze")
}

/// Snoozes a conversation for some minutes.
pub(super) async fn snooze(app: &TestApp, client: &Client, conversation: i64, minutes: i64) -> ApiResponse {
    let until = app.clock.now() + TimeDelta::minutes(minutes);
    client.put(&path(conversation), json!({"until": until, "note": "Pays on Friday."})).await
}

pub(super) async fn section(client: &Client) -> Value {
    client.get("/queue").await.expect(200)["sections"][0].clone()
}

fn ids(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

fn time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

/// Waits until a conversation is in the queue again.
async fn returns(app: &TestApp, conversation: i64) {
    let awake = format!("id = {conversation} AND snoozed_until IS NULL");
    eventually("the conversation is in the queue", async || {
        (app.database.count("conversations", &awake) == 1).then_some(())
    })
    .await;
}

async fn a_snoozed_conversation_is_out_of_the_queue_and_its_counts(app: TestApp) {
    let (snoozed, other) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    let ann = app.signed_in(ANN).await;
    ann.assign(snoozed, ANN).await.expect(200);
    let before = ann.conversation(snoozed).await;
    assert_eq!((&before["snoozed_until"], &before["snooze"]), (&Value::Null, &Value::Null));

    let seen = snooze(&app, &ann, snoozed, 60).await.expect(200);
    assert_eq!(time(&seen["snoozed_until"]), app.clock.now() + TimeDelta::hours(1));
    assert_eq!(seen["snooze"], json!({"by": "Ann", "note": "Pays on Friday."}));
    assert_eq!((&seen["status"], &seen["waiting_since"]), (&json!("open"), &before["waiting_since"]));
    assert_eq!(ann.conversation(snoozed).await, seen);

    let shown = section(&ann).await;
    assert_eq!(ids(&shown["items"]), [other]);
    assert_eq!(shown["counts"], json!({"agent": 1, "customer": 0, "unassigned": 1, "snoozed": 1}));
    assert_eq!(shown["assignees"], json!([]));
    let mine = ann.get("/queue?assigned=me").await.expect(200);
    assert_eq!(mine["sections"][0]["items"], json!([]));
    let listed = ann.get(&format!("/conversations?team_id={COLLECTIONS}&status=open")).await.expect(200);
    assert_eq!(ids(&listed["items"]), [other]);
    assert_eq!(ann.post("/queue/next", json!({})).await.expect(200)["id"], other);
    ann.post("/queue/next", json!({"after": other})).await.no_content();
    let sam = app.signed_in(SAM).await;
    let found = sam.get(&format!("/search?q={}", &STRANGER[1..])).await.expect(200);
    assert_eq!(found["items"][0]["snoozed_until"], seen["snoozed_until"]);
}

async fn a_snoozed_conversation_returns_on_time_to_its_old_place_and_shows_who_snoozed_it_and_why(
    app: TestApp,
) {
    let first = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    snooze(&app, &ann, first, 10).await.expect(200);
    app.advance(TimeDelta::minutes(5));
    let second = app.inbound(&stranger(1), "Hello").await;
    snooze(&app, &ann, second, 1).await.expect(200);
    app.advance(TimeDelta::minutes(2));
    // The second one has returned, so the server has looked at the first one too.
    returns(&app, second).await;
    assert_eq!(ids(&section(&ann).await["items"]), [second]);
    let before = ann.conversation(first).await;
    assert_ne!(before["snoozed_until"], Value::Null);

    app.advance(TimeDelta::minutes(4));
    returns(&app, first).await;
    let shown = section(&ann).await;
    assert_eq!(ids(&shown["items"]), [first, second], "the first one has waited longest");
    assert_eq!(shown["counts"], json!({"agent": 2, "customer": 0, "unassigned": 2, "snoozed": 0}));
    let after = ann.conversation(first).await;
    assert_eq!(after["waiting_since"], before["waiting_since"]);
    assert_eq!(after["snoozed_until"], Value::Null);
    assert_eq!(after["snooze"], json!({"by": "Ann", "note": "Pays on Friday."}));
    ann.create_reply(first, "Good morning").await;
    assert_eq!(ann.conversation(first).await["snooze"], Value::Null);
}

async fn of_two_replicas_one_returns_the_conversation(app: TestApp) {
    let conversations: Vec<i64> = {
        let mut started = Vec::new();
        for n in 0..5 {
            started.push(app.inbound(&stranger(n), "Hello").await);
        }
        started
    };
    let _replica = app.replica(|_| {});
    let ann = app.signed_in(ANN).await;
    for conversation in &conversations {
        snooze(&app, &ann, *conversation, 1).await.expect(200);
    }
    let before = app.database.count("events", "kind = 'snooze_changed'");
    app.advance(TimeDelta::minutes(2));
    for conversation in &conversations {
        returns(&app, *conversation).await;
    }
    app.advance(TimeDelta::minutes(2));
    assert_eq!(app.database.count("events", "kind = 'snooze_changed'"), before + 5);
    assert_eq!(section(&ann).await["counts"]["agent"], 5);
}

async fn a_message_of_the_customer_ends_a_snooze(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let waiting_since = ann.conversation(conversation).await["waiting_since"].clone();
    snooze(&app, &ann, conversation, 60).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    assert_eq!(app.inbound(STRANGER, "Are you there?").await, conversation);
    let shown = section(&ann).await;
    assert_eq!(ids(&shown["items"]), [conversation]);
    assert_eq!(shown["counts"], json!({"agent": 1, "customer": 0, "unassigned": 1, "snoozed": 0}));
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["snoozed_until"], &seen["waiting_since"]), (&Value::Null, &waiting_since));
    assert_eq!(seen["snooze"], json!({"by": "Ann", "note": "Pays on Friday."}));
}

async fn a_reply_ends_a_snooze_and_removes_its_note(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    snooze(&app, &ann, conversation, 60).await.expect(200);
    bo.create_reply(conversation, "Good morning").await;
    let seen = bo.conversation(conversation).await;
    assert_eq!((&seen["snoozed_until"], &seen["snooze"]), (&Value::Null, &Value::Null));
    assert_eq!(
        section(&ann).await["counts"],
        json!({"agent": 0, "customer": 1, "unassigned": 0, "snoozed": 0})
    );
}

async fn a_failed_message_ends_a_snooze(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let message = ann.create_reply(conversation, "Good morning").await;
    app.message_becomes(&ann, message, "sent").await;
    snooze(&app, &ann, conversation, 60).await.expect(200);
    let sid = app.gateway.sent_to(STRANGER).await[0]["sid"].as_str().unwrap().to_owned();
    let fields =
        [("MessageSid", sid.as_str()), ("MessageStatus", "failed"), ("To", STRANGER), ("ErrorCode", "30003")];
    assert_eq!(ApiResponse::to(signed(&app.anonymous, STATUS, &form(&fields))).await.status, 204);
    let seen = ann.conversation(conversation).await;
    assert_eq!((&seen["snoozed_until"], &seen["next_action"]), (&Value::Null, &json!("agent")));
    assert_eq!(ids(&section(&ann).await["items"]), [conversation]);
}

async fn closing_ends_a_snooze(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    snooze(&app, &ann, conversation, 60).await.expect(200);
    let closed = ann.close(conversation).await.expect(201);
    assert_eq!((&closed["snoozed_until"], &closed["snooze"]), (&Value::Null, &Value::Null));
    assert_eq!(section(&ann).await["counts"]["snoozed"], 0);
    let next = app.inbound(STRANGER, "Me again").await;
    assert_eq!(ann.conversation(next).await["snooze"], Value::Null);
}

async fn an_agent_changes_and_ends_a_snooze(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    snooze(&app, &ann, conversation, 60).await.expect(200);
    let later = app.clock.now() + TimeDelta::days(3);
    let changed = bo.put(&path(conversation), json!({"until": later})).await.expect(200);
    assert_eq!(time(&changed["snoozed_until"]), later);
    assert_eq!(changed["snooze"], json!({"by": "Bo", "note": null}));
    let ended = ann.delete(&path(conversation)).await.expect(200);
    assert_eq!((&ended["snoozed_until"], &ended["snooze"]), (&Value::Null, &Value::Null));
    assert_eq!(ids(&section(&ann).await["items"]), [conversation]);
    assert_eq!(ann.delete(&path(conversation)).await.expect(200), ended, "a second time changes nothing");
}

async fn a_program_snoozes_a_conversation(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let program = app.anonymous.with_token(REPLYING_KEY);
    let snoozed = snooze(&app, &program, conversation, 60).await.expect(200);
    assert_eq!(snoozed["snooze"]["by"], "Replies");
}

async fn the_time_is_in_the_future_and_within_a_year(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let now = app.clock.now();
    for (until, code) in [
        (now, "in_the_past"),
        (now - TimeDelta::minutes(1), "in_the_past"),
        (now + TimeDelta::days(366) + TimeDelta::seconds(1), "too_far"),
    ] {
        let fault = ann.put(&path(conversation), json!({ "until": until })).await.fault(ValidationFailed);
        assert_eq!(fault, ("until".into(), code.into()), "{until}");
    }
    let long = json!({"until": now + TimeDelta::days(1), "note": "x".repeat(1001)});
    let fault = ann.put(&path(conversation), long).await.fault(ValidationFailed);
    assert_eq!(fault, ("note".into(), "too_long".into()));
    ann.put(&path(conversation), json!({"until": now + TimeDelta::days(366)})).await.expect(200);
    // A time with an offset is the same time in UTC.
    let shifted = json!({"until": "2024-11-26T10:00:00+01:00"});
    let snoozed = ann.put(&path(conversation), shifted).await.expect(200);
    assert_eq!(snoozed["snoozed_until"], "2024-11-26T09:00:00Z");
}

async fn only_an_open_conversation_of_the_callers_team_can_be_snoozed(app: TestApp) {
    let (ann, sam) = (app.signed_in(ANN).await, app.signed_in(SAM).await);
    let of_claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    snooze(&app, &ann, of_claims, 60).await.problem(NotFound);
    ann.delete(&path(of_claims)).await.problem(NotFound);
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": stranger(1), "body": "Please call us."});
    let pending = sam.post("/conversations", ad_hoc).await.expect(201)["id"].as_i64().unwrap();
    snooze(&app, &ann, pending, 60).await.problem(ConversationPending);
    ann.delete(&path(pending)).await.problem(ConversationPending);
    let closed = app.inbound(STRANGER, "Hello").await;
    assert_eq!(ann.close(closed).await.status, 201);
    snooze(&app, &ann, closed, 60).await.problem(ConversationClosed);
    ann.delete(&path(closed)).await.problem(ConversationClosed);
}

async fn a_conversation_with_unseen_messages_is_not_snoozed(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = ann.messages(conversation).await[0]["id"].clone();
    app.inbound(STRANGER, "It is urgent").await;
    let until = app.clock.now() + TimeDelta::hours(1);
    let request = |seen: &Value| json!({"until": until, "last_seen_message_id": seen});
    let problem = ann.put(&path(conversation), request(&seen)).await.problem(ConversationMoved);
    assert_eq!(problem["messages"][0]["body"], "It is urgent");
    assert_eq!(ann.conversation(conversation).await["snoozed_until"], Value::Null);
    ann.put(&path(conversation), request(&problem["messages"][0]["id"])).await.expect(200);
}

async fn the_snoozed_conversations_are_listed_by_the_time_of_their_return(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut expected = Vec::new();
    for n in 0..5 {
        let id = app.inbound(&stranger(n), "Hello").await;
        snooze(&app, &ann, id, 60 - i64::try_from(n).unwrap() * 10).await.expect(200);
        expected.insert(0, id);
    }
    app.inbound(STRANGER, "Hello").await;
    let list = format!("/conversations?team_id={COLLECTIONS}&status=snoozed&limit=2");
    let pages: Vec<i64> =
        ann.pages(&list).await.into_iter().flat_map(|page| ids(&Value::Array(page))).collect();
    assert_eq!(pages, expected);
    let fault = ann.get(&format!("{list}&assigned=me")).await.fault(InvalidQuery);
    assert_eq!(fault, ("assigned".into(), "unsupported".into()));
}

async fn a_snoozed_conversation_of_an_absent_account_stays_assigned(app: TestApp) {
    let (snoozed, waiting) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    let bo = app.signed_in(BO).await;
    for conversation in [snoozed, waiting] {
        // Sam has never signed in.
        bo.assign(conversation, SAM).await.expect(200);
    }
    snooze(&app, &bo, snoozed, 60).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    eventually("the waiting conversation is unassigned", async || {
        (bo.conversation(waiting).await["assigned_to"] == Value::Null).then_some(())
    })
    .await;
    assert_eq!(bo.conversation(snoozed).await["assigned_to"]["name"], "Sam");
}

async fn a_snooze_is_an_event(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&bo).await;
    snooze(&app, &ann, conversation, 1).await.expect(200);
    ann.delete(&path(conversation)).await.expect(200);
    snooze(&app, &ann, conversation, 1).await.expect(200);
    app.advance(TimeDelta::minutes(2));
    for account in [json!(ANN.1), json!(ANN.1), json!(ANN.1), Value::Null] {
        let event = stream.event().await.unwrap();
        assert_eq!(event["kind"], "snooze_changed");
        assert_eq!(event["conversation_id"], conversation);
        assert_eq!((&event["team_id"], &event["account_id"]), (&json!(COLLECTIONS), &account));
    }
}

/// Runs a script of the migration in a transaction, as Diesel does.
fn run(app: &TestApp, script: &str) {
    let path = scripts(app.database.kind)
        .into_iter()
        .find(|path| path.ends_with(format!("2026-11-26-000130_snooze/{script}")));
    let sql = fs::read_to_string(path.unwrap()).unwrap();
    app.database.run(&format!("BEGIN;{sql};COMMIT;")).unwrap();
}

async fn a_database_with_snoozed_conversations_is_reverted_and_upgraded(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.assign(conversation, ANN).await.expect(200);
    snooze(&app, &ann, conversation, 60).await.expect(200);
    run(&app, "down.sql");
    assert_eq!(app.database.integer("SELECT sum(agent) FROM queue_counts"), 1);
    assert_eq!(app.database.integer("SELECT sum(open) FROM assigned_counts"), 1);
    run(&app, "up.sql");
    assert_eq!(ids(&section(&ann).await["items"]), [conversation]);
    snooze(&app, &ann, conversation, 60).await.expect(200);
    assert_eq!(
        section(&ann).await["counts"],
        json!({"agent": 0, "customer": 0, "unassigned": 0, "snoozed": 1})
    );
}
