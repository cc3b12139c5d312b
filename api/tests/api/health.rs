//! Whether the desk lives and can work, and what it counts.

use serde_json::{Value, json};

use crate::support::{
    TestApp,
    fixtures::{ANN, MARIA, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_desk_that_can_work_says_so,
    a_text_that_waits_is_counted_with_its_age,
    a_database_that_is_gone_is_told,
    the_metrics_count_and_name_nobody,
    the_handset_is_there_with_the_simulator_only,
];

async fn a_desk_that_can_work_says_so(app: TestApp) {
    assert_eq!(app.nobody.get("//health/live").await.expect(200), json!({"status": "ok"}));
    let expected = json!({"status": "ok", "database": "ok",
        "gateway": {"status": "ok", "refused_since": null, "queued": 0, "oldest_queued_at": null}});
    assert_eq!(app.nobody.get("//health/ready").await.expect(200), expected);
}

async fn a_text_that_waits_is_counted_with_its_age(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.order(json!({"fault": "http_429", "retry_after": 3600, "times": null})).await;
    let message = ann.replies(conversation, "Hi").await;
    app.try_fails(message, 1).await;
    let ready = app.nobody.get("//health/ready").await.expect(200);
    let expected = json!({"status": "ok", "refused_since": null, "queued": 1, "oldest_queued_at": "2024-11-25T09:00:00Z"});
    assert_eq!(ready["gateway"], expected);
}

async fn a_database_that_is_gone_is_told(app: TestApp) {
    // Whatever takes the outbox away: a dropped table looks like any other fault from here.
    app.database.run("DROP TABLE outbox").unwrap();
    let ready = app.nobody.get("//health/ready").await.expect(503);
    assert_eq!(ready["database"], "unreachable");
    assert_eq!(ready["gateway"]["queued"], Value::Null);
    assert_eq!(app.nobody.get("//health/live").await.status, 200);
}

async fn the_metrics_count_and_name_nobody(app: TestApp) {
    // The recorder is one for the whole process, and begins to count when it is asked for the first time.
    app.nobody.get("//metrics").await;
    let conversation = app.text(MARIA, "the secret words").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.replies(conversation, "more secret words").await;
    app.message_becomes(&ann, message, "delivered").await;
    let answer = app.nobody.get("//metrics").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for name in [
        "sms_chat_messages_received_total ",
        "sms_chat_hand_overs_total{outcome=\"accepted\"} ",
        "sms_chat_requests_total{",
        "sms_chat_outbox_texts ",
    ] {
        assert!(answer.body.contains(name), "{name} in {}", answer.body);
    }
    for word in ["secret", "Maria", "7700900123", "ann@example.com"] {
        assert!(!answer.body.contains(word), "{word} in {}", answer.body);
    }
    let route = "route=\"/api/v1/conversations/{id}/messages\"";
    assert!(answer.body.contains(route), "paths are counted by their pattern: {}", answer.body);
}

async fn the_handset_is_there_with_the_simulator_only(app: TestApp) {
    app.nobody.get("//handset").await.problem(shared::ErrorCode::NotFound);
    let desk = app.replica(|args| {
        args.gateway = Some("simulator".to_owned());
        args.twilio_account_sid = None;
        args.twilio_auth_token = None;
    });
    let answer = desk.nobody.get("//handset").await;
    assert_eq!(answer.status, 307);
    let page = answer.header("location").unwrap();
    assert!(page.starts_with("http://127.0.0.1:") && page.ends_with("/handset"), "{page}");
    let page = reqwest::get(page).await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<html"));
}
