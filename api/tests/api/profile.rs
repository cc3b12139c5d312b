//! What people change about themselves: their name and their password.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    CsrfMismatch, Forbidden, InvalidBody, InvalidCredentials, SessionExpired, Unauthenticated,
    ValidationFailed,
};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, BO, FULL_KEY, PASSWORD, RAY, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_name_is_shown_from_then_on,
    a_name_is_one_line_of_1_to_100_characters,
    a_new_password_is_what_one_signs_in_with,
    the_other_sessions_end_and_this_one_stays,
    the_streams_of_the_other_sessions_end_and_this_ones_goes_on,
    the_current_password_must_be_right,
    a_program_has_no_profile,
    without_a_session_there_is_nothing_to_change,
    by_cookie_it_takes_the_csrf_token,
];

const NEW: &str = "another four words";

async fn change(client: &Client, current: &str, password: &str) -> Answer {
    client.put("/me/password", json!({"current_password": current, "password": password})).await
}

async fn sign_in(app: &TestApp, password: &str) -> Answer {
    app.nobody.post("/sessions", json!({"email": ANN.email(), "password": password})).await
}

async fn a_new_name_is_shown_from_then_on(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.replies(conversation, "Hi").await;
    let me = ann.put("/me", json!({"display_name": "  Anna Lee "})).await.expect(200);
    let account =
        json!({"id": ANN.1, "email": "ann@example.com", "display_name": "Anna Lee", "role": "agent"});
    assert_eq!(me["account"], account);
    assert_eq!(ann.get("/me").await.expect(200), me);
    ann.replies(conversation, "Hi again").await;
    let names: Vec<Value> =
        ann.messages(conversation).await.iter().map(|message| message["sender"]["name"].clone()).collect();
    assert_eq!(names[1..], ["Ann", "Anna Lee"]);
    let told = format!("kind = 'account_changed' AND account_id = {}", ANN.1);
    assert_eq!(app.database.count("events", &told), 1);
    // Also for who may nothing else.
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
    // One cannot make oneself an admin on the way.
    let more = json!({"display_name": "Ann", "role": "admin", "permissions": ["view_audit"]});
    let answer = ann.put("/me", more).await;
    assert!([200, 400].contains(&answer.status));
    assert_eq!(ann.get("/me").await.expect(200)["permissions"], json!(["reply", "close"]));
}

async fn a_new_password_is_what_one_signs_in_with(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    change(&ann, PASSWORD, NEW).await.done();
    sign_in(&app, PASSWORD).await.problem(InvalidCredentials);
    sign_in(&app, NEW).await.expect(201);
    change(&ann, PASSWORD, PASSWORD).await.problem(ValidationFailed);
    change(&ann, NEW, PASSWORD).await.done();
    sign_in(&app, PASSWORD).await.expect(201);
}

async fn the_other_sessions_end_and_this_one_stays(app: TestApp) {
    let here = app.signed_in(ANN).await;
    let there = app.signed_in(ANN).await;
    let bo = app.signed_in(BO).await;
    change(&here, PASSWORD, NEW).await.done();
    here.get("/me").await.expect(200);
    there.get("/me").await.problem(SessionExpired);
    bo.get("/me").await.expect(200);
}

async fn the_streams_of_the_other_sessions_end_and_this_ones_goes_on(app: TestApp) {
    let here = app.signed_in(ANN).await;
    let there = app.signed_in(ANN).await;
    let mut stays = Listener::to(&here).await;
    let mut ends = Listener::to(&there).await;
    change(&here, PASSWORD, NEW).await.done();
    assert_eq!(ends.kinds_to_the_end().await, ["account_changed"]);
    app.text(STRANGER, "Hello").await;
    assert_eq!(stays.event().await.unwrap()["kind"], "account_changed");
    assert_eq!(stays.event().await.unwrap()["kind"], "message_received");
}

async fn the_current_password_must_be_right(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let there = app.signed_in(ANN).await;
    for wrong in ["wrong horse battery", "Correct horse battery", " correct horse battery", "a\0b"] {
        let refused = change(&ann, wrong, NEW).await;
        assert_eq!(refused.faults(ValidationFailed), ["current_password:wrong"], "{wrong}");
    }
    there.get("/me").await.expect(200);
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

async fn a_program_has_no_profile(app: TestApp) {
    let program = app.nobody.with_token(FULL_KEY);
    program.put("/me", json!({"display_name": "A program"})).await.problem(Forbidden);
    change(&program, PASSWORD, NEW).await.problem(Forbidden);
    program.delete("/sessions/current").await.problem(Forbidden);
}

async fn without_a_session_there_is_nothing_to_change(app: TestApp) {
    app.nobody.put("/me", json!({"display_name": "Nobody"})).await.problem(Unauthenticated);
    change(&app.nobody, PASSWORD, NEW).await.problem(Unauthenticated);
}

async fn by_cookie_it_takes_the_csrf_token(app: TestApp) {
    let session = sign_in(&app, PASSWORD).await;
    let pairs: Vec<String> =
        session.cookies().iter().map(|cookie| cookie.split(';').next().unwrap().to_owned()).collect();
    let token = session.expect(201)["csrf_token"].as_str().unwrap().to_owned();
    let bodies = [
        ("/me", json!({"display_name": "Anna"})),
        ("/me/password", json!({"current_password": PASSWORD, "password": NEW})),
    ];
    for (path, body) in bodies {
        let request = || app.nobody.request(Method::PUT, path).header("Cookie", pairs.join("; ")).json(&body);
        Answer::to(request()).await.problem(CsrfMismatch);
        Answer::to(request().header("X-CSRF-Token", "wrong")).await.problem(CsrfMismatch);
        let answer = Answer::to(request().header("X-CSRF-Token", &token)).await;
        assert!([200, 204].contains(&answer.status), "{}", answer.body);
    }
}
