//! The browser's session: cookies out of reach of scripts, the CSRF header, and the refresh token that rotates.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use shared::ErrorCode::{CsrfMismatch, SessionExpired, Unauthenticated};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ANN, BO, PASSWORD, Person, STRANGER},
    on_both_databases,
};

on_both_databases![
    the_cookies_are_out_of_reach_of_scripts_and_other_sites,
    over_https_the_cookies_are_secure,
    reading_by_cookie_needs_no_csrf_token,
    writing_by_cookie_needs_the_csrf_token_of_the_session,
    writing_by_bearer_token_needs_no_csrf_token,
    a_bearer_token_goes_before_a_cookie,
    signing_out_takes_the_cookies_away,
    refreshing_gives_a_new_session_and_a_new_refresh_token,
    a_refresh_token_is_answered_the_same_for_30_seconds,
    a_refresh_token_that_is_reused_later_ends_the_whole_session,
    a_chain_of_repeated_refreshes_goes_on,
    a_refresh_token_that_is_not_ours_is_refused,
    a_refresh_token_is_good_for_14_days,
    a_refresh_token_ends_with_its_session,
    two_refreshes_at_once_are_answered_the_same,
    a_session_ends_after_30_days_however_often_it_is_refreshed,
    without_the_access_cookie_the_csrf_cookie_tells_that_there_was_a_session,
];

/// A browser's cookies, by name, and its CSRF token.
struct Browser {
    desk: Client,
    cookies: BTreeMap<String, String>,
    csrf: String,
}

impl Browser {
    async fn sign_in(desk: &Client, person: Person) -> Self {
        let answer = desk.post("/sessions", json!({"email": person.email(), "password": PASSWORD})).await;
        Self::holding(desk, answer, 201)
    }

    fn holding(desk: &Client, answer: Answer, status: u16) -> Self {
        let pairs = answer.cookies().into_iter().map(|cookie| {
            let (pair, _) = cookie.split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            (name.to_owned(), value.to_owned())
        });
        let cookies = pairs.collect();
        let session = answer.expect(status);
        Self { desk: desk.clone(), cookies, csrf: session["csrf_token"].as_str().unwrap().to_owned() }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.desk.request(method, path).header("Cookie", cookies.join("; "))
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::to(self.request(Method::GET, path)).await
    }

    async fn refresh(&self) -> Answer {
        Answer::to(self.request(Method::POST, "/sessions/refresh")).await
    }

    async fn reply(&self, conversation: i64, csrf: Option<&str>) -> Answer {
        let path = format!("/conversations/{conversation}/messages");
        let mut request = self.request(Method::POST, &path).json(&json!({"body": "Hello"}));
        if let Some(csrf) = csrf {
            request = request.header("X-CSRF-Token", csrf);
        }
        Answer::to(request).await
    }
}

async fn the_cookies_are_out_of_reach_of_scripts_and_other_sites(app: TestApp) {
    let answer = app.nobody.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
    let attributes = |name: &str| {
        let cookies = answer.cookies();
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
    assert_eq!(answer.cookies().len(), 4);
}

async fn over_https_the_cookies_are_secure(app: TestApp) {
    let desk = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
    let answer = desk.nobody.post("/sessions", json!({"email": ANN.email(), "password": PASSWORD})).await;
    assert_eq!(answer.cookies().len(), 4);
    for cookie in answer.cookies() {
        assert!(cookie.starts_with("__Host-smsc_"), "{cookie}");
        assert!(cookie.contains("; Secure") && cookie.contains("; Path=/;"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
    let ann = Browser::holding(&desk.nobody, answer, 201);
    assert_eq!(ann.get("/me").await.expect(200)["account"]["id"], ANN.1);
    // A cookie that a subdomain can plant counts for nothing.
    let access = &ann.cookies["__Host-smsc_access"];
    let planted = desk.nobody.request(Method::GET, "/me").header("Cookie", format!("smsc_access={access}"));
    Answer::to(planted).await.problem(Unauthenticated);
    let refreshed = Browser::holding(&desk.nobody, ann.refresh().await, 200);
    let sign_out =
        refreshed.request(Method::DELETE, "/sessions/current").header("X-CSRF-Token", &refreshed.csrf);
    let gone = Answer::to(sign_out).await;
    assert_eq!(gone.status, 204);
    assert!(
        gone.cookies().iter().all(|cookie| cookie.starts_with("__Host-") && cookie.contains("Max-Age=0"))
    );
}

async fn reading_by_cookie_needs_no_csrf_token(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    assert_eq!(ann.get("/me").await.expect(200)["account"]["id"], ANN.1);
}

async fn writing_by_cookie_needs_the_csrf_token_of_the_session(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    let ann_elsewhere = Browser::sign_in(&app.nobody, ANN).await;
    let bo = Browser::sign_in(&app.nobody, BO).await;
    assert_ne!(ann.csrf, ann_elsewhere.csrf);
    let cut = &ann.csrf[1..];
    for csrf in [None, Some(""), Some("wrong"), Some(cut), Some(&ann_elsewhere.csrf), Some(&bo.csrf)] {
        ann.reply(conversation, csrf).await.problem(CsrfMismatch);
    }
    let close = ann
        .request(Method::POST, &format!("/conversations/{conversation}/closure"))
        .json(&json!({"closure_reason_id": 1}));
    Answer::to(close).await.problem(CsrfMismatch);
    let sign_out = ann.request(Method::DELETE, "/sessions/current");
    Answer::to(sign_out).await.problem(CsrfMismatch);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);

    ann.reply(conversation, Some(&ann.csrf)).await.expect(201);
}

async fn writing_by_bearer_token_needs_no_csrf_token(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.reply(conversation, "Hello").await.expect(201);
}

async fn a_bearer_token_goes_before_a_cookie(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    let bo = app.signed_in(BO).await;
    let both = ann.request(Method::GET, "/me").bearer_auth(bo.token.as_ref().unwrap());
    assert_eq!(Answer::to(both).await.expect(200)["account"]["id"], BO.1);
    let bad = ann.request(Method::GET, "/me").bearer_auth("garbage");
    Answer::to(bad).await.problem(Unauthenticated);
}

async fn signing_out_takes_the_cookies_away(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    let sign_out = ann.request(Method::DELETE, "/sessions/current").header("X-CSRF-Token", &ann.csrf);
    let answer = Answer::to(sign_out).await;
    assert_eq!(answer.status, 204);
    let mut gone = answer.cookies();
    gone.sort_unstable();
    for (cookie, name) in gone.iter().zip(["smsc_access", "smsc_csrf", "smsc_refresh"]) {
        assert!(cookie.starts_with(&format!("{name}=;")), "{cookie}");
        assert!(cookie.contains("Max-Age=0"), "{cookie}");
    }
    assert_eq!(gone.len(), 3);
    ann.get("/me").await.problem(SessionExpired);
    ann.refresh().await.problem(SessionExpired);
}

async fn refreshing_gives_a_new_session_and_a_new_refresh_token(app: TestApp) {
    let before = Browser::sign_in(&app.nobody, ANN).await;
    app.advance(TimeDelta::minutes(20));
    before.get("/me").await.problem(SessionExpired);

    let answer = before.refresh().await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let session: Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(session["account"]["id"], ANN.1);
    assert_eq!(session["expires_at"], "2024-11-25T09:35:00Z");
    let after = Browser::holding(&app.nobody, answer, 200);
    assert_ne!(after.cookies["smsc_refresh"], before.cookies["smsc_refresh"]);
    after.get("/me").await.expect(200);
    let bearer = app.nobody.with_token(session["access_token"].as_str().unwrap());
    bearer.get("/me").await.expect(200);
}

async fn a_refresh_token_is_answered_the_same_for_30_seconds(app: TestApp) {
    let before = Browser::sign_in(&app.nobody, ANN).await;
    let first = Browser::holding(&app.nobody, before.refresh().await, 200);
    app.advance(TimeDelta::seconds(30));
    let again = Browser::holding(&app.nobody, before.refresh().await, 200);
    assert_eq!(again.cookies["smsc_refresh"], first.cookies["smsc_refresh"]);
    assert_eq!(again.csrf, first.csrf);
    for browser in [&first, &again] {
        browser.get("/me").await.expect(200);
    }
    assert_eq!(app.database.count("refresh_tokens", "1 = 1"), 2);
}

async fn a_refresh_token_that_is_reused_later_ends_the_whole_session(app: TestApp) {
    let stolen = Browser::sign_in(&app.nobody, ANN).await;
    let elsewhere = Browser::sign_in(&app.nobody, ANN).await;
    let renewed = Browser::holding(&app.nobody, stolen.refresh().await, 200);
    app.advance(TimeDelta::seconds(31));
    stolen.refresh().await.problem(SessionExpired);

    renewed.get("/me").await.problem(SessionExpired);
    renewed.refresh().await.problem(SessionExpired);
    elsewhere.get("/me").await.expect(200);
}

async fn a_chain_of_repeated_refreshes_goes_on(app: TestApp) {
    let first = Browser::sign_in(&app.nobody, ANN).await;
    let second = Browser::holding(&app.nobody, first.refresh().await, 200);
    let third = Browser::holding(&app.nobody, second.refresh().await, 200);
    // A tab whose answers were lost follows with the tokens that the other tab has used already.
    let late = Browser::holding(&app.nobody, first.refresh().await, 200);
    let late = Browser::holding(&app.nobody, late.refresh().await, 200);
    assert_eq!(late.cookies["smsc_refresh"], third.cookies["smsc_refresh"]);
    late.refresh().await.expect(200);
}

async fn a_session_ends_after_30_days_however_often_it_is_refreshed(app: TestApp) {
    let mut ann = Browser::sign_in(&app.nobody, ANN).await;
    for _ in 0..2 {
        app.advance(TimeDelta::days(10));
        ann = Browser::holding(&app.nobody, ann.refresh().await, 200);
    }
    app.advance(TimeDelta::days(10) - TimeDelta::minutes(5));
    let answer = ann.refresh().await;
    let refresh = answer.cookies().into_iter().find(|cookie| cookie.starts_with("smsc_refresh")).unwrap();
    assert!(refresh.contains("Max-Age=300"), "{refresh}");
    ann = Browser::holding(&app.nobody, answer, 200);
    ann.get("/me").await.expect(200);
    app.advance(TimeDelta::minutes(5));
    ann.get("/me").await.problem(SessionExpired);
    ann.refresh().await.problem(SessionExpired);
}

async fn a_refresh_token_that_is_not_ours_is_refused(app: TestApp) {
    app.nobody.post("/sessions/refresh", json!({})).await.problem(Unauthenticated);
    let mut ann = Browser::sign_in(&app.nobody, ANN).await;
    ann.cookies.insert("smsc_refresh".into(), "garbage".into());
    ann.refresh().await.problem(SessionExpired);
    let access = ann.cookies["smsc_access"].clone();
    ann.cookies.insert("smsc_refresh".into(), access);
    ann.refresh().await.problem(SessionExpired);
    // The database keeps hashes, and what it keeps is of no use.
    let kept = app.database.words("SELECT token_hash AS value FROM refresh_tokens");
    ann.cookies.insert("smsc_refresh".into(), kept[0].clone());
    ann.refresh().await.problem(SessionExpired);
}

async fn a_refresh_token_is_good_for_14_days(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    let bo = Browser::sign_in(&app.nobody, BO).await;
    app.advance(TimeDelta::days(14) - TimeDelta::seconds(1));
    Browser::holding(&app.nobody, ann.refresh().await, 200);
    app.advance(TimeDelta::seconds(1));
    bo.refresh().await.problem(SessionExpired);
}

async fn a_refresh_token_ends_with_its_session(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    app.disable(ANN);
    ann.refresh().await.problem(SessionExpired);
    ann.get("/me").await.problem(SessionExpired);
}

async fn two_refreshes_at_once_are_answered_the_same(app: TestApp) {
    let ann = Browser::sign_in(&app.nobody, ANN).await;
    let (one, other) = tokio::join!(ann.refresh(), ann.refresh());
    let [one, other] = [one, other].map(|answer| Browser::holding(&app.nobody, answer, 200));
    assert_eq!(one.cookies["smsc_refresh"], other.cookies["smsc_refresh"]);
}

async fn without_the_access_cookie_the_csrf_cookie_tells_that_there_was_a_session(app: TestApp) {
    let mut ann = Browser::sign_in(&app.nobody, ANN).await;
    // What a browser does when the 15 minutes are over.
    ann.cookies.remove("smsc_access");
    ann.get("/me").await.problem(SessionExpired);
    ann.cookies.remove("smsc_csrf");
    ann.get("/me").await.problem(Unauthenticated);
}
