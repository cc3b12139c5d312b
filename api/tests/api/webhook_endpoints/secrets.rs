//! The secrets of webhook endpoints, and their rotation.

use api::config::SettingArgs;
use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;
use shared::ErrorCode::AlreadyExists;

use crate::support::{
    ApiResponse, TestApp, eventually, fixtures::SAM, on_both_databases, receiver::Receiver,
};

fn private_addresses(args: &mut SettingArgs) {
    args.webhook_private_addresses = Some("on".to_owned());
}

on_both_databases![with private_addresses;
    both_secrets_sign_for_a_day_after_a_rotation,
];

on_both_databases![a_secret_is_shown_once,];

async fn both_secrets_sign_for_a_day_after_a_rotation(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let new = json!({"url": receiver.url(), "event_types": ["message.received"]});
    let endpoint = sam.post("/teams/1/webhook_endpoints", new).await.expect(201);
    let first = endpoint["secret"].as_str().unwrap().to_owned();
    let path = format!("/webhook_endpoints/{}", endpoint["id"]);
    let rotated = sam.post(&format!("{path}/secret"), json!({})).await.expect(201);
    let second = rotated["secret"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    assert_eq!(rotated["previous_secret_until"], "2024-11-26T09:00:00Z");
    let tested = async |count: usize| {
        sam.post(&format!("{path}/test"), json!({})).await.expect(201);
        eventually("the test arrived", async || receiver.received().get(count - 1).cloned()).await
    };
    let during = tested(1).await;
    assert!(during.is_signed_with(&first) && during.is_signed_with(&second));
    app.advance(TimeDelta::hours(24));
    let sam = app.signed_in(SAM).await;
    sam.post(&format!("{path}/test"), json!({})).await.expect(201);
    let after = eventually("the test arrived", async || receiver.received().get(1).cloned()).await;
    assert!(!after.is_signed_with(&first) && after.is_signed_with(&second));
}

async fn a_secret_is_shown_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let post = async |key: &str, path: &str| {
        let new = json!({"url": "https://example.com/", "event_types": ["message.received"]});
        ApiResponse::to(sam.request(Method::POST, path).header("Idempotency-Key", key).json(&new)).await
    };
    let created = post("one", "/teams/1/webhook_endpoints").await.expect(201);
    post("one", "/teams/1/webhook_endpoints").await.problem(AlreadyExists);
    let path = format!("/webhook_endpoints/{}/secret", created["id"]);
    let rotated = post("two", &path).await.expect(201);
    post("two", &path).await.problem(AlreadyExists);
    for secret in [&created["secret"], &rotated["secret"]] {
        let stored =
            app.database.strings("SELECT COALESCE(answer, 'nothing') AS value FROM idempotency_keys");
        assert!(stored.iter().all(|answer| !answer.contains(secret.as_str().unwrap())), "{stored:?}");
    }
}
