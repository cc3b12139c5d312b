//! The gateway's signature: compared over HTTP with test vectors of Twilio's own libraries (see `vectors/make.py`), for
//! servers behind different addresses, and independent of headers that any client can set.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use shared::ErrorCode::InvalidSignature;

use crate::support::{
    ApiResponse, Kind, TestApp,
    fixtures::{COLLECTIONS_NUMBER, STRANGER},
    gateway::{AUTH_TOKEN, Form, MESSAGES, message_form, sid},
    run,
    test_app::Replica,
};

#[derive(Deserialize)]
struct Vectors {
    tokens: [String; 2],
    cases: Vec<Case>,
    json: Json,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    url: String,
    form: Form,
    signature: String,
    valid: bool,
}

#[derive(Deserialize)]
struct Json {
    url: String,
    body: String,
    signature: String,
}

fn vectors() -> Vectors {
    serde_json::from_str(include_str!("../../vectors/signatures.json")).unwrap()
}

/// Splits a URL into the server's public URL and the rest.
fn split_url(url: &str) -> (&str, &str) {
    url.split_at(url.find("/api/v1").unwrap())
}

fn server_behind(app: &TestApp, public_url: &str, tokens: &[String; 2]) -> Replica {
    app.replica(|args| {
        args.public_url = Some(public_url.to_owned());
        args.twilio_auth_token = Some(tokens[0].clone());
        args.twilio_auth_token_secondary = Some(tokens[1].clone());
    })
}

#[test]
fn the_server_agrees_with_twilios_libraries() {
    run(Kind::Sqlite, async |app: TestApp| {
        let Vectors { tokens, cases, .. } = vectors();
        let mut servers: BTreeMap<String, Replica> = BTreeMap::new();
        for case in &cases {
            let (public_url, rest) = split_url(&case.url);
            let server = servers
                .entry(public_url.to_owned())
                .or_insert_with(|| server_behind(&app, public_url, &tokens));
            let request = server.anonymous.request(Method::POST, rest.trim_start_matches("/api/v1"));
            let response =
                ApiResponse::to(request.header("X-Twilio-Signature", &case.signature).form(&case.form)).await;
            let was_valid = response.status != 403;
            assert_eq!(was_valid, case.valid, "{}: {} {}", case.name, response.status, response.body);
            if !case.valid {
                response.problem(InvalidSignature);
            }
        }
        assert!(cases.iter().filter(|case| case.valid).count() >= 25);
        assert!(cases.iter().filter(|case| !case.valid).count() >= 20);
    });
}

#[test]
fn signed_json_is_refused() {
    run(Kind::Sqlite, async |app: TestApp| {
        let Vectors { tokens, json, .. } = vectors();
        let (public_url, rest) = split_url(&json.url);
        let server = server_behind(&app, public_url, &tokens);
        let request = server.anonymous.request(Method::POST, rest.trim_start_matches("/api/v1"));
        let request = request
            .header("X-Twilio-Signature", json.signature)
            .header("Content-Type", "application/json")
            .body(json.body);
        ApiResponse::to(request).await.problem(InvalidSignature);
    });
}

#[test]
fn client_headers_do_not_affect_the_signature() {
    run(Kind::Sqlite, async |app: TestApp| {
        let server = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
        let hostile = [
            ("Host", "evil.example.com"),
            ("X-Forwarded-Host", "evil.example.com"),
            ("X-Forwarded-Proto", "http"),
            ("X-Forwarded-Port", "8443"),
            ("X-Forwarded-Prefix", "/evil"),
            ("X-Forwarded-For", "127.0.0.1"),
            ("Forwarded", "for=127.0.0.1;host=evil.example.com;proto=http"),
            ("X-Original-URL", "/evil"),
            ("X-Rewrite-URL", "/evil"),
            ("X-HTTP-Method-Override", "GET"),
        ];
        let send = async |url: &str, n: usize| {
            let form = message_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, "Hello");
            let mut request = server.anonymous.request(Method::POST, MESSAGES).form(&form);
            for (name, value) in hostile {
                request = request.header(name, value);
            }
            ApiResponse::to(request.header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, url, &form)))
                .await
        };
        let path = format!("/api/v1{MESSAGES}");
        for (n, wrong) in [
            format!("https://evil.example.com{path}"),
            format!("http://evil.example.com{path}"),
            format!("http://evil.example.com:8443{path}"),
            format!("https://desk.example.com:8443{path}"),
            format!("http://desk.example.com{path}"),
            format!("https://desk.example.com/evil{path}"),
            "https://desk.example.com/evil".to_owned(),
            format!("{}{path}", server.anonymous.url),
        ]
        .iter()
        .enumerate()
        {
            send(wrong, n).await.problem(InvalidSignature);
        }
        assert_eq!(app.database.count("messages", "1 = 1"), 0);
        assert_eq!(send(&format!("https://desk.example.com{path}"), 99).await.status, 200);
        assert_eq!(app.database.count("messages", "1 = 1"), 1);
    });
}
