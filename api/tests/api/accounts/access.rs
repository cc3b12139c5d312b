//! How an admin changes passwords and disables accounts; one admin always remains.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{
    InvalidBody, InvalidCredentials, LastAdmin, NotFound, SessionExpired, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, COLLECTIONS, DEE, PASSWORD, Person, SAM, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_password_ends_the_accounts_sessions,
    disabling_an_account_ends_its_sessions_at_once,
    a_stream_reports_that_its_account_is_disabled_and_ends,
    a_disabled_account_can_be_enabled_again,
    the_last_admin_cannot_be_demoted_or_disabled,
    one_of_two_admins_who_demote_each_other_remains_an_admin,
    an_admin_cannot_disable_their_own_account,
];

async fn change(client: &Client, id: i64, change: Value) -> ApiResponse {
    client.put(&format!("/accounts/{id}"), change).await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> ApiResponse {
    app.anonymous.post("/sessions", json!({"email": email, "password": password})).await
}

async fn a_new_password_ends_the_accounts_sessions(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let sessions = [app.signed_in(ANN).await, app.signed_in(ANN).await];
    let bo = app.signed_in(BO).await;
    let path = format!("/accounts/{}/password", ANN.1);
    let response = admin.put(&path, json!({"password": "another four words"})).await;
    response.no_content();
    for ann in &sessions {
        ann.get("/me").await.problem(SessionExpired);
    }
    bo.get("/me").await.expect(200);
    sign_in(&app, &ANN.email(), PASSWORD).await.problem(InvalidCredentials);
    sign_in(&app, &ANN.email(), "another four words").await.expect(201);
    let long = "x".repeat(129);
    for (password, fault) in [
        ("", "password:too_short"),
        ("seven c", "password:too_short"),
        ("Password1", "password:easy_to_guess"),
        (long.as_str(), "password:too_long"),
    ] {
        let refused = admin.put(&path, json!({"password": password})).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
    }
    for body in [json!({}), json!({"password": null}), json!({"password": 123_456_789_012_i64})] {
        admin.put(&path, body).await.problem(InvalidBody);
    }
    for id in [4711, 0, -1] {
        let path = format!("/accounts/{id}/password");
        admin.put(&path, json!({"password": "another four words"})).await.problem(NotFound);
    }
    let emoji = "\u{1f98a}\u{1f347}\u{1f3bb}\u{1f682}\u{1f9ca}\u{1f336}\u{1f5ff}\u{1f9ed}".to_owned();
    for password in [emoji, "with a NUL \0 in it".to_owned(), "correct horse ".repeat(9)] {
        admin.put(&path, json!({"password": password})).await.no_content();
        sign_in(&app, &ANN.email(), &password).await.expect(201);
    }
}

async fn disabling_an_account_ends_its_sessions_at_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(1));
    let changed = change(&admin, ANN.1, json!({"disabled": true})).await.expect(200);
    assert_eq!(changed["disabled_at"], "2024-11-25T09:01:00Z");
    ann.get("/me").await.problem(SessionExpired);
    ann.reply(conversation, "Hi").await.problem(SessionExpired);
    sign_in(&app, &ANN.email(), PASSWORD).await.problem(InvalidCredentials);
    // Disabling again does not change the time.
    app.advance(TimeDelta::minutes(1));
    let again = change(&admin, ANN.1, json!({"disabled": true})).await.expect(200);
    assert_eq!(again["disabled_at"], "2024-11-25T09:01:00Z");
    let team = admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200);
    assert_eq!(team["members"][0]["disabled"], true);
}

async fn a_stream_reports_that_its_account_is_disabled_and_ends(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (path, body) in [
        (format!("/accounts/{}", ANN.1), json!({"disabled": true})),
        (format!("/accounts/{}/password", BO.1), json!({"password": "another four words"})),
    ] {
        let person: Person = if body["disabled"] == true { ANN } else { BO };
        let client = app.signed_in(person).await;
        let mut stream = Listener::to(&client).await;
        let mut colleague = Listener::to(&app.signed_in(SAM).await).await;
        let response = admin.put(&path, body).await;
        assert!(response.status < 300, "{}", response.body);
        app.inbound(STRANGER, "the customer's words").await;
        assert_eq!(stream.kinds_until_end().await, ["account_changed"]);
        // A colleague does not receive the event.
        assert_eq!(colleague.event().await.unwrap()["kind"], "message_received");
    }
}

async fn a_disabled_account_can_be_enabled_again(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let ann = app.signed_in(ANN).await;
    change(&admin, ANN.1, json!({"disabled": true})).await.expect(200);
    for person in [ANN, DEE] {
        let changed = change(&admin, person.1, json!({"disabled": false})).await.expect(200);
        assert_eq!(changed["disabled_at"], Value::Null);
        app.signed_in(person).await.get("/me").await.expect(200);
    }
    // The sessions from before stay ended.
    ann.get("/me").await.problem(SessionExpired);
}

async fn the_last_admin_cannot_be_demoted_or_disabled(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for body in [json!({"role": "agent"}), json!({"role": "supervisor"}), json!({"disabled": true})] {
        change(&admin, ADMIN.1, body).await.problem(LastAdmin);
    }
    // A disabled admin does not count.
    change(&admin, DEE.1, json!({"role": "admin"})).await.expect(200);
    change(&admin, ADMIN.1, json!({"role": "agent"})).await.problem(LastAdmin);
    change(&admin, DEE.1, json!({"disabled": false})).await.expect(200);
    let changed = change(&admin, ADMIN.1, json!({"role": "agent"})).await.expect(200);
    assert_eq!(changed["permissions"], json!(["reply", "close"]));
    assert_eq!(admin.get("/accounts").await.status, 403);
    let dee = app.signed_in(DEE).await;
    change(&dee, DEE.1, json!({"role": "agent"})).await.problem(LastAdmin);
}

async fn one_of_two_admins_who_demote_each_other_remains_an_admin(app: TestApp) {
    let first = app.signed_in(ADMIN).await;
    change(&first, SAM.1, json!({"role": "admin"})).await.expect(200);
    let second = app.signed_in(SAM).await;
    let agent = || json!({"role": "agent"});
    let (one, other) = tokio::join!(change(&first, SAM.1, agent()), change(&second, ADMIN.1, agent()));
    assert_eq!([one.status, other.status].iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(app.database.count("accounts", "role = 'admin'"), 1);
}

async fn an_admin_cannot_disable_their_own_account(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    change(&admin, SAM.1, json!({"role": "admin"})).await.expect(200);
    let refused = change(&admin, ADMIN.1, json!({"disabled": true})).await;
    assert_eq!(refused.faults(ValidationFailed), ["disabled:yourself"]);
    admin.get("/me").await.expect(200);
    // Another admin can.
    let sam = app.signed_in(SAM).await;
    change(&sam, ADMIN.1, json!({"disabled": true})).await.expect(200);
}
