//! What one signs in with changes only with the current password, also for an administrator and by every path; and a
//! new password is none that others guess.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, InvalidCredentials, SessionExpired, TooManyRequests, ValidationFailed,
};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, FULL_KEY, PASSWORD, Person},
    on_both_databases,
};

on_both_databases![
    ones_own_email_address_changes_only_with_the_current_password,
    an_email_address_that_is_taken_is_refused,
    an_administrator_changes_their_own_email_address_only_with_the_current_password,
    an_administrator_changes_their_own_password_only_with_the_current_password,
    other_accounts_need_no_current_password,
    guesses_at_the_current_password_are_counted_by_session,
    a_new_password_has_8_to_128_characters,
    a_password_that_is_easy_to_guess_is_refused_on_every_path,
];

const NEW: &str = "another four words";

async fn sign_in(app: &TestApp, email: &str, password: &str) -> Answer {
    app.nobody.post("/sessions", json!({"email": email, "password": password})).await
}

fn own(person: Person) -> String {
    format!("/accounts/{}", person.1)
}

/// Sends a change without, with a wrong, and with the right current password; only the last one counts.
async fn takes_the_current_password(client: &Client, path: &str, change: Value) {
    let with = |password: Value| {
        let mut change = change.clone();
        change["current_password"] = password;
        change
    };
    for (given, fault) in [
        (change.clone(), "required"),
        (with(Value::Null), "required"),
        (with(json!("")), "required"),
        (with(json!("wrong horse battery")), "wrong"),
    ] {
        let refused = client.put(path, given.clone()).await.faults(ValidationFailed);
        assert_eq!(refused, [format!("current_password:{fault}")], "{given}");
    }
    let answer = client.put(path, with(json!(PASSWORD))).await;
    assert!([200, 204].contains(&answer.status), "{}", answer.body);
}

async fn ones_own_email_address_changes_only_with_the_current_password(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    // The same address in another case is no change.
    ann.put("/me", json!({"display_name": "Ann", "email": " ANN@example.com"})).await.expect(200);
    let change = json!({"display_name": "Anna", "email": "Anna@Example.com"});
    takes_the_current_password(&ann, "/me", change).await;
    let account = ann.get("/me").await.expect(200)["account"].clone();
    assert_eq!((&account["email"], &account["display_name"]), (&json!("anna@example.com"), &json!("Anna")));
    sign_in(&app, "anna@example.com", PASSWORD).await.expect(201);
    sign_in(&app, "ann@example.com", PASSWORD).await.problem(InvalidCredentials);
    let bad = json!({"display_name": "Anna", "email": "anna", "current_password": PASSWORD});
    assert_eq!(ann.put("/me", bad).await.faults(ValidationFailed), ["email:invalid"]);
}

async fn an_email_address_that_is_taken_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let change = json!({"display_name": "Anna", "email": BO.email(), "current_password": PASSWORD});
    assert_eq!(ann.put("/me", change).await.faults(AlreadyExists), ["email:taken"]);
    assert_eq!(ann.get("/me").await.expect(200)["account"]["display_name"], "Ann");
}

async fn an_administrator_changes_their_own_email_address_only_with_the_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.put(&own(ADMIN), json!({"display_name": "Alex", "email": ADMIN.email()})).await.expect(200);
    takes_the_current_password(&admin, &own(ADMIN), json!({"email": "alex@example.com"})).await;
    sign_in(&app, "alex@example.com", PASSWORD).await.expect(201);
}

async fn an_administrator_changes_their_own_password_only_with_the_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    takes_the_current_password(&admin, &format!("{}/password", own(ADMIN)), json!({"password": NEW})).await;
    sign_in(&app, &ADMIN.email(), NEW).await.expect(201);
    sign_in(&app, &ADMIN.email(), PASSWORD).await.problem(InvalidCredentials);
    admin.get("/me").await.problem(SessionExpired);
}

async fn other_accounts_need_no_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.put(&own(BO), json!({"email": "bob@example.com"})).await.expect(200);
    admin.put(&format!("{}/password", own(BO)), json!({"password": NEW})).await.done();
    let program = app.nobody.with_token(FULL_KEY);
    program.put(&own(ANN), json!({"email": "anna@example.com"})).await.expect(200);
    sign_in(&app, "bob@example.com", NEW).await.expect(201);
}

async fn guesses_at_the_current_password_are_counted_by_session(app: TestApp) {
    let stolen = app.signed_in(ANN).await;
    let ann = app.signed_in(ANN).await;
    let change = |current: &str| json!({"current_password": current, "password": NEW});
    for _ in 0..10 {
        stolen.put("/me/password", change("wrong horse battery")).await.problem(ValidationFailed);
    }
    let refused = stolen.put("/me/password", change(PASSWORD)).await;
    assert_eq!(refused.header("retry-after"), Some("900"));
    refused.problem(TooManyRequests);
    // The owner is not locked out by whoever holds that session.
    sign_in(&app, &ANN.email(), PASSWORD).await.expect(201);
    ann.put("/me/password", change(PASSWORD)).await.done();
    stolen.get("/me").await.problem(SessionExpired);

    let bo = app.signed_in(BO).await;
    for _ in 0..10 {
        bo.put("/me/password", change("wrong horse battery")).await.problem(ValidationFailed);
    }
    app.advance(TimeDelta::minutes(15));
    let bo = app.signed_in(BO).await;
    bo.put("/me/password", change(PASSWORD)).await.done();
}

async fn a_new_password_has_8_to_128_characters(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut current = PASSWORD.to_owned();
    for (password, fault) in [
        ("", "too_short"),
        ("kX9#vQ2", "too_short"),
        (&"correct horse ".repeat(10), "too_long"),
        (&"x".repeat(10_000), "too_long"),
    ] {
        let change = json!({"current_password": current, "password": password});
        let refused = ann.put("/me/password", change).await.faults(ValidationFailed);
        assert_eq!(refused, [format!("password:{fault}")]);
    }
    let emoji = "\u{1f98a}\u{1f347}\u{1f3bb}\u{1f682}\u{1f9ca}\u{1f336}\u{1f5ff}\u{1f9ed}";
    for password in ["kX9#vQ2m", emoji, "<script>alert(1)</script>", &"correct horse ".repeat(9)] {
        let change = json!({"current_password": current, "password": password});
        ann.put("/me/password", change).await.done();
        sign_in(&app, &ANN.email(), password).await.expect(201);
        current = password.to_owned();
    }
}

async fn a_password_that_is_easy_to_guess_is_refused_on_every_path(app: TestApp) {
    let (admin, ann) = (app.signed_in(ADMIN).await, app.signed_in(ANN).await);
    for password in ["Password123", "12345678", "qwertyuiop", "ann@example.com", "smschat2024", "sms chat"] {
        let mine = json!({"current_password": PASSWORD, "password": password});
        let new = json!({"email": "ann.new@example.com", "display_name": "Ann", "role": "agent",
            "team_ids": [1], "password": password});
        let answers = [
            ann.put("/me/password", mine).await,
            admin.put(&format!("{}/password", own(ANN)), json!({"password": password})).await,
            admin.post("/accounts", new).await,
        ];
        for answer in answers {
            assert_eq!(answer.faults(ValidationFailed), ["password:easy_to_guess"], "{password}");
        }
    }
    sign_in(&app, &ANN.email(), PASSWORD).await.expect(201);
}
