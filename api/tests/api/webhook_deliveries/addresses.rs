//! Webhooks go to public addresses only, unless the setting allows others.

use serde_json::json;

use super::stored;
use crate::support::{TestApp, fixtures::SAM, on_both_databases, receiver::Receiver};

on_both_databases![
    a_name_that_leads_to_a_loopback_address_is_not_connected,
    an_address_that_is_no_longer_allowed_is_not_connected,
];

async fn a_name_that_leads_to_a_loopback_address_is_not_connected(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let new =
        json!({"url": format!("https://localhost:{}/", receiver.port), "event_types": ["message.received"]});
    let created = sam.post("/teams/1/webhook_endpoints", new).await.expect(201);
    assert_eq!(
        tested(&app, &sam, &created["id"]).await,
        "Webhooks cannot be sent to this address, because it is not public."
    );
    assert_eq!(receiver.count(), 0);
}

async fn an_address_that_is_no_longer_allowed_is_not_connected(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let new = json!({"url": "https://example.com/", "event_types": ["message.received"]});
    let created = sam.post("/teams/1/webhook_endpoints", new).await.expect(201);
    // As if the setting had been on when the endpoint was created.
    app.database.run(&format!("UPDATE webhook_endpoints SET url = '{}'", receiver.url())).unwrap();
    assert_eq!(
        tested(&app, &sam, &created["id"]).await,
        "Webhooks cannot be sent to this address, because it is not public."
    );
    assert_eq!(receiver.count(), 0);
}

/// Sends a test, and returns why it failed.
async fn tested(app: &TestApp, client: &crate::support::Client, endpoint: &serde_json::Value) -> String {
    client.post(&format!("/webhook_endpoints/{endpoint}/test"), json!({})).await.expect(201);
    stored(app, 1, "failed").await;
    let log = client.get(&format!("/webhook_endpoints/{endpoint}/deliveries")).await.items();
    assert_eq!(log[0]["response_status"], serde_json::Value::Null);
    log[0]["response"].as_str().unwrap().to_owned()
}
