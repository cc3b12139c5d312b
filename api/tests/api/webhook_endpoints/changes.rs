//! Creating, changing and deleting webhook endpoints.

use serde_json::{Value, json};
use shared::{ErrorCode::ValidationFailed, webhook_endpoint::MAX_ENDPOINTS};

use crate::support::{Client, TestApp, fixtures::SAM, on_both_databases};

on_both_databases![
    a_created_endpoint_is_listed_without_its_secret,
    an_invalid_endpoint_is_refused_with_the_field,
    a_change_replaces_the_content_and_can_disable_the_endpoint,
    a_deleted_endpoint_is_gone_with_its_deliveries,
    a_team_has_a_limited_number_of_endpoints,
];

const LIST: &str = "/teams/1/webhook_endpoints";

fn endpoint() -> Value {
    json!({"url": "https://example.com/hooks", "description": "CRM", "event_types": ["message.received"]})
}

async fn created(client: &Client) -> Value {
    client.post(LIST, endpoint()).await.expect(201)
}

async fn a_created_endpoint_is_listed_without_its_secret(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let response = sam.post(LIST, endpoint()).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let mut created = response.expect(201);
    assert!(created["secret"].as_str().unwrap().starts_with("whsec_"));
    created.as_object_mut().unwrap().remove("secret");
    assert_eq!(created["enabled"], true);
    assert_eq!(created["created_by"], "Sam");
    assert_eq!(sam.get(LIST).await.items(), [created.clone()]);
    assert_eq!(sam.get(&format!("/webhook_endpoints/{}", created["id"])).await.expect(200), created);
}

async fn an_invalid_endpoint_is_refused_with_the_field(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let wrong = [
        ("url", json!({"url": " "}), "required"),
        ("url", json!({"url": "example.com"}), "invalid"),
        ("url", json!({"url": "http://example.com"}), "invalid"),
        ("url", json!({"url": "https://127.0.0.1/"}), "forbidden_address"),
        ("url", json!({"url": "https://169.254.169.254/latest/meta-data"}), "forbidden_address"),
        ("url", json!({"url": "https://[::ffff:10.0.0.1]/"}), "forbidden_address"),
        ("url", json!({"url": format!("https://example.com/{}", "a".repeat(2000))}), "too_long"),
        ("description", json!({"description": "a".repeat(201)}), "too_long"),
        ("description", json!({"description": "a\nb"}), "invalid_character"),
        ("event_types", json!({"event_types": []}), "required"),
    ];
    for (field, change, code) in wrong {
        let mut body = endpoint();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let refused = sam.post(LIST, body.clone()).await;
        assert_eq!(refused.fault(ValidationFailed), (field.to_owned(), code.to_owned()), "{body}");
    }
    assert_eq!(sam.get(LIST).await.items(), Vec::<Value>::new());
}

async fn a_change_replaces_the_content_and_can_disable_the_endpoint(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = format!("/webhook_endpoints/{}", created(&sam).await["id"]);
    let change = json!({"url": "https://example.org/", "event_types": ["consent.changed"], "enabled": false});
    let changed = sam.put(&path, change).await.expect(200);
    assert_eq!(changed["url"], "https://example.org/");
    assert_eq!(changed["description"], "");
    assert_eq!(changed["event_types"], json!(["consent.changed"]));
    assert_eq!(changed["disabled_reason"], "manual");
    // `enabled` is left out, so it stays.
    assert_eq!(sam.put(&path, endpoint()).await.expect(200)["enabled"], false);
    let mut enabled = endpoint();
    enabled["enabled"] = json!(true);
    assert_eq!(sam.put(&path, enabled).await.expect(200)["disabled_at"], Value::Null);
}

async fn a_deleted_endpoint_is_gone_with_its_deliveries(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let new = json!({"url": "https://webhooks.invalid/hooks", "event_types": ["message.received"]});
    let created = sam.post(LIST, new).await.expect(201);
    let path = format!("/webhook_endpoints/{}", created["id"]);
    sam.post(&format!("{path}/test"), json!({})).await.expect(201);
    sam.delete(&path).await.no_content();
    assert_eq!(app.database.count("webhook_deliveries", "1 = 1"), 0);
    assert_eq!(sam.get(&path).await.status, 404);
    assert_eq!(sam.delete(&path).await.status, 404);
}

async fn a_team_has_a_limited_number_of_endpoints(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for _ in 0..MAX_ENDPOINTS {
        created(&sam).await;
    }
    let refused = sam.post(LIST, endpoint()).await;
    assert_eq!(refused.fault(ValidationFailed), ("url".into(), "too_many".into()));
    sam.post("/teams/2/webhook_endpoints", endpoint()).await.expect(201);
}
