//! The rotation of an API key: a new secret, while the old one still works for a while.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, ApiKeyExpired, Forbidden, InvalidBody, NotFound, PreconditionFailed, Unauthenticated,
    ValidationFailed,
};

use super::{create_key, new};
use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    fixtures::{ADMIN, COLLECTIONS, FULL_KEY, STRANGER},
    on_both_databases, run,
    stream::Listener,
};

on_both_databases![
    both_secrets_work_during_the_overlap,
    the_overlap_can_be_left_out_or_ended_at_once,
    a_second_rotation_ends_the_overlap_of_the_first,
    the_use_of_each_secret_is_recorded,
    a_rotation_can_change_the_expiry_but_not_prolong_the_old_secret,
    a_rotation_cannot_exceed_the_callers_permissions,
    a_repeated_rotation_does_not_show_the_secret_again,
    each_invalid_field_of_a_rotation_is_named,
    a_rotation_of_another_version_is_refused,
    a_revoked_key_loses_both_secrets,
    the_stream_of_the_old_secret_ends_with_the_overlap,
];

async fn key(app: &TestApp) -> (String, Value, Client) {
    let (key, program) = create_key(app, new(json!(["reply"]), json!([COLLECTIONS]))).await;
    (format!("/api_keys/{}", key["id"]), key, program)
}

/// Rotates a key; returns it and a client that uses the new secret.
async fn rotate(app: &TestApp, path: &str, rotation: Value) -> (Value, Client) {
    let admin = app.signed_in(ADMIN).await;
    let response = admin.post(&format!("{path}/rotation"), rotation).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let key = response.expect(201);
    let client = app.anonymous.with_token(key["secret"].as_str().unwrap());
    (key, client)
}

async fn both_secrets_work_during_the_overlap(app: TestApp) {
    let (path, before, old) = key(&app).await;
    old.get("/me").await.expect(200);
    let (rotated, new) = rotate(&app, &path, json!({"overlap_hours": 48})).await;
    assert_ne!(rotated["secret"], before["secret"]);
    assert_eq!(
        rotated["previous"],
        json!({"hint": before["hint"], "expires_at": "2024-11-27T09:00:00Z", "last_used_at": "2024-11-25T09:00:00Z"})
    );
    for name in ["id", "name", "permissions", "team_ids", "created_by", "created_at"] {
        assert_eq!(rotated[name], before[name], "{name}");
    }
    assert_eq!(old.get("/me").await.expect(200), new.get("/me").await.expect(200));
    app.advance(TimeDelta::hours(47));
    old.get("/me").await.expect(200);
    app.advance(TimeDelta::hours(1));
    let refused = old.get("/me").await.problem(ApiKeyExpired);
    assert!(refused["detail"].as_str().unwrap().contains("replaced"), "{refused}");
    new.get("/me").await.expect(200);
    let admin = app.signed_in(ADMIN).await;
    let shown = admin.get(&path).await.expect(200);
    assert_eq!(shown["previous"], Value::Null);
    assert!(shown.get("secret").is_none(), "{shown}");
}

async fn the_overlap_can_be_left_out_or_ended_at_once(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let (rotated, new) = rotate(&app, &path, json!({"overlap_hours": 0})).await;
    assert_eq!(rotated["previous"], Value::Null);
    old.get("/me").await.problem(ApiKeyExpired);
    let admin = app.signed_in(ADMIN).await;
    // Without a body: 24 hours.
    let second = ApiResponse::to(admin.request(Method::POST, &format!("{path}/rotation"))).await.expect(201);
    assert_eq!(second["previous"]["expires_at"], "2024-11-26T09:00:00Z");
    new.get("/me").await.expect(200);
    for _ in 0..2 {
        admin.delete(&format!("{path}/rotation")).await.no_content();
        new.get("/me").await.problem(ApiKeyExpired);
    }
    app.anonymous.with_token(second["secret"].as_str().unwrap()).get("/me").await.expect(200);
}

async fn a_second_rotation_ends_the_overlap_of_the_first(app: TestApp) {
    let (path, _, first) = key(&app).await;
    let (_, second) = rotate(&app, &path, json!({})).await;
    let (_, third) = rotate(&app, &path, json!({})).await;
    first.get("/me").await.problem(Unauthenticated);
    second.get("/me").await.expect(200);
    third.get("/me").await.expect(200);
}

async fn the_use_of_each_secret_is_recorded(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let (_, new) = rotate(&app, &path, json!({"overlap_hours": 168})).await;
    let used = async || {
        let key = app.signed_in(ADMIN).await.get(&path).await.expect(200);
        (key["last_used_at"].clone(), key["previous"]["last_used_at"].clone())
    };
    assert_eq!(used().await, (Value::Null, Value::Null));
    new.get("/me").await.expect(200);
    assert_eq!(used().await, (json!("2024-11-25T09:00:00Z"), Value::Null));
    app.advance(TimeDelta::hours(2));
    old.get("/me").await.expect(200);
    assert_eq!(used().await, (json!("2024-11-25T11:00:00Z"), json!("2024-11-25T11:00:00Z")));
}

async fn a_rotation_can_change_the_expiry_but_not_prolong_the_old_secret(app: TestApp) {
    let (path, _, _) = key(&app).await;
    let (rotated, new) = rotate(&app, &path, json!({"expires_at": "2024-11-25T12:00:00Z"})).await;
    assert_eq!(rotated["expires_at"], "2024-11-25T12:00:00Z");
    let (unchanged, newer) = rotate(&app, &path, json!({})).await;
    assert_eq!(unchanged["expires_at"], "2024-11-25T12:00:00Z");
    assert_eq!(unchanged["previous"]["expires_at"], "2024-11-25T12:00:00Z");
    app.advance(TimeDelta::hours(3));
    for expired in [&new, &newer] {
        expired.get("/me").await.problem(ApiKeyExpired);
    }
    let admin = app.signed_in(ADMIN).await;
    let refused = admin.post(&format!("{path}/rotation"), json!({})).await;
    assert_eq!(refused.faults(ValidationFailed), ["expires_at:past"]);
    let (renewed, newest) = rotate(&app, &path, json!({"expires_at": null})).await;
    assert_eq!((&renewed["expires_at"], &renewed["previous"]), (&Value::Null, &Value::Null));
    newest.get("/me").await.expect(200);
    newer.get("/me").await.problem(ApiKeyExpired);
}

async fn a_rotation_cannot_exceed_the_callers_permissions(app: TestApp) {
    let manager = app.manager().await;
    let refused = manager.post("/api_keys/2/rotation", json!({})).await.problem(Forbidden);
    assert!(refused["detail"].as_str().unwrap().contains("view_audit"), "{refused}");
    app.anonymous.with_token(FULL_KEY).get("/me").await.expect(200);
    manager.post("/api_keys/1/rotation", json!({})).await.expect(201);
    let admin = app.signed_in(ADMIN).await;
    for id in [4711, 0, -1] {
        admin.post(&format!("/api_keys/{id}/rotation"), json!({})).await.problem(NotFound);
        admin.delete(&format!("/api_keys/{id}/rotation")).await.problem(NotFound);
        admin.get(&format!("/api_keys/{id}")).await.problem(NotFound);
    }
    // A key with the permission can rotate itself.
    let full = app.anonymous.with_token(FULL_KEY);
    full.post("/api_keys/2/rotation", json!({})).await.expect(201);
}

async fn a_repeated_rotation_does_not_show_the_secret_again(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let admin = app.signed_in(ADMIN).await;
    let send = async || {
        let request = admin.request(Method::POST, &format!("{path}/rotation"));
        ApiResponse::to(request.header("Idempotency-Key", "k1").json(&json!({}))).await
    };
    let rotated = send().await.expect(201);
    send().await.problem(AlreadyExists);
    old.get("/me").await.expect(200);
    app.anonymous.with_token(rotated["secret"].as_str().unwrap()).get("/me").await.expect(200);
}

async fn each_invalid_field_of_a_rotation_is_named(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let admin = app.signed_in(ADMIN).await;
    let rotation = format!("{path}/rotation");
    for (given, fault) in [
        (json!({"overlap_hours": 169}), "overlap_hours:out_of_range"),
        (json!({"overlap_hours": 65535}), "overlap_hours:out_of_range"),
        (json!({"expires_at": "2024-11-25T09:00:00Z"}), "expires_at:past"),
    ] {
        assert_eq!(admin.post(&rotation, given).await.faults(ValidationFailed), [fault]);
    }
    for wrong in [json!(-1), json!("24"), json!(1.5), json!(70_000)] {
        admin.post(&rotation, json!({"overlap_hours": wrong})).await.problem(InvalidBody);
    }
    old.get("/me").await.expect(200);
    assert_eq!(app.database.count("api_keys", "previous_hash IS NOT NULL"), 0);
}

async fn a_rotation_of_another_version_is_refused(app: TestApp) {
    let (path, before, old) = key(&app).await;
    let admin = app.signed_in(ADMIN).await;
    let rotation = format!("{path}/rotation");
    let send = async |method: Method, path: &str, version: &Value| {
        let etag = format!("\"{}\"", version.as_str().unwrap());
        ApiResponse::to(admin.request(method, path).header("If-Match", etag)).await
    };
    // Using a key does not change its version.
    old.get("/me").await.expect(200);
    assert_eq!(admin.get(&path).await.expect(200)["version"], before["version"]);
    let first = send(Method::POST, &rotation, &before["version"]).await.expect(201);
    let refused = send(Method::POST, &rotation, &before["version"]).await.problem(PreconditionFailed);
    assert_eq!(refused["current"]["hint"], first["hint"]);
    assert!(refused["current"].get("secret").is_none());
    send(Method::DELETE, &rotation, &before["version"]).await.problem(PreconditionFailed);
    send(Method::DELETE, &path, &before["version"]).await.problem(PreconditionFailed);
    send(Method::DELETE, &rotation, &first["version"]).await.no_content();
    send(Method::DELETE, &path, &first["version"]).await.problem(PreconditionFailed);
    let now = admin.get(&path).await.expect(200);
    send(Method::DELETE, &path, &now["version"]).await.no_content();
}

async fn a_revoked_key_loses_both_secrets(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let (_, new) = rotate(&app, &path, json!({})).await;
    app.signed_in(ADMIN).await.delete(&path).await.no_content();
    old.get("/me").await.problem(Unauthenticated);
    new.get("/me").await.problem(Unauthenticated);
}

async fn the_stream_of_the_old_secret_ends_with_the_overlap(app: TestApp) {
    let (path, _, old) = key(&app).await;
    let (_, new) = rotate(&app, &path, json!({})).await;
    let (mut of_old, mut of_new) = (Listener::to(&old).await, Listener::to(&new).await);
    app.signed_in(ADMIN).await.delete(&format!("{path}/rotation")).await.no_content();
    app.inbound(STRANGER, "Hello").await;
    assert!(!of_old.kinds_until_end().await.contains(&"message_received".to_owned()));
    assert_eq!(of_new.event().await.unwrap()["kind"], "message_received");
}

#[test]
fn a_key_that_is_revoked_or_replaced_on_one_server_stops_working_on_another() {
    run(Kind::Postgres, async |app: TestApp| {
        let other = app.replica(|_| {});
        let (path, _, old) = key(&app).await;
        let old = old.at(&other.anonymous);
        old.get("/me").await.expect(200);
        let (_, new) = rotate(&app, &path, json!({"overlap_hours": 0})).await;
        let new = new.at(&other.anonymous);
        app.advance_until("the other server refuses the old secret", async || {
            (old.get("/me").await.status == 401).then_some(())
        })
        .await;
        new.get("/me").await.expect(200);
        app.signed_in(ADMIN).await.delete(&path).await.no_content();
        app.advance_until("the other server refuses the revoked key", async || {
            (new.get("/me").await.status == 401).then_some(())
        })
        .await;
    });
}
