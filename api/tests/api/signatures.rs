//! The gateway's signature, against what Twilio's own libraries sign, take and refuse (see `vectors/make.py`), over HTTP
//! to desks behind each of the addresses; and what anyone can write into a header has no say.

use std::collections::BTreeMap;

use reqwest::Method;
use serde::Deserialize;
use shared::ErrorCode::InvalidSignature;

use crate::support::{
    Answer, Kind, TestApp,
    fixtures::{COLLECTIONS_NUMBER, STRANGER},
    gateway::{AUTH_TOKEN, Form, MESSAGES, sid, text_form},
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
    serde_json::from_str(include_str!("../vectors/signatures.json")).unwrap()
}

/// What is the desk's own in an address, and the rest.
fn parts(url: &str) -> (&str, &str) {
    url.split_at(url.find("/api/v1").unwrap())
}

fn behind(app: &TestApp, public_url: &str, tokens: &[String; 2]) -> Replica {
    app.replica(|args| {
        args.public_url = Some(public_url.to_owned());
        args.twilio_auth_token = Some(tokens[0].clone());
        args.twilio_auth_token_secondary = Some(tokens[1].clone());
    })
}

#[test]
fn the_desk_takes_and_refuses_what_twilios_libraries_do() {
    run(Kind::Sqlite, async |app: TestApp| {
        let Vectors { tokens, cases, .. } = vectors();
        let mut desks: BTreeMap<String, Replica> = BTreeMap::new();
        for case in &cases {
            let (public_url, rest) = parts(&case.url);
            let desk =
                desks.entry(public_url.to_owned()).or_insert_with(|| behind(&app, public_url, &tokens));
            let request = desk.nobody.request(Method::POST, rest.trim_start_matches("/api/v1"));
            let answer =
                Answer::to(request.header("X-Twilio-Signature", &case.signature).form(&case.form)).await;
            let was_valid = answer.status != 403;
            assert_eq!(was_valid, case.valid, "{}: {} {}", case.name, answer.status, answer.body);
            if !case.valid {
                answer.problem(InvalidSignature);
            }
        }
        assert!(cases.iter().filter(|case| case.valid).count() >= 25);
        assert!(cases.iter().filter(|case| !case.valid).count() >= 20);
    });
}

#[test]
fn json_is_refused_however_it_is_signed() {
    run(Kind::Sqlite, async |app: TestApp| {
        let Vectors { tokens, json, .. } = vectors();
        let (public_url, rest) = parts(&json.url);
        let desk = behind(&app, public_url, &tokens);
        let request = desk.nobody.request(Method::POST, rest.trim_start_matches("/api/v1"));
        let request = request
            .header("X-Twilio-Signature", json.signature)
            .header("Content-Type", "application/json")
            .body(json.body);
        Answer::to(request).await.problem(InvalidSignature);
    });
}

#[test]
fn no_header_that_anyone_can_set_has_a_say() {
    run(Kind::Sqlite, async |app: TestApp| {
        let desk = app.replica(|args| args.public_url = Some("https://desk.example.com".to_owned()));
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
            let form = text_form(&sid(n), STRANGER, COLLECTIONS_NUMBER, "Hello");
            let mut request = desk.nobody.request(Method::POST, MESSAGES).form(&form);
            for (name, value) in hostile {
                request = request.header(name, value);
            }
            Answer::to(request.header("X-Twilio-Signature", simulator::sign(AUTH_TOKEN, url, &form))).await
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
            format!("{}{path}", desk.nobody.url),
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
