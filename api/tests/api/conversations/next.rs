//! `POST /queue/next`: each caller takes another conversation, the one that has waited longest (rule 16).

use std::collections::BTreeSet;

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, NotFound};
use tokio::task::JoinSet;

use crate::support::{
    Client, Kind, TestApp, eventually,
    fixtures::{
        ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, PASSWORD, RAY, STRANGER,
        SUPPORT, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    the_conversation_that_has_waited_longest_is_taken,
    a_caller_without_waiting_conversations_gets_204,
    a_request_can_name_a_team,
    an_own_conversation_comes_before_younger_ones_and_a_colleagues_is_never_taken,
    a_search_after_a_conversation_continues_behind_it_and_starts_again,
    twenty_simultaneous_callers_take_twenty_conversations,
    a_conversation_that_another_request_locks_for_a_moment_is_taken_then,
    an_api_key_and_an_account_without_the_permission_take_nothing,
    a_repeated_request_returns_the_same_conversation,
];

/// Takes the next conversation and returns its id; `None` when nothing waits.
async fn next(client: &Client, body: Value) -> Option<i64> {
    let taken = client.post("/queue/next", body).await;
    if taken.status == 204 {
        taken.no_content();
        return None;
    }
    let taken = taken.expect(200);
    assert_eq!(client.conversation(taken["id"].as_i64().unwrap()).await, taken);
    taken["id"].as_i64()
}

/// Delivers messages of customers, a minute apart, to team numbers.
async fn waiting(app: &TestApp, numbers: &[&str]) -> Vec<i64> {
    let mut ids = Vec::new();
    for (n, number) in numbers.iter().enumerate() {
        ids.push(app.inbound_to(number, &stranger(n), "Hello").await);
        app.advance(TimeDelta::minutes(1));
    }
    ids
}

async fn the_conversation_that_has_waited_longest_is_taken(app: TestApp) {
    let ids = waiting(&app, &[SUPPORT_NUMBER, COLLECTIONS_NUMBER, CLAIMS_NUMBER, SUPPORT_NUMBER]).await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    assert_eq!(next(&bo, json!({})).await, Some(ids[0]));
    let taken = bo.conversation(ids[0]).await;
    assert_eq!(taken["assigned_to"], json!({"id": BO.1, "name": "Bo"}));
    assert_eq!(next(&ann, json!({})).await, Some(ids[1]));
    bo.create_reply(ids[0], "Hello").await;
    assert_eq!(next(&bo, json!({})).await, Some(ids[3]), "Claims is not a team of Bo");
    let event =
        format!("kind = 'assignment_changed' AND conversation_id = {} AND account_id = {}", ids[3], BO.1);
    assert_eq!(app.database.count("events", &event), 1);
}

async fn a_caller_without_waiting_conversations_gets_204(app: TestApp) {
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.create_reply(conversation, "Hello").await;
    assert_eq!(next(&ann, json!({})).await, None);
}

async fn a_request_can_name_a_team(app: TestApp) {
    let ids = waiting(&app, &[COLLECTIONS_NUMBER, SUPPORT_NUMBER]).await;
    let bo = app.signed_in(BO).await;
    assert_eq!(next(&bo, json!({"team_id": SUPPORT})).await, Some(ids[1]));
    for team in [CLAIMS, 4711] {
        bo.post("/queue/next", json!({"team_id": team})).await.problem(NotFound);
    }
}

async fn an_own_conversation_comes_before_younger_ones_and_a_colleagues_is_never_taken(app: TestApp) {
    let ids = waiting(&app, &[COLLECTIONS_NUMBER; 3]).await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    bo.assign(ids[0], BO).await.expect(200);
    ann.assign(ids[1], ANN).await.expect(200);
    assert_eq!(next(&ann, json!({})).await, Some(ids[1]));
    assert_eq!(next(&ann, json!({})).await, Some(ids[1]), "it still needs her");
}

async fn a_search_after_a_conversation_continues_behind_it_and_starts_again(app: TestApp) {
    let ids = waiting(&app, &[COLLECTIONS_NUMBER; 3]).await;
    let ann = app.signed_in(ANN).await;
    let mut seen = Vec::new();
    let mut body = json!({});
    for _ in 0..4 {
        let id = next(&ann, body).await.unwrap();
        seen.push(id);
        body = json!({ "after": id });
    }
    assert_eq!(seen, [ids[0], ids[1], ids[2], ids[0]]);
    // One that no longer needs the agent has no place among the others.
    ann.create_reply(ids[1], "Hello").await;
    assert_eq!(next(&ann, json!({"after": ids[1]})).await, Some(ids[0]));
    ann.create_reply(ids[2], "Hello").await;
    assert_eq!(next(&ann, json!({"after": ids[0]})).await, None, "no other waits");
    assert_eq!(next(&ann, json!({"after": 4711})).await, Some(ids[0]));
}

/// Adds an agent to Collections and signs in.
async fn agent(app: &TestApp, n: i64) -> Client {
    let (id, email) = (1000 + n, format!("agent{n}@example.com"));
    let insert = format!(
        "INSERT INTO accounts (id, email, display_name, role, permissions, password_hash, created_at)
         SELECT {id}, '{email}', 'Agent {n}', role, permissions, password_hash, created_at FROM accounts WHERE id = {};
         INSERT INTO team_members (team_id, account_id) VALUES ({COLLECTIONS}, {id})",
        ANN.1
    );
    app.database.run(&insert).unwrap();
    let session =
        app.anonymous.post("/sessions", json!({"email": email, "password": PASSWORD})).await.expect(201);
    app.anonymous.with_token(session["access_token"].as_str().unwrap())
}

async fn twenty_simultaneous_callers_take_twenty_conversations(app: TestApp) {
    let ids = waiting(&app, &[COLLECTIONS_NUMBER; 20]).await;
    let mut agents = Vec::new();
    for n in 0..20 {
        agents.push(agent(&app, n).await);
    }
    let mut requests = JoinSet::new();
    for agent in agents {
        requests.spawn(async move {
            agent.post("/queue/next", json!({})).await.expect(200)["id"].as_i64().unwrap()
        });
    }
    let taken: BTreeSet<i64> = requests.join_all().await.into_iter().collect();
    assert_eq!(taken, ids.into_iter().collect());
    let ann = app.signed_in(ANN).await;
    assert_eq!(next(&ann, json!({})).await, None);
}

async fn a_conversation_that_another_request_locks_for_a_moment_is_taken_then(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    if app.database.kind == Kind::Sqlite {
        // It has no locks of rows.
        return assert_eq!(next(&ann, json!({})).await, Some(id));
    }
    let mut other = app.database.lock(id);
    let request = tokio::spawn(async move { next(&ann, json!({})).await });
    eventually("the request waits", async || app.database.has_waiting_request().then_some(())).await;
    other.batch_execute("COMMIT").unwrap();
    assert_eq!(request.await.unwrap(), Some(id));
}

async fn an_api_key_and_an_account_without_the_permission_take_nothing(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ray = app.signed_in(RAY).await;
    for client in [ray, app.anonymous.with_token(FULL_KEY)] {
        client.post("/queue/next", json!({})).await.problem(Forbidden);
    }
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.conversation(conversation).await["assigned_to"], Value::Null);
}

async fn a_repeated_request_returns_the_same_conversation(app: TestApp) {
    let ids = waiting(&app, &[COLLECTIONS_NUMBER; 2]).await;
    let ann = app.signed_in(ANN).await;
    for replayed in [None, Some("true")] {
        let request = ann.request(reqwest::Method::POST, "/queue/next").header("Idempotency-Key", "n1");
        let taken = crate::support::ApiResponse::to(request.json(&json!({}))).await;
        assert_eq!(taken.header("idempotency-replayed"), replayed);
        assert_eq!(taken.expect(200)["id"], ids[0]);
        ann.create_reply(ids[0], "Hello").await;
    }
}
