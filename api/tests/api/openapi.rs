//! The API's own description: the same as the snapshot, complete, and true.

use std::{collections::BTreeSet, path::PathBuf};

use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::ErrorCode;

use crate::support::{
    Answer, Kind, TestApp,
    fixtures::{ADMIN, COLLECTIONS_NUMBER, STRANGER},
    run,
};

fn snapshot_file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "api", "openapi.json"].iter().collect()
}

fn document() -> Value {
    serde_json::from_str(&api::openapi::document().to_pretty_json().unwrap()).unwrap()
}

/// An operation of the document, with where it is.
struct Operation {
    method: Method,
    path: String,
    described: Map<String, Value>,
}

impl Operation {
    fn id(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    /// A path as one would really ask for it.
    fn asked(&self) -> String {
        format!(
            "/{}",
            self.path
                .replace("{id}", "1")
                .replace("{account_id}", "1")
                .replace("{file_id}", "2")
                .replace("{n}", "0")
        )
    }
}

fn operations() -> Vec<Operation> {
    let document = document();
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, methods)| {
        methods.as_object().unwrap().iter().map(|(method, described)| Operation {
            method: Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(),
            path: path.clone(),
            described: described.as_object().unwrap().clone(),
        })
    });
    all.collect()
}

/// What every list can be asked with; each takes what it knows.
const ASKED: [(&str, &str); 4] =
    [("team_id", "1"), ("status", "open"), ("input", "07700 900123"), ("q", "Hello")];

/// Those that anybody may ask.
const PUBLIC: [&str; 7] = [
    "create_session",
    "get_liveness",
    "get_metrics",
    "get_readiness",
    "receive_message",
    "receive_status",
    "refresh_session",
];

#[test]
fn the_document_is_the_one_in_the_snapshot() {
    let now = format!("{}\n", api::openapi::document().to_pretty_json().unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(snapshot_file(), &now).unwrap();
    }
    let kept = std::fs::read_to_string(snapshot_file()).unwrap_or_default();
    let first = now.lines().zip(kept.lines()).position(|(now, kept)| now != kept);
    assert!(
        now == kept,
        "The API's description has changed, first at line {}. When the change is meant, and tells clients what they \
         need, take it over with: UPDATE_DOCS=1 cargo test -p api --test api openapi",
        first.unwrap_or(kept.lines().count()) + 1
    );
}

#[test]
fn the_document_is_served_and_shown() {
    run(Kind::Sqlite, async |app: TestApp| {
        let served = app.nobody.get("//api/openapi.json").await.expect(200);
        assert_eq!(served, document());
        assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
        let redirect = app.nobody.get("//api/docs").await;
        assert_eq!((redirect.status, redirect.header("location")), (308, Some("/api/docs/")));
        let page = app.nobody.get("//api/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("swagger"), "{}", page.body);
    });
}

#[test]
fn every_operation_is_named_by_verb_and_noun_and_lives_once() {
    let verbs =
        ["create", "delete", "get", "list", "receive", "refresh", "restore", "search", "stream", "update"];
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let (verb, noun) = operation.id().split_once('_').unwrap();
        assert!(verbs.contains(&verb) && !noun.is_empty(), "{}", operation.id());
        assert!(ids.insert(operation.id().to_owned()), "{} twice", operation.id());
        assert!(!operation.described["summary"].as_str().unwrap().is_empty());
    }
    assert!(PUBLIC.iter().all(|id| ids.contains(*id)));
}

#[test]
fn every_operation_documents_the_errors_it_can_answer() {
    for operation in operations() {
        let responses = operation.described["responses"].as_object().unwrap();
        let says = |status: &str| responses.contains_key(status);
        let id = operation.id();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        if PUBLIC.contains(&id) {
            continue;
        }
        assert!(says("401"), "{id} needs credentials");
        assert!(!operation.described["security"].as_array().unwrap().is_empty(), "{id}");
        if operation.path.contains("{id}") {
            assert!(says("404"), "{id} may find nothing");
        }
        if operation.method != Method::GET {
            assert!(says("403"), "{id} needs the CSRF token, or a permission");
        }
        if operation.described.contains_key("requestBody") {
            for status in ["400", "422"] {
                assert!(says(status), "{id} takes a body, and may answer {status}");
            }
        }
    }
}

#[test]
fn every_error_in_the_document_is_a_problem() {
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    for operation in operations() {
        for (status, response) in operation.described["responses"].as_object().unwrap() {
            if !status.starts_with('4') {
                continue;
            }
            let content = response["content"].as_object().unwrap();
            let (kind, media) = content.iter().next().unwrap();
            assert_eq!(media["schema"], problem, "{} {status}", operation.id());
            assert_eq!(kind, "application/problem+json", "{} {status}", operation.id());
        }
    }
    let codes = &document()["components"]["schemas"]["ErrorCode"]["enum"];
    let all: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, &json!(all));
}

#[test]
fn every_operation_asks_for_credentials_but_the_public_ones() {
    run(Kind::Sqlite, async |app: TestApp| {
        for operation in operations() {
            let answer = Answer::to(app.nobody.request(operation.method.clone(), &operation.asked())).await;
            match operation.id() {
                id if !PUBLIC.contains(&id) => {
                    answer.problem(ErrorCode::Unauthenticated);
                }
                "refresh_session" => {
                    answer.problem(ErrorCode::Unauthenticated);
                }
                "create_session" => {
                    answer.problem(ErrorCode::UnsupportedMediaType);
                }
                "receive_message" | "receive_status" => {
                    answer.problem(ErrorCode::InvalidSignature);
                }
                _ => assert_eq!(answer.status, 200),
            }
        }
    });
}

#[test]
fn every_operation_is_there() {
    run(Kind::Sqlite, async |app: TestApp| {
        let picture = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "media": [{}]});
        app.gateway.write_all(picture).await;
        let admin = app.signed_in(ADMIN).await;
        let mut operations = operations();
        // What is taken away is asked for before.
        operations.sort_by_key(|operation| operation.method == Method::DELETE);
        for operation in operations {
            let mut request = admin.request(operation.method.clone(), &operation.asked());
            if operation.method == Method::GET {
                request = request.query(&ASKED);
            }
            let answer = request.send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(![404, 405, 500].contains(&status), "{}: {status}", operation.id());
        }
    });
}

/// Every key of an answer is a property of its schema, and every required property is there.
fn fits(schema: &Value, value: &Value, schemas: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return fits(&schemas[name], value, schemas, &format!("{place}:{name}"));
    }
    for parts in ["allOf", "oneOf", "anyOf"] {
        if let Some(parts) = schema[parts].as_array() {
            let of_objects = parts.iter().filter(|part| part["type"] != "null");
            if !value.is_null() && parts.len() <= 2 && schema["allOf"].is_null() {
                of_objects.for_each(|part| fits(part, value, schemas, place));
            }
            return;
        }
    }
    match value {
        Value::Object(object) if schema["properties"].is_object() => {
            for (name, value) in object {
                let property = &schema["properties"][name];
                assert!(!property.is_null(), "{place}.{name} is not documented");
                fits(property, value, schemas, &format!("{place}.{name}"));
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                assert!(object.contains_key(name), "{place}.{name} is missing");
            }
        }
        Value::Array(items) => items.iter().for_each(|item| fits(&schema["items"], item, schemas, place)),
        _ => {}
    }
}

#[test]
fn what_is_answered_fits_the_document() {
    run(Kind::Sqlite, async |app: TestApp| {
        let conversation = app.text(crate::support::fixtures::MARIA, "Hello").await;
        let admin = app.signed_in(ADMIN).await;
        let reply = admin.replies(conversation, "Hi").await;
        app.message_becomes(&admin, reply, "delivered").await;
        let schemas = document()["components"]["schemas"].clone();
        for operation in operations() {
            let schema = &operation.described["responses"]["200"]["content"]["application/json"]["schema"];
            if operation.method != Method::GET || schema.is_null() || !operation.path.starts_with("/api/v1") {
                continue;
            }
            let request = admin.request(Method::GET, &operation.asked()).query(&ASKED);
            let answer = Answer::to(request).await.expect(200);
            fits(schema, &answer, &schemas, operation.id());
        }
    });
}
