//! Changing one's own e-mail address or password needs the current password on every path, also for an admin, and a new
//! password must not be easy to guess.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, InvalidCredentials, SessionExpired, TooManyRequests, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, FULL_KEY, PASSWORD, Person},
    on_both_databases,
};

on_both_databases![
    changing_ones_own_email_address_needs_the_current_password,
    an_email_address_of_another_account_is_refused,
    an_admins_own_email_address_needs_the_current_password,
    an_admins_own_password_needs_the_current_password,
    changing_another_account_needs_no_current_password,
    guesses_of_the_current_password_are_limited_per_session,
    a_new_password_has_8_to_128_characters,
    a_password_that_is_easy_to_guess_is_refused_on_every_path,
];

const NEW: &str = "another four words";

async fn sign_in(app: &TestApp, email: &str, password: &str) -> ApiResponse {
    app.anonymous.post("/sessions", json!({"email": email, "password": password})).await
}

fn account_path(person: Person) -> String {
    format!("/accounts/{}", person.1)
}

/// Sends a change without, with a wrong and with the right current password; only the last one succeeds.
async fn assert_needs_current_password(client: &Client, path: &str, change: Value) {
    let with = |password: Value| {
        let mut change = change.clone();
        change["current_password"] = password;
        change
    };
    for (body, fault) in [
        (change.clone(), "required"),
        (with(Value::Null), "required"),
        (with(json!("")), "required"),
        (with(json!("wrong horse battery")), "wrong"),
    ] {
        let refused = client.put(path, body.clone()).await.faults(ValidationFailed);
        assert_eq!(refused, [format!("current_password:{fault}")], "{body}");
    }
    let response = client.put(path, with(json!(PASSWORD))).await;
    assert!([200, 204].contains(&response.status), "{}", response.body);
}

async fn changing_ones_own_email_address_needs_the_current_password(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    // The same address in another case is not a change.
    ann.put("/me", json!({"display_name": "Ann", "email": " ANN@example.com"})).await.expect(200);
    let change = json!({"display_name": "Anna", "email": "Anna@Example.com"});
    assert_needs_current_password(&ann, "/me", change).await;
    let account = ann.get("/me").await.expect(200)["account"].clone();
    assert_eq!((&account["email"], &account["display_name"]), (&json!("anna@example.com"), &json!("Anna")));
    sign_in(&app, "anna@example.com", PASSWORD).await.expect(201);
    sign_in(&app, "ann@example.com", PASSWORD).await.problem(InvalidCredentials);
    let bad = json!({"display_name": "Anna", "email": "anna", "current_password": PASSWORD});
    assert_eq!(ann.put("/me", bad).await.faults(ValidationFailed), ["email:invalid"]);
}

async fn an_email_address_of_another_account_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let change = json!({"display_name": "Anna", "email": BO.email(), "current_password": PASSWORD});
    assert_eq!(ann.put("/me", change).await.faults(AlreadyExists), ["email:taken"]);
    assert_eq!(ann.get("/me").await.expect(200)["account"]["display_name"], "Ann");
}

async fn an_admins_own_email_address_needs_the_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin
        .put(&account_path(ADMIN), json!({"display_name": "Alex", "email": ADMIN.email()}))
        .await
        .expect(200);
    assert_needs_current_password(&admin, &account_path(ADMIN), json!({"email": "alex@example.com"})).await;
    sign_in(&app, "alex@example.com", PASSWORD).await.expect(201);
}

async fn an_admins_own_password_needs_the_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    assert_needs_current_password(
        &admin,
        &format!("{}/password", account_path(ADMIN)),
        json!({"password": NEW}),
    )
    .await;
    sign_in(&app, &ADMIN.email(), NEW).await.expect(201);
    sign_in(&app, &ADMIN.email(), PASSWORD).await.problem(InvalidCredentials);
    admin.get("/me").await.problem(SessionExpired);
}

async fn changing_another_account_needs_no_current_password(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.put(&account_path(BO), json!({"email": "bob@example.com"})).await.expect(200);
    admin.put(&format!("{}/password", account_path(BO)), json!({"password": NEW})).await.no_content();
    let program = app.anonymous.with_token(FULL_KEY);
    program.put(&account_path(ANN), json!({"email": "anna@example.com"})).await.expect(200);
    sign_in(&app, "bob@example.com", NEW).await.expect(201);
}

async fn guesses_of_the_current_password_are_limited_per_session(app: TestApp) {
    let stolen = app.signed_in(ANN).await;
    let ann = app.signed_in(ANN).await;
    let change = |current: &str| json!({"current_password": current, "password": NEW});
    for _ in 0..10 {
        stolen.put("/me/password", change("wrong horse battery")).await.problem(ValidationFailed);
    }
    let refused = stolen.put("/me/password", change(PASSWORD)).await;
    assert_eq!(refused.header("retry-after"), Some("900"));
    refused.problem(TooManyRequests);
    // The owner is not locked out by the other session.
    sign_in(&app, &ANN.email(), PASSWORD).await.expect(201);
    ann.put("/me/password", change(PASSWORD)).await.no_content();
    stolen.get("/me").await.problem(SessionExpired);

    let bo = app.signed_in(BO).await;
    for _ in 0..10 {
        bo.put("/me/password", change("wrong horse battery")).await.problem(ValidationFailed);
    }
    app.advance(TimeDelta::minutes(15));
    let bo = app.signed_in(BO).await;
    bo.put("/me/password", change(PASSWORD)).await.no_content();
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
        ann.put("/me/password", change).await.no_content();
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
        let responses = [
            ann.put("/me/password", mine).await,
            admin.put(&format!("{}/password", account_path(ANN)), json!({"password": password})).await,
            admin.post("/accounts", new).await,
        ];
        for response in responses {
            assert_eq!(response.faults(ValidationFailed), ["password:easy_to_guess"], "{password}");
        }
    }
    sign_in(&app, &ANN.email(), PASSWORD).await.expect(201);
}
