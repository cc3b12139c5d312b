//! Requests with an API key: its permissions and teams, and that a revoked key stops working at once. (Creating keys:
//! `management`.)

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, NotFound, TooManyRequests, Unauthenticated};

use super::{create_key, new};
use crate::support::{
    TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, FULL_KEY, REPLYING_KEY, STRANGER, SUPPORT,
        SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_keys_secret_is_shown_once_and_authenticates,
    a_key_has_only_the_permissions_it_was_given,
    a_key_acts_only_in_its_own_teams,
    messages_and_closures_show_the_keys_name,
    a_revoked_key_stops_working_at_once,
    the_stream_of_a_revoked_key_ends,
    the_last_use_is_recorded_once_an_hour,
    a_token_that_is_not_a_key_is_refused,
    a_rate_limited_key_does_not_limit_others,
];

async fn a_new_keys_secret_is_shown_once_and_authenticates(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let response = admin.post("/api_keys", new(json!(["close", "reply"]), json!([COLLECTIONS]))).await;
    assert_eq!(response.header("cache-control"), Some("no-store"));
    let key = response.expect(201);
    let secret = key["secret"].as_str().unwrap();
    let (prefix, random) = secret.split_at(5);
    assert_eq!(prefix, "smsc_");
    assert!(random.len() >= 40, "{secret}");
    let hint = key["hint"].as_str().unwrap();
    assert!(secret.starts_with(hint) && hint.len() < 16, "{hint}");
    let expected = json!({"id": 3, "name": "CRM", "hint": hint, "permissions": ["reply", "close"],
        "team_ids": [COLLECTIONS], "created_by": "Admin", "created_at": "2024-11-25T09:00:00Z",
        "last_used_at": null, "expires_at": null, "previous": null, "secret": secret, "version": key["version"]});
    assert_eq!(key, expected);

    let me = app.anonymous.with_token(secret).get("/me").await.expect(200);
    assert_eq!((&me["account"], &me["api_key"]), (&Value::Null, &json!({"id": 3, "name": "CRM"})));
    assert_eq!(me["permissions"], json!(["reply", "close"]));
    assert_eq!(me["teams"].as_array().unwrap().len(), 1);
    assert_eq!(me["teams"][0]["id"], COLLECTIONS);

    let list = admin.get("/api_keys").await;
    assert!(!list.body.contains(secret) && !list.body.contains("secret"), "{}", list.body);
    let stored =
        app.database.strings("SELECT name || key_hash || hint || permissions AS value FROM api_keys");
    assert!(stored.iter().all(|row| !row.contains(random)));
    // Two keys can have the same name.
    let other = admin.post("/api_keys", new(json!(["reply"]), json!([COLLECTIONS]))).await.expect(201);
    assert_ne!(other["secret"], key["secret"]);
}

async fn a_key_has_only_the_permissions_it_was_given(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let program = app.anonymous.with_token(REPLYING_KEY);
    program.reply(conversation, "Hi").await.expect(201);
    assert_eq!(
        program.conversation(conversation).await["permitted_actions"],
        json!(["reply", "assign", "tag", "snooze"])
    );
    program.close(conversation).await.problem(Forbidden);
    program.get("/search?q=Maria").await.problem(Forbidden);
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": stranger(1), "body": "Hi"});
    program.post("/conversations", ad_hoc.clone()).await.problem(Forbidden);
    program
        .post("/templates", json!({"team_id": COLLECTIONS, "name": "A", "body": "Hi"}))
        .await
        .problem(Forbidden);
    program.get("/accounts").await.problem(Forbidden);
    program.get("/api_keys").await.problem(Forbidden);

    let program = app.anonymous.with_token(FULL_KEY);
    program.get("/search?q=Maria").await.expect(200);
    program.post("/conversations", ad_hoc).await.expect(201);
    program.close(conversation).await.expect(201);
}

async fn a_key_acts_only_in_its_own_teams(app: TestApp) {
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let collections = app.inbound(STRANGER, "Hello").await;
    let (_, program) = create_key(&app, new(json!(["reply", "close"]), json!([SUPPORT, CLAIMS]))).await;
    for own in [support, claims] {
        program.reply(own, "Hi").await.expect(201);
    }
    program.get(&format!("/conversations/{collections}")).await.problem(NotFound);
    program.reply(collections, "Hi").await.problem(NotFound);
    program.close(collections).await.problem(NotFound);
    let queue = program.get("/queue").await.expect(200);
    let teams: Vec<&Value> =
        queue["sections"].as_array().unwrap().iter().map(|section| &section["team"]["name"]).collect();
    assert_eq!(teams, ["Claims", "Support"]);
    let mut stream = Listener::to(&program).await;
    app.inbound(STRANGER, "Hello again").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello again").await;
    loop {
        let event = stream.event().await.unwrap();
        assert_ne!(event["team_id"], COLLECTIONS);
        if event["kind"] == "message_received" && event["conversation_id"] == claims {
            break;
        }
    }
}

async fn messages_and_closures_show_the_keys_name(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let program = app.anonymous.with_token(FULL_KEY);
    let message = program.create_reply(conversation, "Hi from a program").await;
    app.message_becomes(&program, message, "delivered").await;
    assert_eq!(program.close(conversation).await.expect(201)["closed_by"], "Everything");
    let admin = app.signed_in(ADMIN).await;
    admin.delete("/api_keys/2").await.no_content();
    // Also after the key was revoked.
    let ann = app.signed_in(ANN).await;
    let sender = json!({"kind": "api_key", "id": 2, "name": "Everything"});
    assert_eq!(ann.messages(conversation).await[1]["sender"], sender);
    let seen = ann.conversation(conversation).await;
    assert_eq!(
        (&seen["closed_by"], &seen["closure"]["closed_by"]),
        (&json!("Everything"), &json!("Everything"))
    );
}

async fn a_revoked_key_stops_working_at_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (key, program) = create_key(&app, new(json!(["reply"]), json!([COLLECTIONS]))).await;
    program.conversation(conversation).await;
    let admin = app.signed_in(ADMIN).await;
    let path = format!("/api_keys/{}", key["id"]);
    admin.delete(&path).await.no_content();
    program.get("/me").await.problem(Unauthenticated);
    program.reply(conversation, "Hi").await.problem(Unauthenticated);
    app.anonymous.with_token(REPLYING_KEY).reply(conversation, "Hi").await.expect(201);
    admin.delete(&path).await.problem(NotFound);
    let names = admin.get("/api_keys").await.items();
    assert_eq!(names.len(), 2);
    for id in [4711, 0, -1, i64::MAX] {
        admin.delete(&format!("/api_keys/{id}")).await.problem(NotFound);
    }
    admin.delete("/api_keys/x").await.problem(NotFound);
}

async fn the_stream_of_a_revoked_key_ends(app: TestApp) {
    let (key, program) = create_key(&app, new(json!(["reply"]), json!([COLLECTIONS]))).await;
    let mut stream = Listener::to(&program).await;
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(stream.event().await.unwrap()["kind"], "message_received");
    let admin = app.signed_in(ADMIN).await;
    admin.delete(&format!("/api_keys/{}", key["id"])).await.no_content();
    app.inbound(STRANGER, "a message that the client must not receive").await;
    assert!(!stream.kinds_until_end().await.contains(&"message_received".to_owned()));
}

async fn the_last_use_is_recorded_once_an_hour(app: TestApp) {
    let (key, program) = create_key(&app, new(json!(["reply"]), json!([COLLECTIONS]))).await;
    let last_used = async || {
        let admin = app.signed_in(ADMIN).await;
        let keys = admin.get("/api_keys").await.items();
        keys.into_iter().find(|known| known["id"] == key["id"]).unwrap()["last_used_at"].clone()
    };
    assert_eq!(last_used().await, Value::Null);
    program.get("/me").await.expect(200);
    assert_eq!(last_used().await, "2024-11-25T09:00:00Z");
    app.advance(TimeDelta::minutes(59));
    program.get("/me").await.expect(200);
    assert_eq!(last_used().await, "2024-11-25T09:00:00Z");
    app.advance(TimeDelta::minutes(1));
    program.get("/me").await.expect(200);
    assert_eq!(last_used().await, "2024-11-25T10:00:00Z");
}

async fn a_token_that_is_not_a_key_is_refused(app: TestApp) {
    let long = format!("smsc_{}", "x".repeat(5000));
    let cut = &FULL_KEY[..FULL_KEY.len() - 1];
    let upper = FULL_KEY.to_uppercase();
    for token in ["smsc_", "smsc_x", cut, upper.as_str(), "' OR 1=1 --", long.as_str()] {
        app.anonymous.with_token(token).get("/me").await.problem(Unauthenticated);
    }
    // Its hash is not a key, and a cookie is not a place for one.
    let hash = app.database.strings("SELECT key_hash AS value FROM api_keys WHERE id = 2").remove(0);
    for token in [hash.clone(), format!("smsc_{hash}")] {
        app.anonymous.with_token(&token).get("/me").await.problem(Unauthenticated);
    }
    for cookie in ["smsc_access", "__Host-smsc_access"] {
        let request = app.anonymous.request(reqwest::Method::GET, "/me");
        let request = request.header("Cookie", format!("{cookie}={FULL_KEY}"));
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

async fn a_rate_limited_key_does_not_limit_others(app: TestApp) {
    let server = app.replica(|args| args.rate_limit = Some("60".to_owned()));
    let program = server.anonymous.with_token(REPLYING_KEY);
    for _ in 0..10 {
        program.get("/me").await.expect(200);
    }
    program.get("/me").await.problem(TooManyRequests);
    // Neither another key nor the account with the same id is limited.
    server.anonymous.with_token(FULL_KEY).get("/me").await.expect(200);
    server.signed_in(ADMIN).await.get("/me").await.expect(200);
}
