//! Every POST with an `Idempotency-Key` does its work once. The table here has every such POST of the OpenAPI document
//! except messages, which have their own tests.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{AlreadyExists, IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, COLLECTIONS_NUMBER, PAYMENT_ARRANGED, RESOLVED, SAM, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_repeated_post_creates_its_resource_once,
    every_post_of_the_document_is_in_the_table,
    an_api_keys_secret_is_shown_once,
    a_repeated_import_stores_one_file,
    simultaneous_requests_with_one_key_create_one_resource,
    a_key_belongs_to_one_sender_and_one_request,
    a_failed_request_can_be_repeated_with_the_same_key,
    a_response_is_kept_for_a_day,
];

/// A request: its path in the document, the real path, a body, another body, and the table that gets a row.
type Row = (&'static str, String, Value, Value, &'static str);

fn table(conversation: i64) -> Vec<Row> {
    let account = |password: &str| {
        json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [1],
            "password": password})
    };
    let consent = |state: &str| json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": state, "note": "By phone."});
    let named = |name: &str| json!({"team_id": 1, "name": name, "body": "Hello"});
    let team = |name: &str| json!({"name": name, "region": "GB", "time_zone": "Europe/London"});
    let tag = |name: &str| json!({"team_id": 1, "name": name, "colour": "orange"});
    let closure = |reason: i64| json!({"closure_reason_id": reason});
    let path = |path: &str| format!("/{path}");
    vec![
        ("templates", path("templates"), named("One"), named("Other"), "templates"),
        ("closure_reasons", path("closure_reasons"), named("One"), named("Other"), "closure_reasons"),
        ("tags", path("tags"), tag("One"), tag("Other"), "tags"),
        ("teams", path("teams"), team("Sales"), team("Sale"), "teams"),
        (
            "teams/{id}/numbers",
            path("teams/1/numbers"),
            json!({"number": "07700 900005"}),
            json!({"number": "07700 900006"}),
            "team_numbers",
        ),
        (
            "accounts",
            path("accounts"),
            account("four words of yours"),
            account("four words of theirs"),
            "accounts",
        ),
        ("consents", path("consents"), consent("opted_out"), consent("opted_in"), "consents"),
        (
            "conversations/{id}/opt_out",
            format!("/conversations/{conversation}/opt_out"),
            json!({}),
            json!({"note": "By phone."}),
            "consents",
        ),
        (
            "conversations/{id}/closure",
            format!("/conversations/{conversation}/closure"),
            closure(RESOLVED),
            closure(PAYMENT_ARRANGED),
            "events",
        ),
        (
            "teams/{id}/erasures",
            path("teams/1/erasures"),
            json!({"number": "07700 900999", "reason": "Asked."}),
            json!({"number": "07700 900998", "reason": "Asked."}),
            "audit_entries",
        ),
        (
            "teams/{id}/legal_holds",
            path("teams/1/legal_holds"),
            json!({"reason": "Court."}),
            json!({"reason": "Other."}),
            "legal_holds",
        ),
        (
            "teams/{id}/daily_files/{file_id}/restore",
            path("teams/1/daily_files/1/restore"),
            json!({}),
            json!({}),
            "daily_files",
        ),
    ]
}

async fn send(client: &Client, key: &str, path: &str, body: &Value) -> ApiResponse {
    ApiResponse::to(client.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

fn is_replayed(response: &ApiResponse) -> bool {
    response.header("idempotency-replayed") == Some("true")
}

async fn a_repeated_post_creates_its_resource_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    for (name, path, body, other, grown_table) in table(conversation) {
        let too_long = send(&admin, &"k".repeat(256), &path, &body).await;
        assert_eq!(too_long.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()), "{name}");
        let first = send(&admin, name, &path, &body).await;
        assert!(!is_replayed(&first), "{name}");
        let first = first.expect(201);
        let count = app.database.count(grown_table, "1 = 1");
        let again = send(&admin, name, &path, &body).await;
        assert!(is_replayed(&again), "{name}: {}", again.body);
        assert_eq!(again.expect(201), first, "{name}");
        let (path, other) = match name.ends_with("restore") {
            // A restore has no body; the file in the path is the difference.
            true => (path.replace("/1/restore", "/2/restore"), other),
            false => (path, other),
        };
        send(&admin, name, &path, &other).await.problem(IdempotencyKeyReused);
        assert_eq!(app.database.count(grown_table, "1 = 1"), count, "{name}");
    }
}

async fn every_post_of_the_document_is_in_the_table(app: TestApp) {
    let document = app.anonymous.get("//api/openapi.json").await.expect(200);
    let posts: BTreeSet<String> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, methods)| {
            let parameters = methods["post"]["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"))
        })
        .map(|(path, _)| path.trim_start_matches("/api/v1/").to_owned())
        .collect();
    let tested_elsewhere = [
        "conversations",
        "conversations/batch",
        "conversations/{id}/messages",
        "conversations/{id}/notes",
        "api_keys",
        "teams/{id}/webhook_endpoints",
        "webhook_endpoints/{id}/secret",
        "webhook_endpoints/{id}/test",
        "webhook_deliveries/{id}/replay",
        "api_keys/{id}/rotation",
        "teams/{id}/campaigns",
        "teams/{id}/daily_files",
        "queue/next",
        "messages/{id}/send_now",
    ];
    let tested = table(1).into_iter().map(|row| row.0).chain(tested_elsewhere);
    assert_eq!(posts, tested.map(str::to_owned).collect());
}

async fn an_api_keys_secret_is_shown_once(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = |name: &str| json!({"name": name, "permissions": ["reply"], "team_ids": [1]});
    let before = app.database.count("api_keys", "1 = 1");
    let secret = send(&admin, "k1", "/api_keys", &new("CRM")).await.expect(201)["secret"].clone();
    send(&admin, "k1", "/api_keys", &new("CRM")).await.problem(AlreadyExists);
    send(&admin, "k1", "/api_keys", &new("Other")).await.problem(IdempotencyKeyReused);
    assert_eq!(app.database.count("api_keys", "1 = 1"), before + 1);
    let stored = app.database.strings("SELECT COALESCE(answer, 'nothing') AS value FROM idempotency_keys");
    assert_eq!(stored, ["nothing"]);
    let program = app.anonymous.with_token(secret.as_str().unwrap());
    program.get("/me").await.expect(200);
}

async fn upload(client: &Client, key: &str, path: &str, file: &str) -> ApiResponse {
    let request = client.request(Method::POST, path).header("Idempotency-Key", key);
    ApiResponse::to(request.header("Content-Type", "text/csv").body(file.to_owned())).await
}

async fn a_repeated_import_stores_one_file(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = "/teams/1/daily_files?confirm=true";
    let file = "Ref,Name,Mobile\nA-1,Jo,07700 900777\n";
    let first = upload(&sam, "k1", path, file).await.expect(201);
    let files = app.database.count("daily_files", "1 = 1");
    let again = upload(&sam, "k1", path, file).await;
    assert!(is_replayed(&again));
    assert_eq!(again.expect(201), first);
    upload(&sam, "k1", path, &file.replace("Jo", "Joe")).await.problem(IdempotencyKeyReused);
    // A multipart form with the same file is the same request.
    let part = reqwest::multipart::Part::bytes(file.as_bytes().to_vec()).file_name("today.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = sam.request(Method::POST, path).header("Idempotency-Key", "k1").multipart(form);
    assert!(is_replayed(&ApiResponse::to(request).await));
    assert_eq!(app.database.count("daily_files", "1 = 1"), files);
    upload(&sam, "k2", path, file).await.expect(201);
    assert_eq!(app.database.count("daily_files", "1 = 1"), files + 1);
}

async fn simultaneous_requests_with_one_key_create_one_resource(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for n in 0..5 {
        let new = json!({"team_id": 1, "name": format!("Template {n}"), "body": "Hello"});
        let posts: Vec<_> = (0..4)
            .map(|_| {
                let (admin, new) = (admin.clone(), new.clone());
                tokio::spawn(async move { send(&admin, &format!("k{n}"), "/templates", &new).await })
            })
            .collect();
        let mut responses = Vec::new();
        for post in posts {
            responses.push(post.await.unwrap());
        }
        assert_eq!(responses.iter().filter(|response| is_replayed(response)).count(), 3);
        let created: Vec<Value> = responses.into_iter().map(|response| response.expect(201)).collect();
        assert!(created.iter().all(|one| *one == created[0]), "{created:?}");
    }
    assert_eq!(app.database.count("templates", "name LIKE 'Template %'"), 5);
}

async fn a_key_belongs_to_one_sender_and_one_request(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (admin, sam) = (app.signed_in(ADMIN).await, app.signed_in(SAM).await);
    let (messages, closure) =
        (format!("/conversations/{conversation}/messages"), format!("/conversations/{conversation}/closure"));
    send(&admin, "k1", &messages, &json!({"body": "Hi"})).await.expect(201);
    send(&admin, "k1", &closure, &json!({"closure_reason_id": RESOLVED})).await.problem(IdempotencyKeyReused);
    let new = json!({"team_id": 1, "name": "One", "body": "Hello"});
    send(&admin, "k2", "/templates", &new).await.expect(201);
    send(&admin, "k2", &messages, &json!({"body": "Hi"})).await.problem(IdempotencyKeyReused);
    send(&sam, "k1", &closure, &json!({"closure_reason_id": RESOLVED})).await.expect(201);
}

async fn a_failed_request_can_be_repeated_with_the_same_key(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = |name: &str| json!({"team_id": 1, "name": name, "body": "Hello"});
    send(&admin, "k1", "/templates", &new("")).await.problem(ValidationFailed);
    let created = send(&admin, "k1", "/templates", &new("One")).await;
    assert!(!is_replayed(&created));
    created.expect(201);
}

async fn a_response_is_kept_for_a_day(app: TestApp) {
    let program = app.anonymous.with_token(crate::support::fixtures::FULL_KEY);
    let consent =
        json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_in", "note": "!"});
    send(&program, "k1", "/consents", &consent).await.expect(201);
    app.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(is_replayed(&send(&program, "k1", "/consents", &consent).await));
    app.advance(TimeDelta::seconds(1));
    assert!(!is_replayed(&send(&program, "k1", "/consents", &consent).await));
    app.advance_until("the stored responses are deleted", async || {
        app.advance(TimeDelta::hours(1));
        (app.database.count("idempotency_keys", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("consents", "note = '!'"), 2);
}
