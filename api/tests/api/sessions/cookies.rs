//! The browser's session: cookies that scripts cannot read, the CSRF header, and the rotating refresh token.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::ErrorCode::{CsrfMismatch, SessionExpired, Unauthenticated};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, PASSWORD, Person, STRANGER},
    on_both_databases,
};

on_both_databases![
    the_cookies_are_http_only_and_same_site,
    over_https_the_cookies_are_secure,
    a_get_with_a_cookie_needs_no_csrf_token,
    a_change_with_a_cookie_needs_the_sessions_csrf_token,
    a_change_with_a_bearer_token_needs_no_csrf_token,
    a_bearer_token_takes_precedence_over_a_cookie,
    signing_out_deletes_the_cookies,
    a_refresh_returns_a_new_access_token_and_a_new_refresh_token,
    a_repeated_refresh_within_30_seconds_gets_the_same_token,
    a_refresh_token_reused_after_30_seconds_ends_the_session,
    a_second_tab_can_follow_the_chain_of_refresh_tokens,
    an_invalid_refresh_token_is_refused,
    a_refresh_token_is_valid_for_14_days,
    a_refresh_token_ends_with_its_session,
    simultaneous_refreshes_get_the_same_token,
    a_session_ends_after_30_days_despite_refreshes,
    an_expired_session_is_recognised_by_the_csrf_cookie,
];

/// A browser with its cookies and its CSRF token.
struct Browser {
    server: Client,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

impl Browser {
    async fn sign_in(server: &Client, person: Person) -> Self {
        let response = server.post("/sessions", json!({"email": person.email(), "password": PASSWORD})).await;
        Self::from_response(server, response, 201)
    }

    fn from_response(server: &Client, response: ApiResponse, status: u16) -> Self {
        let pairs = response.cookies().into_iter().map(|cookie| {
            let (pair, _) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let cookies = pairs.collect();
        let session = response.expect(status);
        Self { server: server.clone(), cookies, csrf: session["csrf_token"].as_str().unwrap().to_owned() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.server.request(method, path).header("Cookie", cookies.join("; "))
    }

    async fn get(&self, path: &str) -> ApiResponse {
        ApiResponse::to(self.request(Method::GET, path)).await
    }

    async fn refresh(&self) -> ApiResponse {
        ApiResponse::to(self.request(Method::POST, "/sessions/refresh")).await
    }

    async fn reply(&self, conversation: i64, csrf: Option<&str>) -> ApiResponse {
        let path = format!("/conversations/{conversation}/messages");
        let mut request = self.request(Method::POST, &path).json(&json!({"body": "Hello"}));
        if let Some(csrf) = csrf {
            request = request.header("X-CSRF-Token", csrf);
        }
        ApiResponse::to(request).await
    }
}

async fn the_cookies_are_http_only_and_same_site(app: TestApp) {
    let response = app.anonymous.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
    let attributes = |name: &str| {
        let cookies = response.cookies();
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap();
        let mut attributes: Vec<String> = cookie.split("; ").skip(1).map(str::to_owned).collect();
        attributes.sort();
        attributes
    };
    let strict = "SameSite=Strict";
    assert_eq!(attributes("smsc_access="), ["HttpOnly", "Max-Age=900", "Path=/", strict]);
    assert_eq!(attributes("smsc_refresh="), ["HttpOnly", "Max-Age=1209600", "Path=/api/v1/sessions", strict]);
    assert_eq!(attributes("smsc_csrf="), ["Max-Age=1209600", "Path=/", strict]);
    let device = attributes("smsc_device=");
    assert_eq!(device, ["HttpOnly", "Max-Age=15552000", "Path=/api/v1/sessions", strict]);
    assert_eq!(response.cookies().len(), 4);
}

async fn over_https_the_cookies_are_secure(app: TestApp) {
    let server = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
    let response =
        server.anonymous.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
    assert_eq!(response.cookies().len(), 4);
    for cookie in response.cookies() {
        assert!(cookie.starts_with("__Host-smsc_"), "{cookie}");
        assert!(cookie.contains("; Secure") && cookie.contains("; Path=/;"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let ann = Browser::from_response(&server.anonymous, response, 201);
    assert_eq!(ann.get("/me").await.expect(200)["account"]["id"], ANN.1);
    // A cookie without the `__Host-` prefix, which a subdomain can set, is ignored.
    let access = &ann.cookies["__Host-smsc_access"];
    let planted =
        server.anonymous.request(Method::GET, "/me").header("Cookie", format!("smsc_access={access}"));
    ApiResponse::to(planted).await.problem(Unauthenticated);
    let refreshed = Browser::from_response(&server.anonymous, ann.refresh().await, 200);
    let sign_out =
        refreshed.request(Method::DELETE, "/sessions/current").header("X-CSRF-Token", &refreshed.csrf);
    let deleted = ApiResponse::to(sign_out).await;
    assert_eq!(deleted.status, 204);
    assert!(
        deleted.cookies().iter().all(|cookie| cookie.starts_with("__Host-") && cookie.contains("Max-Age=0"))
    );
}

async fn a_get_with_a_cookie_needs_no_csrf_token(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    assert_eq!(ann.get("/me").await.expect(200)["account"]["id"], ANN.1);
}

async fn a_change_with_a_cookie_needs_the_sessions_csrf_token(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    let ann_elsewhere = Browser::sign_in(&app.anonymous, ANN).await;
    let bo = Browser::sign_in(&app.anonymous, BO).await;
    assert_ne!(ann.csrf, ann_elsewhere.csrf);
    let cut = &ann.csrf[1..];
    for csrf in [None, Some(""), Some("wrong"), Some(cut), Some(&ann_elsewhere.csrf), Some(&bo.csrf)] {
        ann.reply(conversation, csrf).await.problem(CsrfMismatch);
    }
    let close = ann
        .request(Method::POST, &format!("/conversations/{conversation}/closure"))
        .json(&json!({"closure_reason_id": 1}));
    ApiResponse::to(close).await.problem(CsrfMismatch);
    let sign_out = ann.request(Method::DELETE, "/sessions/current");
    ApiResponse::to(sign_out).await.problem(CsrfMismatch);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);

    ann.reply(conversation, Some(&ann.csrf)).await.expect(201);
}

async fn a_change_with_a_bearer_token_needs_no_csrf_token(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.reply(conversation, "Hello").await.expect(201);
}

async fn a_bearer_token_takes_precedence_over_a_cookie(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    let bo = app.signed_in(BO).await;
    let both = ann.request(Method::GET, "/me").bearer_auth(bo.token.as_ref().unwrap());
    assert_eq!(ApiResponse::to(both).await.expect(200)["account"]["id"], BO.1);
    let bad = ann.request(Method::GET, "/me").bearer_auth("garbage");
    ApiResponse::to(bad).await.problem(Unauthenticated);
}

async fn signing_out_deletes_the_cookies(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    let sign_out = ann.request(Method::DELETE, "/sessions/current").header("X-CSRF-Token", &ann.csrf);
    let response = ApiResponse::to(sign_out).await;
    assert_eq!(response.status, 204);
    let mut deleted = response.cookies();
    deleted.sort_unstable();
    for (cookie, name) in deleted.iter().zip(["smsc_access", "smsc_csrf", "smsc_refresh"]) {
        assert!(cookie.starts_with(&format!("{name}=;")), "{cookie}");
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
    }
    assert_eq!(deleted.len(), 3);
    ann.get("/me").await.problem(SessionExpired);
    ann.refresh().await.problem(SessionExpired);
}

async fn a_refresh_returns_a_new_access_token_and_a_new_refresh_token(app: TestApp) {
    let before = Browser::sign_in(&app.anonymous, ANN).await;
    app.advance(TimeDelta::minutes(20));
    before.get("/me").await.problem(SessionExpired);

    let response = before.refresh().await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let session: Value = serde_json::from_str(&response.body).unwrap();
    assert_eq!(session["account"]["id"], ANN.1);
    assert_eq!(session["expires_at"], "2024-11-25T09:35:00Z");
    let after = Browser::from_response(&app.anonymous, response, 200);
    assert_ne!(after.cookies["smsc_refresh"], before.cookies["smsc_refresh"]);
    after.get("/me").await.expect(200);
    let bearer = app.anonymous.with_token(session["access_token"].as_str().unwrap());
    bearer.get("/me").await.expect(200);
}

async fn a_repeated_refresh_within_30_seconds_gets_the_same_token(app: TestApp) {
    let before = Browser::sign_in(&app.anonymous, ANN).await;
    let first = Browser::from_response(&app.anonymous, before.refresh().await, 200);
    app.advance(TimeDelta::seconds(30));
    let again = Browser::from_response(&app.anonymous, before.refresh().await, 200);
    assert_eq!(again.cookies["smsc_refresh"], first.cookies["smsc_refresh"]);
    assert_eq!(again.csrf, first.csrf);
    for browser in [&first, &again] {
        browser.get("/me").await.expect(200);
    }
    assert_eq!(app.database.count("refresh_tokens", "1 = 1"), 2);
}

async fn a_refresh_token_reused_after_30_seconds_ends_the_session(app: TestApp) {
    let stolen = Browser::sign_in(&app.anonymous, ANN).await;
    let elsewhere = Browser::sign_in(&app.anonymous, ANN).await;
    let renewed = Browser::from_response(&app.anonymous, stolen.refresh().await, 200);
    app.advance(TimeDelta::seconds(31));
    stolen.refresh().await.problem(SessionExpired);

    renewed.get("/me").await.problem(SessionExpired);
    renewed.refresh().await.problem(SessionExpired);
    elsewhere.get("/me").await.expect(200);
}

async fn a_second_tab_can_follow_the_chain_of_refresh_tokens(app: TestApp) {
    let first = Browser::sign_in(&app.anonymous, ANN).await;
    let second = Browser::from_response(&app.anonymous, first.refresh().await, 200);
    let third = Browser::from_response(&app.anonymous, second.refresh().await, 200);
    // A tab that lost its responses repeats the tokens that the other tab has already used.
    let late = Browser::from_response(&app.anonymous, first.refresh().await, 200);
    let late = Browser::from_response(&app.anonymous, late.refresh().await, 200);
    assert_eq!(late.cookies["smsc_refresh"], third.cookies["smsc_refresh"]);
    late.refresh().await.expect(200);
}

async fn a_session_ends_after_30_days_despite_refreshes(app: TestApp) {
    let mut ann = Browser::sign_in(&app.anonymous, ANN).await;
    for _ in 0..2 {
        app.advance(TimeDelta::days(10));
        ann = Browser::from_response(&app.anonymous, ann.refresh().await, 200);
    }
    app.advance(TimeDelta::days(10) - TimeDelta::minutes(5));
    let response = ann.refresh().await;
    let refresh = response.cookies().into_iter().find(|cookie| cookie.starts_with("smsc_refresh")).unwrap();
    assert!(refresh.contains("Max-Age=300"), "{refresh}");
    ann = Browser::from_response(&app.anonymous, response, 200);
    ann.get("/me").await.expect(200);
    app.advance(TimeDelta::minutes(5));
    ann.get("/me").await.problem(SessionExpired);
    ann.refresh().await.problem(SessionExpired);
}

async fn an_invalid_refresh_token_is_refused(app: TestApp) {
    app.anonymous.post("/sessions/refresh", json!({})).await.problem(Unauthenticated);
    let mut ann = Browser::sign_in(&app.anonymous, ANN).await;
    ann.cookies.insert("smsc_refresh".into(), "garbage".into());
    ann.refresh().await.problem(SessionExpired);
    let access = ann.cookies["smsc_access"].clone();
    ann.cookies.insert("smsc_refresh".into(), access);
    ann.refresh().await.problem(SessionExpired);
    // The database stores hashes, and a hash is not a valid token.
    let stored = app.database.strings("SELECT token_hash AS value FROM refresh_tokens");
    ann.cookies.insert("smsc_refresh".into(), stored[0].clone());
    ann.refresh().await.problem(SessionExpired);
}

async fn a_refresh_token_is_valid_for_14_days(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    let bo = Browser::sign_in(&app.anonymous, BO).await;
    app.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    Browser::from_response(&app.anonymous, ann.refresh().await, 200);
    app.advance(TimeDelta::seconds(1));
    bo.refresh().await.problem(SessionExpired);
}

async fn a_refresh_token_ends_with_its_session(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    app.disable(ANN);
    ann.refresh().await.problem(SessionExpired);
    ann.get("/me").await.problem(SessionExpired);
}

async fn simultaneous_refreshes_get_the_same_token(app: TestApp) {
    let ann = Browser::sign_in(&app.anonymous, ANN).await;
    let (one, other) = tokio::join!(ann.refresh(), ann.refresh());
    let [one, other] = [one, other].map(|response| Browser::from_response(&app.anonymous, response, 200));
    assert_eq!(one.cookies["smsc_refresh"], other.cookies["smsc_refresh"]);
}

async fn an_expired_session_is_recognised_by_the_csrf_cookie(app: TestApp) {
    let mut ann = Browser::sign_in(&app.anonymous, ANN).await;
    // Browsers delete the cookie after 15 minutes.
    ann.cookies.remove("smsc_access");
    ann.get("/me").await.problem(SessionExpired);
    ann.cookies.remove("smsc_csrf");
    ann.get("/me").await.problem(Unauthenticated);
}
