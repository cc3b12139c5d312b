//! Requests of web pages of other origins (CORS): off by default, and only for the origins in the setting.

use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::{Forbidden, MethodNotAllowed, Unauthenticated};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, FULL_KEY, GREETING, PASSWORD},
    on_both_databases,
};

on_both_databases![
    other_origins_are_refused_by_default,
    a_permitted_origin_may_use_the_api,
    a_foreign_or_null_origin_gets_no_permission,
    cookies_are_never_permitted,
    only_the_api_is_for_other_origins,
];

const CRM: &str = "https://crm.example.com";

fn with_origins(app: &TestApp) -> crate::support::test_app::Replica {
    app.replica(|args| args.cors_origins = Some(format!("{CRM},http://localhost:3000")))
}

async fn send(client: &Client, method: Method, path: &str, origin: &str) -> ApiResponse {
    ApiResponse::to(client.request(method, path).header("Origin", origin)).await
}

async fn preflight(client: &Client, path: &str, origin: &str, method: &str, headers: &str) -> ApiResponse {
    let request = client.request(Method::OPTIONS, path).header("Origin", origin);
    let request = request.header("Access-Control-Request-Method", method);
    ApiResponse::to(request.header("Access-Control-Request-Headers", headers)).await
}

fn permits_nothing(response: &ApiResponse) {
    let granted = response.headers.keys().filter(|name| name.as_str().starts_with("access-control-allow"));
    assert_eq!(granted.count(), 0, "{response:?}");
}

async fn other_origins_are_refused_by_default(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    let response = send(&program, Method::GET, "/me", CRM).await;
    assert_eq!(response.status, 200);
    permits_nothing(&response);
    let response = preflight(&app.anonymous, "/me", CRM, "GET", "authorization").await;
    permits_nothing(&response);
    response.problem(MethodNotAllowed);
}

async fn a_permitted_origin_may_use_the_api(app: TestApp) {
    let server = with_origins(&app);
    let program = server.anonymous.with_token(FULL_KEY);
    for origin in [CRM, "http://localhost:3000"] {
        let asked = "authorization, content-type, idempotency-key, if-match, last-event-id";
        for method in ["GET", "POST", "PUT", "DELETE"] {
            let response = preflight(&server.anonymous, "/templates/1", origin, method, asked).await;
            assert_eq!(response.status, 200, "{method}: {}", response.body);
            assert_eq!(response.header("access-control-allow-origin"), Some(origin));
            assert!(response.header("access-control-allow-methods").unwrap().contains(method));
            assert_eq!(response.header("access-control-max-age"), Some("3600"));
            assert!(response.header("vary").unwrap().contains("Origin"));
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        }
        let response = send(&program, Method::GET, &format!("/templates/{GREETING}"), origin).await;
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
        let exposed = response.header("access-control-expose-headers").unwrap().to_lowercase();
        for name in ["etag", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"] {
            assert!(exposed.split(',').any(|exposed| exposed.trim() == name), "{name}: {exposed}");
        }
        // A page can also read why a request was refused.
        let refused = send(&server.anonymous, Method::GET, "/me", origin).await;
        assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
        refused.problem(Unauthenticated);
    }
    // Programs that are not web pages send no origin.
    permits_nothing(&program.get("/me").await);
}

async fn a_foreign_or_null_origin_gets_no_permission(app: TestApp) {
    let server = with_origins(&app);
    let program = server.anonymous.with_token(FULL_KEY);
    for origin in [
        "null",
        "https://evil.example.com",
        "http://crm.example.com",
        "https://crm.example.com:8443",
        "https://crm.example.com.evil.example",
        "https://CRM.example.com",
        "*",
    ] {
        let response = preflight(&server.anonymous, "/me", origin, "GET", "authorization").await;
        permits_nothing(&response);
        response.problem(Forbidden);
        let response = send(&program, Method::GET, "/me", origin).await;
        permits_nothing(&response);
        assert_eq!(response.status, 200, "a program can send any origin");
    }
    for (method, header) in [("PATCH", "authorization"), ("GET", "x-csrf-token"), ("GET", "cookie")] {
        let response = preflight(&server.anonymous, "/me", CRM, method, header).await;
        permits_nothing(&response);
        response.problem(Forbidden);
    }
}

async fn cookies_are_never_permitted(app: TestApp) {
    let server = with_origins(&app);
    let sign_in = json!({"email": ANN.email(), "password": PASSWORD});
    let signed_in = server.anonymous.post("/sessions", sign_in.clone()).await;
    let pairs = signed_in.cookies().into_iter().filter_map(|cookie| Some(cookie.split_once(';')?.0));
    let cookies = pairs.collect::<Vec<_>>().join("; ");
    let request =
        server.anonymous.request(Method::GET, "/me").header("Origin", CRM).header("Cookie", cookies);
    let response = ApiResponse::to(request).await;
    // Without this header, a browser does not show a page the response to a request with cookies.
    assert_eq!(response.header("access-control-allow-credentials"), None);
    for (method, path) in
        [("POST", "/sessions"), ("POST", "/sessions/refresh"), ("DELETE", "/sessions/current")]
    {
        let response = preflight(&server.anonymous, path, CRM, method, "content-type").await;
        permits_nothing(&response);
        response.problem(Forbidden);
    }
    let request = server.anonymous.request(Method::POST, "/sessions").header("Origin", CRM).json(&sign_in);
    permits_nothing(&ApiResponse::to(request).await);
}

async fn only_the_api_is_for_other_origins(app: TestApp) {
    let server = with_origins(&app);
    for path in ["//", "//health/ready", "//metrics", "//api/openapi.json", "//api/v1"] {
        permits_nothing(&send(&server.anonymous, Method::GET, path, CRM).await);
        permits_nothing(&preflight(&server.anonymous, path, CRM, "GET", "authorization").await);
    }
}
