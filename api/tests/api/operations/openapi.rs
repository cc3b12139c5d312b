//! The OpenAPI document: equal to the served file, complete and correct.

use std::{cmp::Reverse, collections::BTreeSet, path::PathBuf};

use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::ErrorCode;

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    fixtures::{ADMIN, COLLECTIONS, COLLECTIONS_NUMBER, STRANGER},
    run,
};

/// The document that the server serves.
fn served_file() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "openapi.json"].iter().collect()
}

fn document() -> Value {
    serde_json::to_value(api::openapi::document()).unwrap()
}

/// An operation of the document with its path and method.
struct Operation {
    method: Method,
    path: String,
    described: Map<String, Value>,
}

impl Operation {
    /// The responses by status, with the shared ones in place of references to them.
    fn responses(&self, document: &Value) -> Vec<(String, Value)> {
        let responses = self.described["responses"].as_object().unwrap();
        let resolved = responses.iter().map(|(status, response)| {
            let shared = response["$ref"].as_str().map(|name| name.rsplit('/').next().unwrap());
            let response = shared.map_or(response, |name| &document["components"]["responses"][name]);
            (status.clone(), response.clone())
        });
        resolved.collect()
    }

    fn id(&self) -> &str {
        self.described["operationId"].as_str().unwrap()
    }

    /// The path with concrete values.
    fn concrete_path(&self) -> String {
        format!(
            "/{}",
            self.path
                .replace("{id}", "1")
                .replace("{account_id}", "1")
                .replace("{file_id}", "2")
                .replace("{hold_id}", "1")
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

/// Query parameters for every list; each uses those that it knows.
const QUERY: [(&str, &str); 6] = [
    ("team_id", "1"),
    ("status", "open"),
    ("input", "07700 900123"),
    ("number", "07700 900123"),
    ("q", "Hello"),
    ("from", "2024-11-24T00:00:00Z"),
];

/// Operations without authentication.
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
fn the_document_equals_the_served_file() {
    let current = format!("{}\n", serde_json::to_string_pretty(&api::openapi::document()).unwrap());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(served_file(), &current).unwrap();
    }
    let served = std::fs::read_to_string(served_file()).unwrap_or_default();
    let first = current.lines().zip(served.lines()).position(|(current, served)| current != served);
    assert!(
        current == served,
        "The OpenAPI document has changed, first at line {}. If the change is intended and documented for clients, \
         update the file with: UPDATE_DOCS=1 cargo test -p api --test api openapi",
        first.unwrap_or(served.lines().count()) + 1
    );
}

#[test]
fn the_document_and_its_page_are_served() {
    run(Kind::Sqlite, async |app: TestApp| {
        let served = app.anonymous.get("//api/openapi.json").await.expect(200);
        assert_eq!(served, document());
        assert!(served["openapi"].as_str().unwrap().starts_with("3.1"));
        let redirect = app.anonymous.get("//api/docs").await;
        assert_eq!((redirect.status, redirect.header("location")), (308, Some("/api/docs/")));
        let page = app.anonymous.get("//api/docs/").await;
        assert_eq!(page.status, 200);
        assert!(page.body.contains("swagger"), "{}", page.body);
        let script = app.anonymous.get("//api/docs/swagger-initializer.js").await;
        assert!(script.body.contains("/api/openapi.json"), "{}", script.body);
    });
}

#[test]
fn every_operation_id_is_unique_and_has_a_verb_and_a_noun() {
    let verbs = [
        "create", "delete", "export", "get", "list", "receive", "refresh", "replay", "restore", "rotate",
        "search", "send", "stream", "take", "test", "update",
    ];
    let mut ids = BTreeSet::new();
    for operation in operations() {
        let (verb, noun) = operation.id().split_once('_').unwrap();
        assert!(verbs.contains(&verb) && !noun.is_empty(), "{}", operation.id());
        assert!(ids.insert(operation.id().to_owned()), "{} appears twice", operation.id());
        assert!(!operation.described["summary"].as_str().unwrap().is_empty());
    }
    assert!(PUBLIC.iter().all(|id| ids.contains(*id)));
}

#[test]
fn every_operation_documents_its_error_statuses() {
    for operation in operations() {
        let responses = operation.described["responses"].as_object().unwrap();
        let documents = |status: &str| responses.contains_key(status);
        let id = operation.id();
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        if operation.path.starts_with("/api/v1") {
            for status in ["421", "500", "503"] {
                assert!(documents(status), "{id} can answer {status}");
            }
        }
        if operation.described.contains_key("requestBody") {
            for status in ["400", "408", "413", "415", "422"] {
                assert!(documents(status), "{id} has a body and can answer {status}");
            }
        }
        if PUBLIC.contains(&id) {
            continue;
        }
        assert!(documents("401"), "{id} needs credentials");
        assert!(documents("429"), "{id} is limited");
        assert!(!operation.described["security"].as_array().unwrap().is_empty(), "{id}");
        if operation.path.contains("{id}") {
            assert!(documents("404"), "{id} can answer 404");
        }
        if operation.method != Method::GET {
            assert!(documents("403"), "{id} needs the CSRF token, or a permission");
        }
    }
}

#[test]
fn every_response_has_a_description_and_every_content_an_example() {
    let document = document();
    for operation in operations() {
        let request = operation.described.get("requestBody").cloned().unwrap_or_default();
        let responses = operation.responses(&document);
        for (status, response) in &responses {
            let description = response["description"].as_str().unwrap_or_default();
            assert!(!description.is_empty(), "{} {status}", operation.id());
        }
        for described in responses.iter().map(|(_, response)| response).chain([&request]) {
            for (kind, content) in described["content"].as_object().into_iter().flatten() {
                let has_example = !content["example"].is_null() || !content["examples"].is_null();
                assert!(has_example, "{} {kind}", operation.id());
            }
        }
    }
}

#[test]
fn every_error_in_the_document_is_a_problem() {
    let problem = json!({"$ref": "#/components/schemas/Problem"});
    let document = document();
    for operation in operations() {
        for (status, response) in operation.responses(&document) {
            if !status.starts_with(['4', '5']) || operation.id() == "get_readiness" {
                continue;
            }
            let content = response["content"].as_object().unwrap();
            let (kind, media) = content.iter().next().unwrap();
            assert_eq!(media["schema"], problem, "{} {status}", operation.id());
            assert_eq!(kind, "application/problem+json", "{} {status}", operation.id());
        }
    }
    let codes = &document["components"]["schemas"]["ErrorCode"]["enum"];
    let all: Vec<&str> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(codes, &json!(all));
}

#[test]
fn every_operation_except_the_public_ones_needs_credentials() {
    run(Kind::Sqlite, async |app: TestApp| {
        for operation in operations() {
            let response =
                ApiResponse::to(app.anonymous.request(operation.method.clone(), &operation.concrete_path()))
                    .await;
            match operation.id() {
                id if !PUBLIC.contains(&id) => {
                    response.problem(ErrorCode::Unauthenticated);
                }
                "refresh_session" => {
                    response.problem(ErrorCode::Unauthenticated);
                }
                "create_session" => {
                    response.problem(ErrorCode::UnsupportedMediaType);
                }
                "receive_message" | "receive_status" => {
                    response.problem(ErrorCode::InvalidSignature);
                }
                _ => assert_eq!(response.status, 200),
            }
        }
    });
}

/// Creates a webhook endpoint and a delivery to it.
async fn create_webhook_delivery(client: &Client) {
    let new = json!({"url": "https://webhooks.invalid/", "event_types": ["message.received"]});
    client.post("/teams/1/webhook_endpoints", new).await.expect(201);
    client.post("/webhook_endpoints/1/test", json!({})).await.expect(201);
}

#[test]
fn every_operation_exists() {
    run(Kind::Sqlite, async |app: TestApp| {
        let picture = json!({"from": STRANGER, "to": COLLECTIONS_NUMBER, "media": [{}]});
        app.gateway.send_inbound_with(picture).await;
        let admin = app.signed_in(ADMIN).await;
        admin.post("/tags", json!({"team_id": COLLECTIONS, "name": "Hardship"})).await.expect(201);
        create_webhook_delivery(&admin).await;
        admin.post("/teams/1/legal_holds", json!({"number": STRANGER, "reason": "Court."})).await.expect(201);
        admin.create_campaign("Reminder", "ref,name,number\nA-1,Jo,07700900123\n,,\n").await;
        let mut operations = operations();
        // Deletions come last, and those of parts before those of wholes, so that no request needs a deleted resource.
        operations.sort_by_key(|operation| {
            let is_deletion = operation.method == Method::DELETE;
            (is_deletion, is_deletion.then(|| Reverse(operation.path.matches('/').count())))
        });
        for operation in operations {
            let mut request = admin.request(operation.method.clone(), &operation.concrete_path());
            if operation.method == Method::GET {
                request = request.query(&QUERY);
            }
            let response = request.send().await.unwrap();
            let status = response.status().as_u16();
            assert!(![404, 405, 500].contains(&status), "{}: {status}", operation.id());
        }
    });
}

/// Asserts that every key of a value is a property of its schema and that every required property is present.
fn assert_fits(schema: &Value, value: &Value, schemas: &Value, place: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap();
        return assert_fits(&schemas[name], value, schemas, &format!("{place}:{name}"));
    }
    for parts in ["allOf", "oneOf", "anyOf"] {
        if let Some(parts) = schema[parts].as_array() {
            let of_objects = parts.iter().filter(|part| part["type"] != "null");
            if !value.is_null() && parts.len() <= 2 && schema["allOf"].is_null() {
                of_objects.for_each(|part| assert_fits(part, value, schemas, place));
            }
            return;
        }
    }
    match value {
        Value::Object(object) if schema["properties"].is_object() => {
            for (name, value) in object {
                let property = &schema["properties"][name];
                assert!(!property.is_null(), "{place}.{name} is not documented");
                assert_fits(property, value, schemas, &format!("{place}.{name}"));
            }
            for name in schema["required"].as_array().into_iter().flatten() {
                let name = name.as_str().unwrap();
                assert!(object.contains_key(name), "{place}.{name} is missing");
            }
        }
        Value::Array(items) => {
            items.iter().for_each(|item| assert_fits(&schema["items"], item, schemas, place))
        }
        _ => {}
    }
}

#[test]
fn responses_match_the_document() {
    run(Kind::Sqlite, async |app: TestApp| {
        let conversation = app.inbound(crate::support::fixtures::MARIA, "Hello").await;
        let admin = app.signed_in(ADMIN).await;
        let reply = admin.create_reply(conversation, "Hi").await;
        app.message_becomes(&admin, reply, "delivered").await;
        for path in ["/conversations/1/draft", "/teams/1/ad_hoc_draft"] {
            let draft = json!({"body": "Of cou", "template_id": 1, "key": path});
            admin.put(path, draft).await.expect(200);
        }
        admin.post("/tags", json!({"team_id": COLLECTIONS, "name": "Hardship"})).await.expect(201);
        create_webhook_delivery(&admin).await;
        admin.create_campaign("Reminder", "ref,name,number\nA-1,Jo,07700900123\n,,\n").await;
        admin.put(&format!("/conversations/{conversation}/tags"), json!({"tag_ids": [1]})).await.expect(200);
        let schemas = document()["components"]["schemas"].clone();
        for operation in operations() {
            let schema = &operation.described["responses"]["200"]["content"]["application/json"]["schema"];
            if operation.method != Method::GET || schema.is_null() || !operation.path.starts_with("/api/v1") {
                continue;
            }
            let request = admin.request(Method::GET, &operation.concrete_path());
            let request = match operation.id() {
                // Its statuses are not those of conversations.
                "list_webhook_deliveries" => request,
                _ => request.query(&QUERY),
            };
            let response = ApiResponse::to(request).await.expect(200);
            assert_fits(schema, &response, &schemas, operation.id());
        }
    });
}
