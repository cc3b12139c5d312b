//! Limits of request bodies: a time limit, and no compression.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::UnsupportedMediaType;
use tokio::task::JoinHandle;

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ANN, COLLECTIONS, FULL_KEY, SAM},
    gateway::MESSAGES,
    on_both_databases,
    waiting::TIMEOUT,
};

on_both_databases![
    a_body_that_does_not_arrive_in_30_seconds_gets_408,
    an_upload_that_stalls_for_30_seconds_gets_408_and_stores_nothing,
    a_slow_upload_that_makes_progress_is_accepted,
    a_compressed_body_is_refused,
];

/// Sends these bytes on a new connection and reads the whole response.
fn exchange(url: &str, bytes: String) -> JoinHandle<String> {
    let address = url.trim_start_matches("http://").to_owned();
    tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut response = String::new();
        let _ = stream.read_to_string(&mut response);
        response
    })
}

/// Sends the beginning of a request, advances the clock until there is a response, and returns it.
async fn response_after_timeout(app: &TestApp, head: &str, beginning: &str) -> String {
    let request = format!("{head}\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{beginning}");
    let response = exchange(&app.anonymous.url, request);
    app.advance_until("the server gave up waiting", async || response.is_finished().then_some(())).await;
    response.await.unwrap()
}

async fn a_body_that_does_not_arrive_in_30_seconds_gets_408(app: TestApp) {
    let key = format!("Authorization: Bearer {FULL_KEY}");
    let json = "Content-Type: application/json";
    for head in [
        format!("POST /api/v1/sessions HTTP/1.1\r\n{json}"),
        format!("POST /api/v1/templates HTTP/1.1\r\n{json}\r\n{key}"),
        format!("PUT /api/v1/templates/1 HTTP/1.1\r\n{json}\r\n{key}"),
        format!("POST /api/v1{MESSAGES} HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded"),
    ] {
        let response = response_after_timeout(&app, &head, "{\"name\": ").await;
        assert!(response.starts_with("HTTP/1.1 408"), "{head}: {response}");
        assert!(response.contains("\"code\":\"request_timeout\""), "{response}");
        assert!(response.contains("within 30 seconds"), "{response}");
    }
    app.signed_in(ANN).await.get("/me").await.expect(200);
}

async fn an_upload_that_stalls_for_30_seconds_gets_408_and_stores_nothing(app: TestApp) {
    let head = format!(
        "POST /api/v1/teams/{COLLECTIONS}/daily_files?confirm=true HTTP/1.1\r\nContent-Type: text/csv\r\n\
         Authorization: Bearer {}",
        app.signed_in(SAM).await.token.unwrap()
    );
    let response = response_after_timeout(&app, &head, "ref,name,number\nA-1,Jo,07700").await;
    assert!(response.starts_with("HTTP/1.1 408"), "{response}");
    assert!(response.contains("\"code\":\"request_timeout\""), "{response}");
    crate::support::eventually("the claim is released", async || {
        (app.database.count("daily_files", "state = 'staged'") == 0).then_some(())
    })
    .await;
}

async fn a_slow_upload_that_makes_progress_is_accepted(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let (send, receive) = tokio::sync::mpsc::channel::<Result<String, std::io::Error>>(1);
    let chunks = futures_util::stream::unfold(receive, async |mut receive| {
        receive.recv().await.map(|chunk| (chunk, receive))
    });
    let sending =
        tokio::spawn(sam.import_request("?confirm=true", reqwest::Body::wrap_stream(chunks)).send());
    for part in ["ref,name,number\n", "A-1,Jo,07700900123\n", "A-2,Al,07700900124\n"] {
        send.send(Ok(part.to_owned())).await.unwrap();
        // Less than 30 s each, more in total.
        app.advance(chrono::TimeDelta::seconds(20));
    }
    drop(send);
    let response = sending.await.unwrap().unwrap();
    assert_eq!(response.status(), 201, "{}", response.text().await.unwrap());
}

async fn a_compressed_body_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let sign_in = json!({"email": ANN.email(), "password": crate::support::fixtures::PASSWORD});
    for coding in ["gzip", "br", "zstd", "deflate", "identity, gzip", "x-unknown"] {
        let request = app.anonymous.request(Method::POST, "/sessions").json(&sign_in);
        ApiResponse::to(request.header("Content-Encoding", coding)).await.problem(UnsupportedMediaType);
        let webhook = app.anonymous.request(Method::POST, MESSAGES).form(&[("Body", "Hello")]);
        ApiResponse::to(webhook.header("Content-Encoding", coding)).await.problem(UnsupportedMediaType);
        let upload = sam.import_request("", "ref,name,number\n").header("Content-Encoding", coding);
        ApiResponse::to(upload).await.problem(UnsupportedMediaType);
    }
    let plain = app.anonymous.request(Method::POST, "/sessions").json(&sign_in);
    ApiResponse::to(plain.header("Content-Encoding", "identity")).await.expect(201);
}
