//! The same request twice does its work once, whatever it makes: every POST of the document is in one table here, but for
//! messages, which have tests of their own.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{AlreadyExists, IdempotencyKeyReused, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ADMIN, COLLECTIONS_NUMBER, PAYMENT_ARRANGED, RESOLVED, SAM, STRANGER},
    on_both_databases,
};

on_both_databases![
    every_post_that_makes_something_does_it_once,
    every_post_of_the_document_is_tested,
    an_api_keys_secret_is_told_once,
    a_daily_file_comes_in_once,
    of_several_at_once_one_does_it,
    a_key_belongs_to_its_sender_and_to_one_request_of_any_kind,
    what_failed_can_be_tried_again_with_the_same_key,
    an_answer_is_kept_for_a_day,
];

/// What is made: the path in the document, where it is really sent to, a body, another body, and the table that grows.
type Row = (&'static str, String, Value, Value, &'static str);

fn table(conversation: i64) -> Vec<Row> {
    let account = |password: &str| {
        json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [1],
            "password": password})
    };
    let consent = |state: &str| json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": state, "note": "By phone."});
    let named = |name: &str| json!({"team_id": 1, "name": name, "body": "Hello"});
    let team = |name: &str| json!({"name": name, "region": "GB", "time_zone": "Europe/London"});
    let closure = |reason: i64| json!({"closure_reason_id": reason});
    let path = |path: &str| format!("/{path}");
    vec![
        ("templates", path("templates"), named("One"), named("Other"), "templates"),
        ("closure_reasons", path("closure_reasons"), named("One"), named("Other"), "closure_reasons"),
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
            "teams/{id}/daily_files/{file_id}/restore",
            path("teams/1/daily_files/1/restore"),
            json!({}),
            json!({}),
            "daily_files",
        ),
    ]
}

async fn send(client: &Client, key: &str, path: &str, body: &Value) -> Answer {
    Answer::to(client.request(Method::POST, path).header("Idempotency-Key", key).json(body)).await
}

fn is_replayed(answer: &Answer) -> bool {
    answer.header("idempotency-replayed") == Some("true")
}

async fn every_post_that_makes_something_does_it_once(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    for (name, path, body, other, grows) in table(conversation) {
        let too_long = send(&admin, &"k".repeat(256), &path, &body).await;
        assert_eq!(too_long.fault(ValidationFailed), ("Idempotency-Key".into(), "invalid".into()), "{name}");
        let first = send(&admin, name, &path, &body).await;
        assert!(!is_replayed(&first), "{name}");
        let first = first.expect(201);
        let count = app.database.count(grows, "1 = 1");
        let again = send(&admin, name, &path, &body).await;
        assert!(is_replayed(&again), "{name}: {}", again.body);
        assert_eq!(again.expect(201), first, "{name}");
        let (path, other) = match name.ends_with("restore") {
            // It has no body: what is asked for is in the path.
            true => (path.replace("/1/restore", "/2/restore"), other),
            false => (path, other),
        };
        send(&admin, name, &path, &other).await.problem(IdempotencyKeyReused);
        assert_eq!(app.database.count(grows, "1 = 1"), count, "{name}");
    }
}

async fn every_post_of_the_document_is_tested(app: TestApp) {
    let document = app.nobody.get("//api/openapi.json").await.expect(200);
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
    let elsewhere = ["conversations", "conversations/{id}/messages", "api_keys", "teams/{id}/daily_files"];
    let tested = table(1).into_iter().map(|row| row.0).chain(elsewhere);
    assert_eq!(posts, tested.map(str::to_owned).collect());
}

async fn an_api_keys_secret_is_told_once(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = |name: &str| json!({"name": name, "permissions": ["reply"], "team_ids": [1]});
    let before = app.database.count("api_keys", "1 = 1");
    let secret = send(&admin, "k1", "/api_keys", &new("CRM")).await.expect(201)["secret"].clone();
    send(&admin, "k1", "/api_keys", &new("CRM")).await.problem(AlreadyExists);
    send(&admin, "k1", "/api_keys", &new("Other")).await.problem(IdempotencyKeyReused);
    assert_eq!(app.database.count("api_keys", "1 = 1"), before + 1);
    let kept = app.database.words("SELECT COALESCE(answer, 'nothing') AS value FROM idempotency_keys");
    assert_eq!(kept, ["nothing"]);
    let program = app.nobody.with_token(secret.as_str().unwrap());
    program.get("/me").await.expect(200);
}

async fn upload(client: &Client, key: &str, path: &str, file: &str) -> Answer {
    let request = client.request(Method::POST, path).header("Idempotency-Key", key);
    Answer::to(request.header("Content-Type", "text/csv").body(file.to_owned())).await
}

async fn a_daily_file_comes_in_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = "/teams/1/daily_files?confirm=true";
    let file = "Ref,Name,Mobile\nA-1,Jo,07700 900777\n";
    let first = upload(&sam, "k1", path, file).await.expect(201);
    let files = app.database.count("daily_files", "1 = 1");
    let again = upload(&sam, "k1", path, file).await;
    assert!(is_replayed(&again));
    assert_eq!(again.expect(201), first);
    upload(&sam, "k1", path, &file.replace("Jo", "Joe")).await.problem(IdempotencyKeyReused);
    // The same file as a form is the same file.
    let part = reqwest::multipart::Part::bytes(file.as_bytes().to_vec()).file_name("today.csv");
    let form = reqwest::multipart::Form::new().part("file", part);
    let request = sam.request(Method::POST, path).header("Idempotency-Key", "k1").multipart(form);
    assert!(is_replayed(&Answer::to(request).await));
    assert_eq!(app.database.count("daily_files", "1 = 1"), files);
    upload(&sam, "k2", path, file).await.expect(201);
    assert_eq!(app.database.count("daily_files", "1 = 1"), files + 1);
}

async fn of_several_at_once_one_does_it(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for n in 0..5 {
        let new = json!({"team_id": 1, "name": format!("Template {n}"), "body": "Hello"});
        let posts: Vec<_> = (0..4)
            .map(|_| {
                let (admin, new) = (admin.clone(), new.clone());
                tokio::spawn(async move { send(&admin, &format!("k{n}"), "/templates", &new).await })
            })
            .collect();
        let mut answers = Vec::new();
        for post in posts {
            answers.push(post.await.unwrap());
        }
        assert_eq!(answers.iter().filter(|answer| is_replayed(answer)).count(), 3);
        let made: Vec<Value> = answers.into_iter().map(|answer| answer.expect(201)).collect();
        assert!(made.iter().all(|one| *one == made[0]), "{made:?}");
    }
    assert_eq!(app.database.count("templates", "name LIKE 'Template %'"), 5);
}

async fn a_key_belongs_to_its_sender_and_to_one_request_of_any_kind(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
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

async fn what_failed_can_be_tried_again_with_the_same_key(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = |name: &str| json!({"team_id": 1, "name": name, "body": "Hello"});
    send(&admin, "k1", "/templates", &new("")).await.problem(ValidationFailed);
    let made = send(&admin, "k1", "/templates", &new("One")).await;
    assert!(!is_replayed(&made));
    made.expect(201);
}

async fn an_answer_is_kept_for_a_day(app: TestApp) {
    let program = app.nobody.with_token(crate::support::fixtures::FULL_KEY);
    let consent =
        json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_in", "note": "!"});
    send(&program, "k1", "/consents", &consent).await.expect(201);
    app.advance(TimeDelta::hours(24) - TimeDelta::seconds(1));
    assert!(is_replayed(&send(&program, "k1", "/consents", &consent).await));
    app.advance(TimeDelta::seconds(1));
    assert!(!is_replayed(&send(&program, "k1", "/consents", &consent).await));
    app.as_time_passes("what was kept is taken away", async || {
        app.advance(TimeDelta::hours(1));
        (app.database.count("idempotency_keys", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("consents", "note = '!'"), 2);
}
