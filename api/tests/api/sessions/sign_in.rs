//! Signing in, access tokens and signing out.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{InvalidBody, InvalidCredentials, SessionExpired, Unauthenticated};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, DEE, PASSWORD, Person},
    on_both_databases,
};

on_both_databases![
    signing_in_returns_the_account_and_a_working_token,
    the_email_address_is_accepted_in_any_case_and_with_spaces,
    wrong_passwords_and_unknown_and_disabled_accounts_look_the_same,
    unusual_credentials_are_refused_like_wrong_ones,
    a_body_that_is_not_a_sign_in_is_refused,
    an_access_token_expires_after_15_minutes,
    a_forged_access_token_is_refused,
    signing_out_ends_the_session_at_once,
    signing_out_keeps_the_other_sessions,
    disabling_an_account_signs_it_out_at_once,
];

async fn sign_in(app: &TestApp, email: &str, password: &str) -> ApiResponse {
    app.anonymous.post("/sessions", json!({"email": email, "password": password})).await
}

async fn session(app: &TestApp, person: Person) -> Value {
    sign_in(app, &person.email(), PASSWORD).await.expect(201)
}

async fn signing_in_returns_the_account_and_a_working_token(app: TestApp) {
    let response = sign_in(&app, "ann@example.com", PASSWORD).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let session = response.expect(201);
    let ann = json!({"id": ANN.1, "email": "ann@example.com", "display_name": "Ann", "role": "agent"});
    assert_eq!(session["account"], ann);
    assert_eq!(session["expires_at"], "2024-11-25T09:15:00Z");
    assert!(!session["csrf_token"].as_str().unwrap().is_empty());

    let ann_herself = app.anonymous.with_token(session["access_token"].as_str().unwrap());
    let me = ann_herself.get("/me").await.expect(200);
    assert_eq!(me["account"], ann);
    assert_eq!(me["permissions"], json!(["reply", "close"]));
    let team = json!({"id": 1, "name": "Collections", "numbers": ["+447700900001"], "region": "GB",
        "time_zone": "Europe/London"});
    assert_eq!(me["teams"], json!([team]));
}

async fn the_email_address_is_accepted_in_any_case_and_with_spaces(app: TestApp) {
    sign_in(&app, " Ann@Example.COM ", PASSWORD).await.expect(201);
}

async fn wrong_passwords_and_unknown_and_disabled_accounts_look_the_same(app: TestApp) {
    let wrong = sign_in(&app, "ann@example.com", "wrong horse battery").await;
    let unknown = sign_in(&app, "nobody@example.com", PASSWORD).await;
    let disabled = sign_in(&app, &DEE.email(), PASSWORD).await;
    for response in [&wrong, &unknown, &disabled] {
        assert!(response.cookies().is_empty());
    }
    let expected = wrong.problem(InvalidCredentials);
    assert_eq!(unknown.problem(InvalidCredentials), expected);
    assert_eq!(disabled.problem(InvalidCredentials), expected);
}

async fn unusual_credentials_are_refused_like_wrong_ones(app: TestApp) {
    let long = "x".repeat(100_000);
    for (email, password) in [
        ("", ""),
        ("ann@example.com", ""),
        ("ann@example.com\0", PASSWORD),
        ("ann@example.com", "with a NUL \0 in it"),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("\u{1f600}@example.com", "\u{202e}"),
        (long.as_str(), long.as_str()),
    ] {
        sign_in(&app, email, password).await.problem(InvalidCredentials);
    }
}

async fn a_body_that_is_not_a_sign_in_is_refused(app: TestApp) {
    let refused = [
        json!({}),
        json!([]),
        json!("ann@example.com"),
        json!({"email": "ann@example.com"}),
        json!({"email": "ann@example.com", "password": 12}),
        json!({"email": null, "password": PASSWORD}),
    ];
    for body in refused {
        app.anonymous.post("/sessions", body).await.problem(InvalidBody);
    }
}

async fn an_access_token_expires_after_15_minutes(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    app.advance(TimeDelta::minutes(15) - TimeDelta::seconds(1));
    ann.get("/me").await.expect(200);
    app.advance(TimeDelta::seconds(1));
    ann.get("/me").await.problem(SessionExpired);
}

async fn a_forged_access_token_is_refused(app: TestApp) {
    let session = session(&app, ANN).await;
    let token = session["access_token"].as_str().unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
    let encoded = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let decoded: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    let another = {
        let mut claims = decoded.clone();
        claims["sub"] = json!(1);
        encoded(claims)
    };
    let none = encoded(json!({"alg": "none", "typ": "JWT"}));
    let asymmetric = encoded(json!({"alg": "RS256", "typ": "JWT"}));
    let mut corrupted = signature.to_owned();
    corrupted.replace_range(0..1, if signature.starts_with('A') { "B" } else { "A" });
    let forged = [
        String::new(),
        "garbage".to_owned(),
        "a.b.c".to_owned(),
        format!("{header}.{claims}"),
        format!("{header}.{claims}."),
        format!("{header}.{claims}.{corrupted}"),
        format!("{header}.{another}.{signature}"),
        format!("{none}.{claims}."),
        format!("{none}.{claims}.{signature}"),
        format!("{asymmetric}.{claims}.{signature}"),
    ];
    for token in forged {
        let response = app.anonymous.with_token(&token).get("/me").await;
        response.problem(Unauthenticated);
    }
    for scheme in ["Basic YW5uOnB3", "Bearer", "bearer", "", "Token x"] {
        let request = app.anonymous.request(Method::GET, "/me").header("Authorization", scheme);
        ApiResponse::to(request).await.problem(Unauthenticated);
    }
    let lower_case =
        app.anonymous.request(Method::GET, "/me").header("Authorization", format!("bearer {token}"));
    ApiResponse::to(lower_case).await.expect(200);
}

async fn signing_out_ends_the_session_at_once(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let response = ann.delete("/sessions/current").await;
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    ann.get("/me").await.problem(SessionExpired);
    ann.delete("/sessions/current").await.problem(SessionExpired);
}

async fn signing_out_keeps_the_other_sessions(app: TestApp) {
    let this_session = app.signed_in(ANN).await;
    let other_session = app.signed_in(ANN).await;
    assert_eq!(this_session.delete("/sessions/current").await.status, 204);
    other_session.get("/me").await.expect(200);
}

async fn disabling_an_account_signs_it_out_at_once(app: TestApp) {
    let ann: Client = app.signed_in(ANN).await;
    app.disable(ANN);
    ann.get("/me").await.problem(SessionExpired);
    ann.post("/sessions/refresh", json!({})).await.problem(Unauthenticated);
}
