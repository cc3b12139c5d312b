//! Permissions and team membership: resources of other teams look as if they did not exist.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{self, Forbidden, NotFound, TooManyRequests, Unauthenticated};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, CY, RAY, SAM, STRANGER, SUPPORT, SUPPORT_NUMBER,
    },
    on_both_databases,
};

on_both_databases![
    every_request_needs_credentials,
    another_teams_conversation_is_not_found,
    another_teams_lists_are_not_found,
    a_change_of_teams_takes_effect_at_once,
    an_admin_can_act_in_every_team,
    an_account_without_permissions_can_only_read,
    an_account_can_act_in_each_of_its_teams,
    an_account_without_teams_sees_no_conversations,
    a_rate_limited_account_does_not_limit_others,
];

/// Every request about a conversation.
fn requests_about(conversation: i64) -> Vec<(Method, String, Option<Value>)> {
    let path = |rest: &str| format!("/conversations/{conversation}{rest}");
    vec![
        (Method::GET, path(""), None),
        (Method::GET, path("/messages"), None),
        (Method::POST, path("/messages"), Some(json!({"body": "Hello"}))),
        (Method::GET, path("/templates"), None),
        (Method::GET, path("/key_data"), None),
        (Method::POST, path("/closure"), Some(json!({"closure_reason_id": 2}))),
    ]
}

async fn send(client: &Client, (method, path, body): (Method, String, Option<Value>)) -> ApiResponse {
    let request = client.request(method, &path);
    ApiResponse::to(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn assert_problem_for_all(client: &Client, conversation: i64, code: ErrorCode) {
    for request in requests_about(conversation) {
        send(client, request).await.problem(code);
    }
}

async fn every_request_needs_credentials(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    assert_problem_for_all(&app.anonymous, conversation, Unauthenticated).await;
    for path in
        ["/me", "/queue", "/conversations?team_id=1&status=open", "/closure_reasons?team_id=1", "/events"]
    {
        app.anonymous.get(path).await.problem(Unauthenticated);
    }
    app.anonymous.delete("/sessions/current").await.problem(Unauthenticated);
}

async fn another_teams_conversation_is_not_found(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let cy = app.signed_in(CY).await;
    assert_problem_for_all(&cy, conversation, NotFound).await;
    assert_problem_for_all(&cy, 4711, NotFound).await;
    let foreign = cy.get(&format!("/conversations/{conversation}")).await;
    let missing = cy.get("/conversations/4711").await;
    assert_eq!(foreign.body, missing.body);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    assert_eq!(app.database.count("conversations", "status = 'closed'"), 0);
}

async fn another_teams_lists_are_not_found(app: TestApp) {
    let cy = app.signed_in(CY).await;
    for team in [COLLECTIONS, SUPPORT, 4711, 0, -1] {
        for status in ["open", "closed", "pending"] {
            let path = format!("/conversations?team_id={team}&status={status}");
            cy.get(&path).await.problem(NotFound);
        }
        cy.get(&format!("/closure_reasons?team_id={team}")).await.problem(NotFound);
    }
    let path = format!("/conversations?team_id={CLAIMS}&status=open");
    assert!(cy.get(&path).await.items().is_empty());
}

async fn a_change_of_teams_takes_effect_at_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.conversation(conversation).await;
    let leave = json!({"team_ids": [SUPPORT]});
    app.signed_in(ADMIN).await.put(&format!("/accounts/{}", ANN.1), leave).await.expect(200);
    assert_problem_for_all(&ann, conversation, NotFound).await;
}

async fn an_admin_can_act_in_every_team(app: TestApp) {
    let conversation = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    let me = admin.get("/me").await.expect(200);
    let teams: Vec<_> =
        me["teams"].as_array().unwrap().iter().map(|team| team["name"].as_str().unwrap()).collect();
    assert_eq!(teams, ["Claims", "Collections", "Support"]);
    assert_eq!(me["permissions"].as_array().unwrap().len(), 9);
    for request in requests_about(conversation) {
        let response = send(&admin, request).await;
        assert!((200..300).contains(&response.status), "{}", response.body);
    }
}

async fn an_account_without_permissions_can_only_read(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ray = app.signed_in(RAY).await;
    for (method, path, body) in requests_about(conversation) {
        let is_read = method == Method::GET;
        let response = send(&ray, (method, path, body)).await;
        if is_read {
            response.expect(200);
        } else {
            response.problem(Forbidden);
        }
    }
    let seen = ray.conversation(conversation).await;
    assert_eq!(seen["permitted_actions"], json!([]));
    assert_eq!(seen["status"], "open");
    let ann = app.signed_in(ANN).await;
    let seen = ann.conversation(conversation).await;
    assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
}

async fn an_account_can_act_in_each_of_its_teams(app: TestApp) {
    let collections = app.inbound(STRANGER, "Hello").await;
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    for person in [SAM, BO] {
        let client = app.signed_in(person).await;
        client.conversation(collections).await;
        client.conversation(support).await;
        assert_problem_for_all(&client, claims, NotFound).await;
    }
}

async fn an_account_without_teams_sees_no_conversations(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    app.database.run("DELETE FROM team_members").unwrap();
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.get("/me").await.expect(200)["teams"], json!([]));
    assert_eq!(ann.get("/queue").await.expect(200), json!({"sections": []}));
}

async fn a_rate_limited_account_does_not_limit_others(app: TestApp) {
    let server = app.replica(|args| args.rate_limit = Some("60".to_owned()));
    let ann = server.signed_in(ANN).await;
    let bo = server.signed_in(BO).await;
    // The burst allows the requests of ten seconds.
    for _ in 0..10 {
        ann.get("/me").await.expect(200);
    }
    let refused = ann.get("/queue").await;
    assert_eq!(refused.header("retry-after"), Some("2"));
    assert_eq!(refused.header("ratelimit-limit"), Some("60"));
    assert_eq!(refused.header("ratelimit-remaining"), Some("0"));
    assert_eq!(refused.header("ratelimit-reset"), Some("2"));
    refused.problem(TooManyRequests);
    bo.get("/me").await.expect(200);
    app.advance(chrono::TimeDelta::seconds(2));
    ann.get("/queue").await.expect(200);
}
