//! The own profile: display name and password.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    CsrfMismatch, Forbidden, InvalidBody, InvalidCredentials, SessionExpired, Unauthenticated,
    ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, FULL_KEY, PASSWORD, RAY, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_name_is_shown_from_then_on,
    a_name_is_one_line_of_1_to_100_characters,
    a_new_password_replaces_the_old_one,
    a_new_password_ends_the_other_sessions,
    a_new_password_ends_the_streams_of_the_other_sessions,
    the_current_password_must_be_right,
    an_api_key_has_no_profile,
    changing_the_profile_needs_credentials,
    changing_the_profile_with_a_cookie_needs_the_csrf_token,
];

const NEW: &str = "another four words";

async fn change(client: &Client, current: &str, password: &str) -> ApiResponse {
    client.put("/me/password", json!({"current_password": current, "password": password})).await
}

async fn sign_in(app: &TestApp, password: &str) -> ApiResponse {
    app.anonymous.post("/sessions", json!({"email": ANN.email(), "password": password})).await
}

async fn a_new_name_is_shown_from_then_on(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.create_reply(conversation, "Hi").await;
    let me = ann.put("/me", json!({"display_name": "  Anna Lee "})).await.expect(200);
    let account =
        json!({"id": ANN.1, "email": "ann@example.com", "display_name": "Anna Lee", "role": "agent"});
    assert_eq!(me["account"], account);
    assert_eq!(ann.get("/me").await.expect(200), me);
    ann.create_reply(conversation, "Hi again").await;
    let names: Vec<Value> =
        ann.messages(conversation).await.iter().map(|message| message["sender"]["name"].clone()).collect();
    assert_eq!(names[1..], ["Ann", "Anna Lee"]);
    let account_events = format!("kind = 'account_changed' AND account_id = {}", ANN.1);
    assert_eq!(app.database.count("events", &account_events), 1);
    // An account without permissions can change its name too.
    app.signed_in(RAY).await.put("/me", json!({"display_name": "Raymond"})).await.expect(200);
    assert_eq!(app.database.count("accounts", "display_name IN ('Anna Lee', 'Raymond')"), 2);
}

async fn a_name_is_one_line_of_1_to_100_characters(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let long = "x".repeat(10_000);
    for (name, fault) in [
        ("", "display_name:required"),
        (" \t\n", "display_name:required"),
        (long.as_str(), "display_name:too_long"),
        (&"\u{e9}".repeat(101), "display_name:too_long"),
        ("a\0b", "display_name:invalid_character"),
        ("a\nb", "display_name:invalid_character"),
    ] {
        let refused = ann.put("/me", json!({"display_name": name})).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
    }
    for name in ["<script>alert(1)</script>", "\u{1f469}\u{200d}\u{1f4bb}", &"\u{e9}".repeat(100)] {
        let me = ann.put("/me", json!({"display_name": name})).await.expect(200);
        assert_eq!(me["account"]["display_name"], name);
    }
    for body in [json!({}), json!([]), json!({"display_name": null}), json!({"display_name": 5})] {
        ann.put("/me", body).await.problem(InvalidBody);
    }
    // The request cannot change the role or the permissions.
    let more = json!({"display_name": "Ann", "role": "admin", "permissions": ["view_audit"]});
    let response = ann.put("/me", more).await;
    assert!([200, 400].contains(&response.status));
    assert_eq!(ann.get("/me").await.expect(200)["permissions"], json!(["reply", "close"]));
}

async fn a_new_password_replaces_the_old_one(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    change(&ann, PASSWORD, NEW).await.no_content();
    sign_in(&app, PASSWORD).await.problem(InvalidCredentials);
    sign_in(&app, NEW).await.expect(201);
    change(&ann, PASSWORD, PASSWORD).await.problem(ValidationFailed);
    change(&ann, NEW, PASSWORD).await.no_content();
    sign_in(&app, PASSWORD).await.expect(201);
}

async fn a_new_password_ends_the_other_sessions(app: TestApp) {
    let this_session = app.signed_in(ANN).await;
    let other_session = app.signed_in(ANN).await;
    let bo = app.signed_in(BO).await;
    change(&this_session, PASSWORD, NEW).await.no_content();
    this_session.get("/me").await.expect(200);
    other_session.get("/me").await.problem(SessionExpired);
    bo.get("/me").await.expect(200);
}

async fn a_new_password_ends_the_streams_of_the_other_sessions(app: TestApp) {
    let this_session = app.signed_in(ANN).await;
    let other_session = app.signed_in(ANN).await;
    let mut remaining = Listener::to(&this_session).await;
    let mut ended = Listener::to(&other_session).await;
    change(&this_session, PASSWORD, NEW).await.no_content();
    assert_eq!(ended.kinds_until_end().await, ["account_changed"]);
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(remaining.event().await.unwrap()["kind"], "account_changed");
    assert_eq!(remaining.event().await.unwrap()["kind"], "message_received");
}

async fn the_current_password_must_be_right(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let other_session = app.signed_in(ANN).await;
    for wrong in ["wrong horse battery", "Correct horse battery", " correct horse battery", "a\0b"] {
        let refused = change(&ann, wrong, NEW).await;
        assert_eq!(refused.faults(ValidationFailed), ["current_password:wrong"], "{wrong}");
    }
    other_session.get("/me").await.expect(200);
    sign_in(&app, PASSWORD).await.expect(201);
    for body in [
        json!({}),
        json!({"password": NEW}),
        json!({"current_password": PASSWORD}),
        json!({"current_password": null, "password": NEW}),
        json!({"current_password": PASSWORD, "password": 5}),
    ] {
        ann.put("/me/password", body).await.problem(InvalidBody);
    }
}

async fn an_api_key_has_no_profile(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    program.put("/me", json!({"display_name": "A program"})).await.problem(Forbidden);
    change(&program, PASSWORD, NEW).await.problem(Forbidden);
    program.delete("/sessions/current").await.problem(Forbidden);
}

async fn changing_the_profile_needs_credentials(app: TestApp) {
    app.anonymous.put("/me", json!({"display_name": "Nobody"})).await.problem(Unauthenticated);
    change(&app.anonymous, PASSWORD, NEW).await.problem(Unauthenticated);
}

async fn changing_the_profile_with_a_cookie_needs_the_csrf_token(app: TestApp) {
    let session = sign_in(&app, PASSWORD).await;
    let pairs: Vec<String> =
        session.cookies().iter().map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
    let token = session.expect(201)["csrf_token"].as_str().unwrap().to_owned();
    let bodies = [
        ("/me", json!({"display_name": "Anna"})),
        ("/me/password", json!({"current_password": PASSWORD, "password": NEW})),
    ];
    for (path, body) in bodies {
        let request =
            || app.anonymous.request(Method::PUT, path).header("Cookie", pairs.join("; ")).json(&body);
        ApiResponse::to(request()).await.problem(CsrfMismatch);
        ApiResponse::to(request().header("X-CSRF-Token", "wrong")).await.problem(CsrfMismatch);
        let response = ApiResponse::to(request().header("X-CSRF-Token", &token)).await;
        assert!([200, 204].contains(&response.status), "{}", response.body);
    }
}
