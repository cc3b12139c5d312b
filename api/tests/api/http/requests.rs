//! Rules for every request: unknown paths, unsupported methods, security headers, compression.

use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::{
    BodyTooLarge, InvalidBody, MethodNotAllowed, NotFound, Unauthenticated, UnknownHost, UnsupportedMediaType,
};

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, GREETING, PAYMENT_ARRANGED},
    on_both_databases,
};

on_both_databases![
    an_unknown_path_is_a_problem,
    an_unsupported_method_is_refused_with_the_allowed_ones,
    every_response_has_the_security_headers,
    an_https_public_url_enables_strict_transport_security,
    metrics_and_documentation_can_be_disabled,
    metrics_can_require_a_token,
    a_local_server_accepts_only_local_hosts,
    a_response_is_compressed_for_clients_that_accept_it,
    a_small_response_is_not_compressed,
    every_response_to_a_caller_states_the_rate_limit,
    invalid_http_does_not_affect_other_requests,
    an_invalid_sign_in_request_is_a_problem,
    a_whole_number_may_have_a_decimal_point,
];

async fn an_unknown_path_is_a_problem(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for path in [
        "",
        "/",
        "/nothing",
        "/conversations/1/nothing",
        "/conversations/1/messages/1",
        "/queue/",
        "//queue",
        "/webhooks/twilio",
        "/../v1/queue",
        "//api/v2/queue",
        "//api",
        "//api/nothing",
        "//health",
        "//health/nothing",
    ] {
        for client in [&app.anonymous, &ann] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                if path == "//queue" && method != Method::GET {
                    continue;
                }
                let response = ApiResponse::to(client.request(method.clone(), path)).await;
                match path {
                    // Paths below the root belong to the single-page app.
                    "//queue" => assert!(response.status == 200 || response.status == 404),
                    // The HTTP client normalises this path before sending.
                    "/../v1/queue" => assert_ne!(response.status, 500),
                    _ => {
                        assert_eq!(response.status, 404, "{method} {path}: {}", response.body);
                        response.problem(NotFound);
                    }
                }
            }
        }
    }
}

async fn an_unsupported_method_is_refused_with_the_allowed_ones(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (path, allowed) in [
        ("/sessions", "POST"),
        ("/sessions/refresh", "POST"),
        ("/sessions/current", "DELETE"),
        ("/me", "GET, PUT"),
        ("/me/password", "PUT"),
        ("/queue", "GET"),
        ("/conversations", "GET, POST"),
        ("/conversations/1", "GET"),
        ("/conversations/1/messages", "GET, POST"),
        ("/conversations/1/templates", "GET"),
        ("/conversations/1/key_data", "GET"),
        ("/conversations/1/closure", "POST"),
        ("/closure_reasons", "GET, POST"),
        ("/closure_reasons/1", "GET, PUT, DELETE"),
        ("/templates", "GET, POST"),
        ("/templates/1", "GET, PUT, DELETE"),
        ("/placeholders", "GET"),
        ("/teams", "GET, POST"),
        ("/teams/1", "GET, PUT"),
        ("/teams/1/numbers", "POST, DELETE"),
        ("/teams/1/templates", "GET"),
        ("/teams/1/members/1", "PUT, DELETE"),
        ("/accounts", "GET, POST"),
        ("/accounts/1", "GET, PUT"),
        ("/accounts/1/password", "PUT"),
        ("/api_keys", "GET, POST"),
        ("/api_keys/1", "GET, DELETE"),
        ("/api_keys/1/rotation", "POST, DELETE"),
        ("/consents", "GET, POST"),
        ("/numbers", "GET"),
        ("/search", "GET"),
        ("/events", "GET"),
        ("/webhooks/twilio/messages", "POST"),
        ("/webhooks/twilio/status", "POST"),
        ("//health/live", "GET"),
        ("//health/ready", "GET"),
        ("//metrics", "GET"),
        ("//handset", "GET"),
        ("//api/docs", "GET"),
        ("//api/openapi.json", "GET"),
        ("//", "GET, HEAD"),
        ("//conversations/1", "GET, HEAD"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            if allowed.contains(method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let response = ApiResponse::to(ann.request(method.clone(), path)).await;
            assert_eq!(response.header("allow"), Some(allowed), "{method} {path}");
            response.problem(MethodNotAllowed);
        }
    }
}

async fn every_response_has_the_security_headers(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for path in ["/queue", "/nothing", "//", "//health/live", "//api/openapi.json", "/conversations/x"] {
        for client in [&app.anonymous, &ann] {
            let response = client.get(path).await;
            assert_eq!(response.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(response.header("x-frame-options"), Some("DENY"), "{path}");
            assert_eq!(response.header("referrer-policy"), Some("same-origin"), "{path}");
            assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"), "{path}");
            assert!(response.header("permissions-policy").unwrap().contains("camera=()"), "{path}");
            assert_eq!(response.header("strict-transport-security"), None, "{path}: HTTP");
            if path != "//" {
                assert_eq!(response.header("cache-control"), Some("no-store"), "{path}");
                assert!(
                    response.header("content-security-policy").unwrap().starts_with("default-src 'none'")
                );
            }
            assert_eq!(response.header("server"), None);
        }
    }
}

async fn an_https_public_url_enables_strict_transport_security(app: TestApp) {
    let server = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
    for path in ["/queue", "//", "//api/docs/", "//health/live"] {
        let response = server.anonymous.get(path).await;
        assert_eq!(response.header("strict-transport-security"), Some("max-age=31536000"), "{path}");
    }
}

const DOCUMENTATION: [&str; 4] =
    ["//api/docs", "//api/docs/", "//api/docs/swagger-ui.css", "//api/openapi.json"];

async fn metrics_and_documentation_can_be_disabled(app: TestApp) {
    let disabled = app.replica(|args| {
        args.metrics = Some("off".to_owned());
        args.api_docs = Some("off".to_owned());
    });
    let local_only = app.replica(|args| {
        args.metrics = Some("loopback".to_owned());
        args.api_docs = Some("loopback".to_owned());
    });
    for path in DOCUMENTATION.into_iter().chain(["//metrics"]) {
        assert!(matches!(app.anonymous.get(path).await.status, 200 | 301..=308), "{path}");
        assert!(matches!(local_only.anonymous.get(path).await.status, 200 | 301..=308), "{path}");
        disabled.anonymous.get(path).await.problem(NotFound);
        // A proxy on this machine forwards requests from elsewhere.
        let forwarded =
            local_only.anonymous.request(Method::GET, path).header("X-Forwarded-For", "192.0.2.1");
        ApiResponse::to(forwarded).await.problem(NotFound);
    }
    disabled.anonymous.get("//health/ready").await.expect(200);
}

async fn metrics_can_require_a_token(app: TestApp) {
    let token = "a-token-for-prometheus";
    let server = app.replica(|args| args.metrics_token = Some(token.to_owned()));
    server.anonymous.get("//metrics").await.problem(Unauthenticated);
    server.anonymous.with_token("another-token-of-someone").get("//metrics").await.problem(Unauthenticated);
    assert_eq!(server.anonymous.with_token(token).get("//metrics").await.status, 200);
}

async fn a_local_server_accepts_only_local_hosts(app: TestApp) {
    let send = async |server: &crate::support::Client, host: &str| {
        ApiResponse::to(server.request(Method::GET, "//health/live").header("Host", host)).await
    };
    for host in
        ["localhost", "localhost:9000", "LOCALHOST:8080", "desk.localhost", "127.0.0.1:1", "[::1]:8080"]
    {
        assert_eq!(send(&app.anonymous, host).await.status, 200, "{host}");
    }
    for host in
        ["evil.example.com", "evil.example.com:8080", "localhost.evil.example.com", "192.0.2.1", "0.0.0.0"]
    {
        send(&app.anonymous, host).await.problem(UnknownHost);
    }
    // With a public URL the proxy checks the host.
    let server = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
    assert_eq!(send(&server.anonymous, "desk.example.com").await.status, 200);
}

async fn a_response_is_compressed_for_clients_that_accept_it(app: TestApp) {
    for n in 0..20 {
        app.inbound(&crate::support::fixtures::stranger(n), "Hello").await;
    }
    let ann = app.signed_in(ANN).await;
    for (accepted, encoding) in [("gzip", Some("gzip")), ("br", Some("br")), ("identity", None)] {
        let request = ann.request(Method::GET, "/queue").header("Accept-Encoding", accepted);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let header = response.headers().get("content-encoding");
        let header = header.map(|value| value.to_str().unwrap());
        assert_eq!(header.filter(|encoding| *encoding != "identity"), encoding);
    }
}

async fn a_small_response_is_not_compressed(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for path in ["/me/preferences", "//health/live", "/nothing"] {
        let request = ann.request(Method::GET, path).header("Accept-Encoding", "br, gzip");
        let response = ApiResponse::to(request).await;
        assert_eq!(response.header("content-encoding"), None, "{path}");
        assert!(response.body.len() < 1024, "{path}");
    }
}

async fn every_response_to_a_caller_states_the_rate_limit(app: TestApp) {
    let server = app.replica(|args| args.rate_limit = Some("60".to_owned()));
    let ann = server.signed_in(ANN).await;
    let headers = |response: &ApiResponse| {
        ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
            .map(|name| response.header(name).unwrap_or("none").to_owned())
    };
    // The burst is a sixth of the limit.
    for remaining in (1..10).rev() {
        let path = if remaining % 2 == 0 { "/me" } else { "/conversations/4711" };
        let response = ann.get(path).await;
        assert_eq!(headers(&response), ["60", &remaining.to_string(), "0"], "{path}");
    }
    let last = ann.put("/me/preferences", serde_json::json!({"undo_seconds": 7})).await;
    assert_eq!((last.status, headers(&last)), (422, ["60", "0", "1"].map(str::to_owned)));
    let refused = ann.get("/me").await;
    assert_eq!((refused.status, headers(&refused)), (429, ["60", "0", "2"].map(str::to_owned)));
    assert_eq!(headers(&server.anonymous.get("/me").await), ["none"; 3]);
    let unlimited = app.replica(|args| args.rate_limit = Some("0".to_owned()));
    assert_eq!(headers(&unlimited.signed_in(ANN).await.get("/me").await), ["none"; 3]);
}

/// Sends these bytes on a new connection and reads the first line of the response.
async fn first_line(address: &str, bytes: Vec<u8>) -> String {
    use std::io::{BufRead, BufReader, Write};

    let address = address.trim_start_matches("http://").to_owned();
    let talk = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(crate::support::waiting::TIMEOUT)).unwrap();
        // The server may close the connection before everything is sent.
        let _ = stream.write_all(&bytes);
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        line
    });
    talk.await.unwrap()
}

async fn invalid_http_does_not_affect_other_requests(app: TestApp) {
    let line = first_line(&app.anonymous.url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()).await;
    assert!(line.is_empty() || line.starts_with("HTTP/1.1 400"), "{line}");
    let line = first_line(&app.anonymous.url, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec()).await;
    assert!(line.starts_with("HTTP/1.1 400"), "{line}");
    let huge = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; 1 << 20], b"\r\n\r\n".to_vec()].concat();
    let line = first_line(&app.anonymous.url, huge).await;
    assert!(line.is_empty() || line.starts_with("HTTP/1.1 4"), "{line}");
    app.signed_in(ANN).await.get("/me").await.expect(200);
}

async fn an_invalid_sign_in_request_is_a_problem(app: TestApp) {
    let send = async |content_type: &'static str, body: Vec<u8>| {
        let request = app.anonymous.request(Method::POST, "/sessions");
        ApiResponse::to(request.header("Content-Type", content_type).body(body)).await
    };
    send("application/x-www-form-urlencoded", b"email=a&password=b".to_vec())
        .await
        .problem(UnsupportedMediaType);
    send("application/json", b"{".to_vec()).await.problem(InvalidBody);
    send("application/json", vec![b' '; 1024 * 1024 + 1]).await.problem(BodyTooLarge);
    let nested = ["[".repeat(100_000), "]".repeat(100_000)].concat().into_bytes();
    send("application/json", nested).await.problem(InvalidBody);
}

async fn a_whole_number_may_have_a_decimal_point(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let tag =
        admin.post("/tags", json!({"team_id": COLLECTIONS, "name": "Tag"})).await.expect(201)["id"].clone();
    // In JSON Schema, these are integers.
    for (path, change) in [
        (format!("/templates/{GREETING}"), json!({"name": "A", "body": "Hello", "position": 1.0})),
        (format!("/closure_reasons/{PAYMENT_ARRANGED}"), json!({"name": "A", "position": 1.0})),
        (format!("/tags/{tag}"), json!({"name": "A", "position": 0.0})),
        ("/me/preferences".to_owned(), json!({"undo_seconds": 5.0})),
    ] {
        let changed = admin.put(&path, change).await;
        assert_eq!(changed.status, 200, "{path}: {}", changed.body);
    }
}
