//! What holds for every request, whatever it is about: unknown paths, other methods, security headers, compression.

use reqwest::Method;
use shared::ErrorCode::{BodyTooLarge, InvalidBody, MethodNotAllowed, NotFound, UnsupportedMediaType};

use crate::support::{Answer, TestApp, fixtures::ANN, on_both_databases};

on_both_databases![
    an_unknown_path_is_a_problem,
    another_method_is_refused_and_those_that_there_are_are_named,
    every_answer_carries_the_security_headers,
    an_answer_is_compressed_for_who_takes_it,
    what_is_no_http_harms_nobody,
    a_sign_in_of_the_wrong_kind_is_a_problem,
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
        for client in [&app.nobody, &ann] {
            for method in [Method::GET, Method::POST, Method::DELETE] {
                if path == "//queue" && method != Method::GET {
                    continue;
                }
                let answer = Answer::to(client.request(method.clone(), path)).await;
                match path {
                    // Below the root the single-page app takes its own paths.
                    "//queue" => assert!(answer.status == 200 || answer.status == 404),
                    // The client tidies it up before it is sent.
                    "/../v1/queue" => assert_ne!(answer.status, 500),
                    _ => {
                        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.body);
                        answer.problem(NotFound);
                    }
                }
            }
        }
    }
}

async fn another_method_is_refused_and_those_that_there_are_are_named(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (path, offered) in [
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
        ("/api_keys/1", "DELETE"),
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
        ("//", "GET, HEAD"),
        ("//conversations/1", "GET, HEAD"),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"] {
            if offered.contains(method) {
                continue;
            }
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = Answer::to(ann.request(method.clone(), path)).await;
            assert_eq!(answer.header("allow"), Some(offered), "{method} {path}");
            answer.problem(MethodNotAllowed);
        }
    }
}

async fn every_answer_carries_the_security_headers(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for path in ["/queue", "/nothing", "//", "//health/live", "//api/openapi.json", "/conversations/x"] {
        for client in [&app.nobody, &ann] {
            let answer = client.get(path).await;
            assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
            assert_eq!(answer.header("x-frame-options"), Some("DENY"), "{path}");
            assert_eq!(answer.header("referrer-policy"), Some("same-origin"), "{path}");
            assert_eq!(answer.header("server"), None);
        }
    }
}

async fn an_answer_is_compressed_for_who_takes_it(app: TestApp) {
    for n in 0..20 {
        app.text(&crate::support::fixtures::stranger(n), "Hello").await;
    }
    let ann = app.signed_in(ANN).await;
    for (accepted, encoding) in [("gzip", Some("gzip")), ("br", Some("br")), ("identity", None)] {
        let request = ann.request(Method::GET, "/queue").header("Accept-Encoding", accepted);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let header = answer.headers().get("content-encoding");
        let header = header.map(|value| value.to_str().unwrap());
        assert_eq!(header.filter(|encoding| *encoding != "identity"), encoding);
    }
}

/// Sends these bytes on a connection of their own, and reads the first line of what comes back.
async fn first_line(address: &str, bytes: Vec<u8>) -> String {
    use std::io::{BufRead, BufReader, Write};

    let address = address.trim_start_matches("http://").to_owned();
    let talk = tokio::task::spawn_blocking(move || {
        let mut stream = std::net::TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(crate::support::waiting::PATIENCE)).unwrap();
        // The desk may hang up before all has been sent.
        let _ = stream.write_all(&bytes);
        let mut line = String::new();
        let _ = BufReader::new(stream).read_line(&mut line);
        line
    });
    talk.await.unwrap()
}

async fn what_is_no_http_harms_nobody(app: TestApp) {
    let line = first_line(&app.nobody.url, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec()).await;
    assert!(line.is_empty() || line.starts_with("HTTP/1.1 400"), "{line}");
    let line = first_line(&app.nobody.url, b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec()).await;
    assert!(line.starts_with("HTTP/1.1 400"), "{line}");
    let huge = [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'a'; 1 << 20], b"\r\n\r\n".to_vec()].concat();
    let line = first_line(&app.nobody.url, huge).await;
    assert!(line.is_empty() || line.starts_with("HTTP/1.1 4"), "{line}");
    app.signed_in(ANN).await.get("/me").await.expect(200);
}

async fn a_sign_in_of_the_wrong_kind_is_a_problem(app: TestApp) {
    let send = async |content_type: &'static str, body: Vec<u8>| {
        let request = app.nobody.request(Method::POST, "/sessions");
        Answer::to(request.header("Content-Type", content_type).body(body)).await
    };
    send("application/x-www-form-urlencoded", b"email=a&password=b".to_vec())
        .await
        .problem(UnsupportedMediaType);
    send("application/json", b"{".to_vec()).await.problem(InvalidBody);
    send("application/json", vec![b' '; 1024 * 1024 + 1]).await.problem(BodyTooLarge);
    let nested = ["[".repeat(100_000), "]".repeat(100_000)].concat().into_bytes();
    send("application/json", nested).await.problem(InvalidBody);
}
