//! Listing and ending the sessions of one's own account.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, InvalidCursor, NotFound, SessionExpired};

use crate::support::{
    ApiResponse, Client, TestApp, eventually,
    fixtures::{ANN, BO, FULL_KEY, PASSWORD, Person, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    own_sessions_are_listed_with_browser_and_address,
    an_ended_session_disappears_from_the_list,
    sessions_are_listed_page_by_page,
    ending_a_session_also_ends_its_stream_at_once,
    all_other_sessions_can_be_ended_at_once,
    ending_the_current_session_signs_out,
    another_accounts_session_is_not_found,
    an_api_key_has_no_sessions,
    sessions_that_ended_long_ago_are_deleted,
];

const FIREFOX: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0";

async fn sign_in(app: &TestApp, person: Person, user_agent: &str) -> Client {
    let request = app
        .anonymous
        .request(Method::POST, "/sessions")
        .header("User-Agent", user_agent)
        .json(&json!({"email": person.email(), "password": PASSWORD}));
    let session = ApiResponse::to(request).await.expect(201);
    app.anonymous.with_token(session["access_token"].as_str().unwrap())
}

async fn sessions(client: &Client) -> Vec<Value> {
    client.get("/me/sessions").await.items()
}

async fn current(client: &Client) -> i64 {
    let sessions = sessions(client).await;
    sessions.iter().find(|session| session["current"] == true).unwrap()["id"].as_i64().unwrap()
}

async fn own_sessions_are_listed_with_browser_and_address(app: TestApp) {
    let first = sign_in(&app, ANN, FIREFOX).await;
    app.advance(TimeDelta::minutes(1));
    sign_in(&app, BO, FIREFOX).await;
    let second = sign_in(&app, ANN, "curl/8.5.0").await;
    let shown = sessions(&second).await;
    let [newest, oldest] = shown.as_slice() else { panic!("{shown:?}") };
    let (id, other) = (newest["id"].clone(), oldest["id"].clone());
    assert_eq!(
        *newest,
        json!({"id": id, "created_at": "2024-11-25T09:01:00Z", "last_used_at": "2024-11-25T09:01:00Z",
            "user_agent": "curl", "address": "127.0.0.1", "current": true})
    );
    assert_eq!(
        *oldest,
        json!({"id": other, "created_at": "2024-11-25T09:00:00Z", "last_used_at": "2024-11-25T09:00:00Z",
            "user_agent": "Firefox on Windows", "address": "127.0.0.1", "current": false})
    );
    let currents: Vec<_> = sessions(&first).await.iter().map(|session| session["current"].clone()).collect();
    assert_eq!(currents, [false, true]);
}

async fn an_ended_session_disappears_from_the_list(app: TestApp) {
    let signed_out = app.signed_in(ANN).await;
    signed_out.delete("/sessions/current").await.no_content();
    // After 14 unused days the session can no longer be refreshed.
    app.signed_in(ANN).await;
    app.advance(TimeDelta::days(14));
    let ann = app.signed_in(ANN).await;
    assert_eq!(sessions(&ann).await.len(), 1);
}

async fn sessions_are_listed_page_by_page(app: TestApp) {
    let mut ann = app.signed_in(ANN).await;
    for _ in 0..4 {
        ann = app.signed_in(ANN).await;
    }
    let all = sessions(&ann).await;
    let first = ann.get("/me/sessions?limit=3").await.expect(200);
    let cursor = first["next_cursor"].as_str().unwrap();
    let rest = ann.get(&format!("/me/sessions?limit=3&cursor={cursor}")).await.expect(200);
    assert_eq!(rest["next_cursor"], Value::Null);
    let pages = [first["items"].as_array().unwrap().clone(), rest["items"].as_array().unwrap().clone()];
    assert_eq!(pages.concat(), all);
    ann.get("/me/sessions?cursor=nonsense").await.problem(InvalidCursor);
}

async fn ending_a_session_also_ends_its_stream_at_once(app: TestApp) {
    let (this_session, other_session) = (app.signed_in(ANN).await, app.signed_in(ANN).await);
    let (mut remaining, mut ended) = (Listener::to(&this_session).await, Listener::to(&other_session).await);
    let id = current(&other_session).await;
    this_session.delete(&format!("/me/sessions/{id}")).await.no_content();
    other_session.get("/me").await.problem(SessionExpired);
    assert_eq!(ended.kinds_until_end().await, ["account_changed"]);
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(remaining.event().await.unwrap()["kind"], "account_changed");
    assert_eq!(remaining.event().await.unwrap()["kind"], "message_received");
    this_session.delete(&format!("/me/sessions/{id}")).await.problem(NotFound);
}

async fn all_other_sessions_can_be_ended_at_once(app: TestApp) {
    let (this_session, other_session) = (app.signed_in(ANN).await, app.signed_in(ANN).await);
    let bo = app.signed_in(BO).await;
    let mut ended = Listener::to(&other_session).await;
    this_session.delete("/me/sessions").await.no_content();
    other_session.get("/me").await.problem(SessionExpired);
    assert_eq!(ended.kinds_until_end().await, ["account_changed"]);
    assert_eq!(sessions(&this_session).await.len(), 1);
    bo.get("/me").await.expect(200);
}

async fn ending_the_current_session_signs_out(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let response = ann.delete(&format!("/me/sessions/{}", current(&ann).await)).await;
    assert_eq!(response.cookies().len(), 3, "the cookies are deleted");
    response.no_content();
    ann.get("/me").await.problem(SessionExpired);
}

async fn another_accounts_session_is_not_found(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let id = current(&bo).await;
    for id in [id, 4711, 0, -1] {
        ann.delete(&format!("/me/sessions/{id}")).await.problem(NotFound);
    }
    bo.get("/me").await.expect(200);
}

async fn an_api_key_has_no_sessions(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    program.get("/me/sessions").await.problem(Forbidden);
    program.delete("/me/sessions").await.problem(Forbidden);
    program.delete("/me/sessions/1").await.problem(Forbidden);
}

async fn sessions_that_ended_long_ago_are_deleted(app: TestApp) {
    app.signed_in(ANN).await;
    app.advance(TimeDelta::days(15));
    // The cleanup runs once an hour.
    eventually("the expired refresh token was deleted", async || {
        app.advance(TimeDelta::minutes(10));
        (app.database.count("refresh_tokens", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("sessions", "1 = 1"), 1);
    app.advance(TimeDelta::days(16));
    eventually("the session was deleted", async || {
        app.advance(TimeDelta::minutes(10));
        (app.database.count("sessions", "1 = 1") == 0).then_some(())
    })
    .await;
}
