//! Unusual input in every field of every request: it is accepted unchanged, or refused with the name of the field. It
//! never causes a 500, and a refused request changes nothing.

use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::ErrorCode::InvalidBody;

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, BALANCE, COLLECTIONS, COLLECTIONS_NUMBER, PASSWORD, PAYMENT_ARRANGED, RESOLVED, STRANGER,
        SUPPORT,
    },
    on_both_databases,
};

on_both_databases![
    an_unusual_string_is_accepted_or_refused_with_its_field,
    a_value_of_the_wrong_type_is_refused,
    a_value_of_the_wrong_type_is_refused_with_its_field,
    a_missing_field_is_named,
    a_body_that_is_not_an_object_is_refused,
];

/// A valid request for each operation with a JSON body, except the webhooks. The conversation belongs to Collections,
/// the account is Ann's.
fn requests(conversation: i64) -> Vec<(Method, String, Value)> {
    let (post, put) = (Method::POST, Method::PUT);
    let ann = ANN.1;
    vec![
        (post.clone(), "/sessions".into(), json!({"email": ANN.email(), "password": PASSWORD})),
        (
            post.clone(),
            "/conversations".into(),
            json!({"team_id": SUPPORT, "number": STRANGER, "body": "Hi", "from": null, "template_id": null}),
        ),
        (
            post.clone(),
            format!("/conversations/{conversation}/messages"),
            json!({"body": "Hi", "template_id": null, "last_seen_message_id": null}),
        ),
        (
            post.clone(),
            format!("/conversations/{conversation}/closure"),
            json!({"closure_reason_id": RESOLVED, "note": "Done"}),
        ),
        (
            post.clone(),
            "/consents".into(),
            json!({"team_number": COLLECTIONS_NUMBER, "number": "+447700900789", "state": "opted_in",
                "note": "Said so"}),
        ),
        (post.clone(), "/templates".into(), json!({"team_id": COLLECTIONS, "name": "New", "body": "Hi"})),
        (
            put.clone(),
            format!("/templates/{BALANCE}"),
            json!({"name": "Balance", "body": "Hi", "position": 0, "archived": false}),
        ),
        (post.clone(), "/closure_reasons".into(), json!({"team_id": COLLECTIONS, "name": "New"})),
        (
            put.clone(),
            format!("/closure_reasons/{PAYMENT_ARRANGED}"),
            json!({"name": "Paid", "position": 0, "archived": false}),
        ),
        (post.clone(), "/teams".into(), json!({"name": "New", "region": "GB", "time_zone": "UTC"})),
        (
            put.clone(),
            format!("/teams/{COLLECTIONS}"),
            json!({"name": "Collections", "region": "GB", "time_zone": "UTC"}),
        ),
        (post.clone(), format!("/teams/{SUPPORT}/numbers"), json!({"number": "07700 900777"})),
        (
            post.clone(),
            "/accounts".into(),
            json!({"email": "new@example.com", "display_name": "New", "role": "agent", "permissions": ["reply"],
                "team_ids": [COLLECTIONS], "password": "four words of yours"}),
        ),
        (
            put.clone(),
            format!("/accounts/{ann}"),
            json!({"email": ANN.email(), "display_name": "Ann", "role": "agent", "permissions": ["reply"],
                "team_ids": [COLLECTIONS], "disabled": false}),
        ),
        (put.clone(), format!("/accounts/{ann}/password"), json!({"password": "four words of hers"})),
        (
            post,
            "/api_keys".into(),
            json!({"name": "New", "permissions": ["reply"], "team_ids": [COLLECTIONS]}),
        ),
        (put.clone(), "/me".into(), json!({"display_name": "Admin"})),
        (put, "/me/password".into(), json!({"current_password": PASSWORD, "password": PASSWORD})),
    ]
}

async fn send(client: &Client, method: &Method, path: &str, body: &Value) -> ApiResponse {
    ApiResponse::to(client.request(method.clone(), path).json(body)).await
}

/// Signs the admin in and returns the requests, with an open conversation.
async fn prepare(app: &TestApp) -> (Client, Vec<(Method, String, Value)>) {
    let conversation = app.inbound("+447700900788", "Hello").await;
    (app.signed_in(ADMIN).await, requests(conversation))
}

fn fields(body: &Value) -> Map<String, Value> {
    body.as_object().unwrap().clone()
}

/// Returns the fields that a problem names.
fn named_fields(response: ApiResponse) -> Vec<String> {
    assert_eq!(response.header("content-type"), Some("application/problem+json"), "{}", response.body);
    let problem: Value = serde_json::from_str(&response.body).unwrap();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

async fn an_unusual_string_is_accepted_or_refused_with_its_field(app: TestApp) {
    let (admin, requests) = prepare(&app).await;
    let long = "x".repeat(10_000);
    let texts = [
        "",
        " \t\r\n",
        long.as_str(),
        "\u{1f469}\u{200d}\u{1f4bb}",
        "<script>alert(1)</script>",
        "a\0b",
        "'; DROP TABLE messages; --",
        "\u{202e}\u{feff}\u{0301}",
        "%00{{name}}${x}",
    ];
    let (mut created_count, mut current) = (0, PASSWORD.to_owned());
    for (method, path, body) in requests {
        for (name, value) in fields(&body) {
            if !value.is_string() || ["role", "state", "from", "team_number"].contains(&name.as_str()) {
                continue;
            }
            for text in texts {
                let mut changed = body.clone();
                created_count += 1;
                // Names and addresses must be unique, which is not under test here.
                if path == "/accounts" {
                    changed["email"] = json!(format!("new{created_count}@example.com"));
                } else if method == Method::POST && body.get("name").is_some() {
                    changed["name"] = json!(format!("New {created_count}"));
                }
                if path == "/me/password" {
                    changed["current_password"] = json!(current);
                }
                changed[&name] = json!(text);
                let response = send(&admin, &method, &path, &changed).await;
                let about = format!("{method} {path} {name} {text:.20?}: {}", response.status);
                match response.status {
                    200..300 if path == "/me/password" => text.clone_into(&mut current),
                    200..300 => {}
                    // A refused sign-in names no field, and a closed conversation stays closed.
                    401 if path == "/sessions" => {}
                    409 if path.ends_with("/closure") => {}
                    409 if path.ends_with("/messages") => {}
                    409 | 422 => {
                        let named_fields = named_fields(response);
                        assert!(
                            !named_fields.is_empty() && named_fields.iter().all(|field| *field == name),
                            "{about}: {named_fields:?}"
                        );
                    }
                    _ => panic!("{about}: {}", response.body),
                }
            }
        }
    }
}

/// Values of types that differ from the type of this value.
fn other_types(value: &Value) -> Vec<Value> {
    let all = [json!("text"), json!(1.5), json!(true), json!({"a": 1}), json!([{}]), json!(1e300)];
    let is_optional = value.is_null();
    let other = |candidate: &Value| match (value, candidate) {
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => false,
        _ => !(is_optional && candidate.is_null()),
    };
    all.into_iter().filter(other).collect()
}

async fn a_value_of_the_wrong_type_is_refused(app: TestApp) {
    let (admin, requests) = prepare(&app).await;
    for (method, path, body) in requests {
        for (name, value) in fields(&body) {
            for other in other_types(&value) {
                let mut wrong = body.clone();
                wrong[&name] = other;
                send(&admin, &method, &path, &wrong).await.problem(InvalidBody);
            }
        }
    }
}

async fn a_value_of_the_wrong_type_is_refused_with_its_field(app: TestApp) {
    let (admin, requests) = prepare(&app).await;
    let mut unnamed = Vec::new();
    for (method, path, body) in requests {
        for (name, value) in fields(&body) {
            for other in other_types(&value) {
                let mut wrong = body.clone();
                wrong[&name] = other.clone();
                let response = send(&admin, &method, &path, &wrong).await;
                let detail = response.body.clone();
                if !named_fields(response).contains(&name) {
                    unnamed.push(format!("{method} {path} {name} = {other}: {detail}"));
                }
            }
        }
    }
    assert!(unnamed.is_empty(), "{} problems name no field; the first: {}", unnamed.len(), unnamed[0]);
}

async fn a_missing_field_is_named(app: TestApp) {
    let (admin, requests) = prepare(&app).await;
    for (method, path, body) in requests {
        let response = send(&admin, &method, &path, &json!({})).await;
        if path.starts_with("/accounts/") && method == Method::PUT && !path.ends_with("password") {
            response.expect(200);
            continue;
        }
        let problem = response.problem(InvalidBody);
        let detail = problem["detail"].as_str().unwrap();
        let is_named = fields(&body).keys().any(|name| detail.contains(&format!("`{name}`")));
        assert!(is_named, "{method} {path}: {detail}");
    }
}

async fn a_body_that_is_not_an_object_is_refused(app: TestApp) {
    let (admin, requests) = prepare(&app).await;
    for (method, path, _) in requests {
        for body in [json!(null), json!([]), json!("text"), json!(5), json!([[]])] {
            send(&admin, &method, &path, &body).await.problem(InvalidBody);
        }
        let broken =
            admin.request(method, &path).header("Content-Type", "application/json").body("{\"name\":");
        ApiResponse::to(broken).await.problem(InvalidBody);
    }
}
