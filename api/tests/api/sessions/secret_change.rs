//! A change of the secret that signs tokens: access tokens end, and sessions go on.

use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::Unauthenticated;

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ANN, FULL_KEY, PASSWORD},
    on_both_databases,
};

on_both_databases![a_session_goes_on_with_its_refresh_token_after_a_change_of_the_secret,];

async fn a_session_goes_on_with_its_refresh_token_after_a_change_of_the_secret(app: TestApp) {
    let signed_in =
        app.anonymous.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
    let cookies = signed_in.cookies();
    let refresh = cookies.iter().find(|cookie| cookie.starts_with("smsc_refresh=")).unwrap();
    let refresh = refresh.split(';').next().unwrap().to_owned();
    let token = signed_in.expect(201)["access_token"].as_str().unwrap().to_owned();

    let changed = app.replica(|args| args.jwt_secret = Some("another secret, which signs tokens".to_owned()));
    changed.anonymous.with_token(&token).get("/me").await.problem(Unauthenticated);
    let request = changed.anonymous.request(Method::POST, "/sessions/refresh").header("Cookie", refresh);
    let refreshed = ApiResponse::to(request).await.expect(200);
    let token = refreshed["access_token"].as_str().unwrap();
    changed.anonymous.with_token(token).get("/me").await.expect(200);
    changed.anonymous.with_token(FULL_KEY).get("/teams").await.expect(200);
}
