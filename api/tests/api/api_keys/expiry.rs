//! API keys that expire.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{ApiKeyExpired, InvalidBody, ValidationFailed};

use super::{create_key, new};
use crate::support::{
    TestApp,
    fixtures::{ADMIN, COLLECTIONS, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    an_expired_key_is_refused_and_stays_listed,
    a_key_without_an_expiry_does_not_expire,
    an_expiry_is_in_the_future,
    the_stream_of_an_expired_key_ends,
];

fn expiring(expires_at: &str) -> Value {
    let mut key = new(json!(["reply"]), json!([COLLECTIONS]));
    key["expires_at"] = json!(expires_at);
    key
}

async fn an_expired_key_is_refused_and_stays_listed(app: TestApp) {
    let (key, program) = create_key(&app, expiring("2024-11-25T10:00:00Z")).await;
    assert_eq!(key["expires_at"], "2024-11-25T10:00:00Z");
    app.advance(TimeDelta::minutes(59));
    program.get("/me").await.expect(200);
    app.advance(TimeDelta::minutes(1));
    // Twice: also when the server knows the key from an earlier request.
    for _ in 0..2 {
        let refused = program.get("/me").await.problem(ApiKeyExpired);
        assert!(refused["detail"].as_str().unwrap().contains("expired"), "{refused}");
    }
    let admin = app.signed_in(ADMIN).await;
    let listed = admin.get("/api_keys").await.items().remove(0);
    assert_eq!((&listed["id"], &listed["expires_at"]), (&key["id"], &key["expires_at"]));
}

async fn a_key_without_an_expiry_does_not_expire(app: TestApp) {
    let mut given = expiring("2024-11-25T10:00:00Z");
    given["expires_at"] = Value::Null;
    let (key, program) = create_key(&app, given).await;
    assert_eq!(key["expires_at"], Value::Null);
    app.advance(TimeDelta::days(1000));
    program.get("/me").await.expect(200);
}

async fn an_expiry_is_in_the_future(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for past in ["2024-11-25T09:00:00Z", "2000-01-01T00:00:00Z"] {
        let refused = admin.post("/api_keys", expiring(past)).await;
        assert_eq!(refused.faults(ValidationFailed), ["expires_at:past"]);
    }
    for wrong in [json!("tomorrow"), json!(5), json!("2024-11-26")] {
        let mut key = expiring("");
        key["expires_at"] = wrong;
        admin.post("/api_keys", key).await.problem(InvalidBody);
    }
    assert_eq!(app.database.count("api_keys", "1 = 1"), 2);
    for far in ["2024-11-25T09:00:00.000001Z", "9999-12-31T23:59:59Z"] {
        assert_eq!(admin.post("/api_keys", expiring(far)).await.expect(201)["expires_at"], far);
    }
}

async fn the_stream_of_an_expired_key_ends(app: TestApp) {
    let (_, program) = create_key(&app, expiring("2024-11-25T10:00:00Z")).await;
    let mut stream = Listener::to(&program).await;
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(stream.event().await.unwrap()["kind"], "message_received");
    app.advance(TimeDelta::hours(1));
    // A change of any key lets the streams of all keys check their own.
    let (_, _) = create_key(&app, new(json!(["reply"]), json!([COLLECTIONS]))).await;
    let admin = app.signed_in(ADMIN).await;
    admin.delete("/api_keys/1").await.no_content();
    app.inbound(STRANGER, "a message that the client must not receive").await;
    assert!(!stream.kinds_until_end().await.contains(&"message_received".to_owned()));
}
