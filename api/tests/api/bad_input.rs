//! Whatever is written into a field of whatever is made or changed: it is taken as it is, or refused by the name of the
//! field; never a fault of ours, and never half of it kept.

use reqwest::Method;
use serde_json::{Map, Value, json};
use shared::ErrorCode::InvalidBody;

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{
        ADMIN, ANN, BALANCE, COLLECTIONS, COLLECTIONS_NUMBER, PASSWORD, PAYMENT_ARRANGED, RESOLVED, STRANGER,
        SUPPORT,
    },
    on_both_databases,
};

on_both_databases![
    a_strange_text_is_taken_or_refused_by_the_name_of_its_field,
    a_value_of_another_type_is_refused,
    a_value_of_another_type_is_refused_by_the_name_of_its_field,
    a_field_that_is_missing_is_named,
    a_body_that_is_no_object_is_refused,
];

/// Everything that takes a body, but for the webhooks: with one that is right. The conversation is one of Collections,
/// the account Ann's.
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

async fn send(client: &Client, method: &Method, path: &str, body: &Value) -> Answer {
    Answer::to(client.request(method.clone(), path).json(body)).await
}

/// An admin, and the requests about a conversation that is open.
async fn stage(app: &TestApp) -> (Client, Vec<(Method, String, Value)>) {
    let conversation = app.text("+447700900788", "Hello").await;
    (app.signed_in(ADMIN).await, requests(conversation))
}

fn fields(body: &Value) -> Map<String, Value> {
    body.as_object().unwrap().clone()
}

/// The fields that a problem names.
fn named(answer: Answer) -> Vec<String> {
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{}", answer.body);
    let problem: Value = serde_json::from_str(&answer.body).unwrap();
    let errors = problem["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

async fn a_strange_text_is_taken_or_refused_by_the_name_of_its_field(app: TestApp) {
    let (admin, requests) = stage(&app).await;
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
    let (mut made, mut current) = (0, PASSWORD.to_owned());
    for (method, path, body) in requests {
        for (name, value) in fields(&body) {
            if !value.is_string() || ["role", "state", "from", "team_number"].contains(&name.as_str()) {
                continue;
            }
            for text in texts {
                let mut strange = body.clone();
                made += 1;
                // What has to be unique is not what is asked here.
                if path == "/accounts" {
                    strange["email"] = json!(format!("new{made}@example.com"));
                } else if method == Method::POST && body.get("name").is_some() {
                    strange["name"] = json!(format!("New {made}"));
                }
                if path == "/me/password" {
                    strange["current_password"] = json!(current);
                }
                strange[&name] = json!(text);
                let answer = send(&admin, &method, &path, &strange).await;
                let about = format!("{method} {path} {name} {text:.20?}: {}", answer.status);
                match answer.status {
                    200..300 if path == "/me/password" => text.clone_into(&mut current),
                    200..300 => {}
                    // Whoever signs in is not told which of the two is wrong; a closed conversation stays.
                    401 if path == "/sessions" => {}
                    409 if path.ends_with("/closure") => {}
                    409 if path.ends_with("/messages") => {}
                    409 | 422 => {
                        let named = named(answer);
                        assert!(
                            !named.is_empty() && named.iter().all(|field| *field == name),
                            "{about}: {named:?}"
                        );
                    }
                    _ => panic!("{about}: {}", answer.body),
                }
            }
        }
    }
}

/// Values that no field of this value's type takes.
fn other_types(value: &Value) -> Vec<Value> {
    let all = [json!("text"), json!(1.5), json!(true), json!({"a": 1}), json!([{}]), json!(1e300)];
    let is_optional = value.is_null();
    let other = |candidate: &Value| match (value, candidate) {
        (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => false,
        _ => !(is_optional && candidate.is_null()),
    };
    all.into_iter().filter(other).collect()
}

async fn a_value_of_another_type_is_refused(app: TestApp) {
    let (admin, requests) = stage(&app).await;
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

async fn a_value_of_another_type_is_refused_by_the_name_of_its_field(app: TestApp) {
    let (admin, requests) = stage(&app).await;
    let mut unnamed = Vec::new();
    for (method, path, body) in requests {
        for (name, value) in fields(&body) {
            for other in other_types(&value) {
                let mut wrong = body.clone();
                wrong[&name] = other.clone();
                let answer = send(&admin, &method, &path, &wrong).await;
                let detail = answer.body.clone();
                if !named(answer).contains(&name) {
                    unnamed.push(format!("{method} {path} {name} = {other}: {detail}"));
                }
            }
        }
    }
    assert!(unnamed.is_empty(), "{} problems name no field; the first: {}", unnamed.len(), unnamed[0]);
}

async fn a_field_that_is_missing_is_named(app: TestApp) {
    let (admin, requests) = stage(&app).await;
    for (method, path, body) in requests {
        let answer = send(&admin, &method, &path, &json!({})).await;
        if path.starts_with("/accounts/") && method == Method::PUT && !path.ends_with("password") {
            answer.expect(200);
            continue;
        }
        let problem = answer.problem(InvalidBody);
        let detail = problem["detail"].as_str().unwrap();
        let is_named = fields(&body).keys().any(|name| detail.contains(&format!("`{name}`")));
        assert!(is_named, "{method} {path}: {detail}");
    }
}

async fn a_body_that_is_no_object_is_refused(app: TestApp) {
    let (admin, requests) = stage(&app).await;
    for (method, path, _) in requests {
        for body in [json!(null), json!([]), json!("text"), json!(5), json!([[]])] {
            send(&admin, &method, &path, &body).await.problem(InvalidBody);
        }
        let broken =
            admin.request(method, &path).header("Content-Type", "application/json").body("{\"name\":");
        Answer::to(broken).await.problem(InvalidBody);
    }
}
