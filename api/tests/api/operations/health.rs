//! Liveness, readiness and metrics.

use serde_json::{Value, json};

use crate::support::{
    TestApp,
    fixtures::{ANN, MARIA, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_healthy_server_is_ready,
    a_waiting_message_is_counted_with_its_age,
    a_failing_database_is_reported,
    the_metrics_contain_no_personal_data,
    the_handset_exists_only_with_the_simulator,
];

async fn a_healthy_server_is_ready(app: TestApp) {
    assert_eq!(app.anonymous.get("//health/live").await.expect(200), json!({"status": "ok"}));
    let expected = json!({"status": "ok", "database": "ok",
        "gateway": {"status": "ok", "refused_since": null, "queued": 0, "oldest_queued_at": null}});
    assert_eq!(app.anonymous.get("//health/ready").await.expect(200), expected);
}

async fn a_waiting_message_is_counted_with_its_age(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "http_429", "retry_after": 3600, "times": null})).await;
    let message = ann.create_reply(conversation, "Hi").await;
    app.attempt_fails(message, 1).await;
    let ready = app.anonymous.get("//health/ready").await.expect(200);
    let expected = json!({"status": "ok", "refused_since": null, "queued": 1, "oldest_queued_at": "2024-11-25T09:00:00Z"});
    assert_eq!(ready["gateway"], expected);
}

async fn a_failing_database_is_reported(app: TestApp) {
    // A dropped table is reported like any other database failure.
    app.database.run("DROP TABLE outbox").unwrap();
    let ready = app.anonymous.get("//health/ready").await.expect(503);
    assert_eq!(ready["database"], "unreachable");
    assert_eq!(ready["gateway"]["status"], "unknown");
    assert_eq!(ready["gateway"]["queued"], Value::Null);
    assert_eq!(app.anonymous.get("//health/live").await.status, 200);
}

async fn the_metrics_contain_no_personal_data(app: TestApp) {
    // The process has one metrics recorder, which starts counting at the first request for metrics.
    app.anonymous.get("//metrics").await;
    let conversation = app.inbound(MARIA, "the secret words").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.create_reply(conversation, "more secret words").await;
    app.message_becomes(&ann, message, "delivered").await;
    let response = app.anonymous.get("//metrics").await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for name in [
        "sms_chat_messages_received_total ",
        "sms_chat_delivery_attempts_total{outcome=\"accepted\"} ",
        "sms_chat_requests_total{",
        "sms_chat_outbox_messages ",
    ] {
        assert!(response.body.contains(name), "{name} in {}", response.body);
    }
    for word in ["secret words", "Maria", "7700900123", "ann@example.com"] {
        assert!(!response.body.contains(word), "{word} in {}", response.body);
    }
    let route = "route=\"/api/v1/conversations/{id}/messages\"";
    assert!(response.body.contains(route), "paths are counted by their pattern: {}", response.body);
}

async fn the_handset_exists_only_with_the_simulator(app: TestApp) {
    app.anonymous.get("//handset").await.problem(shared::ErrorCode::NotFound);
    let server = app.replica(|args| {
        args.gateway = Some("simulator".to_owned());
        args.twilio_account_sid = None;
        args.twilio_auth_token = None;
    });
    let response = server.anonymous.get("//handset").await;
    assert_eq!(response.status, 307);
    let page = response.header("location").unwrap();
    assert!(page.starts_with("http://127.0.0.1:") && page.ends_with("/handset"), "{page}");
    let page = reqwest::get(page).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<html"));
}
