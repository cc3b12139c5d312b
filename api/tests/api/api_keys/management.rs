//! Creating, listing and revoking API keys, and the permissions that a key can have. (Requests with a key:
//! `authentication`.)

use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, InvalidBody, InvalidCursor, InvalidQuery, NotFound, ValidationFailed};

use super::{create_key, new};
use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, COLLECTIONS, SAM, SUPPORT},
    on_both_databases,
};

on_both_databases![
    a_key_is_listed_as_it_was_created,
    a_permission_that_appears_twice_is_refused,
    keys_are_listed_newest_first_page_by_page,
    a_new_key_cannot_exceed_its_creators_permissions_and_teams,
    a_key_with_a_team_outside_the_managers_teams_is_not_found,
    keys_are_forbidden_without_the_permission,
    each_validation_error_names_its_field,
];

async fn a_key_is_listed_as_it_was_created(app: TestApp) {
    let teams = json!([CLAIMS, COLLECTIONS, CLAIMS]);
    let (mut key, _) = create_key(&app, new(json!(["view_reports", "reply"]), teams)).await;
    key.as_object_mut().unwrap().remove("secret");
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.get("/api_keys").await.items()[0], key);
}

async fn a_permission_that_appears_twice_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let twice = new(json!(["reply", "reply"]), json!([SUPPORT]));
    admin.post("/api_keys", twice).await.problem(InvalidBody);
}

async fn keys_are_listed_newest_first_page_by_page(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for n in 3..=5 {
        let new = json!({"name": format!("Key {n}"), "permissions": ["reply"], "team_ids": [SUPPORT]});
        admin.post("/api_keys", new).await.expect(201);
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api_keys?limit=2{cursor}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|key| key["id"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
    for query in ["limit=0", "limit=201", "limit=x"] {
        admin.get(&format!("/api_keys?{query}")).await.problem(InvalidQuery);
    }
    admin.get("/api_keys?cursor=x").await.problem(InvalidCursor);
}

async fn a_new_key_cannot_exceed_its_creators_permissions_and_teams(app: TestApp) {
    let manager = app.manager().await;
    for (new, fault) in [
        (new(json!(["reply", "view_audit"]), json!([COLLECTIONS])), "permissions:not_yours"),
        (new(json!(["reply"]), json!([CLAIMS])), "team_ids:unknown"),
        (new(json!(["reply"]), json!([COLLECTIONS, CLAIMS])), "team_ids:unknown"),
    ] {
        assert_eq!(manager.post("/api_keys", new).await.faults(ValidationFailed), [fault]);
    }
    let key = new(json!(["reply", "manage_accounts"]), json!([COLLECTIONS, SUPPORT]));
    let key = manager.post("/api_keys", key).await.expect(201);
    assert_eq!(key["created_by"], "Sam");
    // Nor can a key grant another key more than it has itself.
    let program = app.anonymous.with_token(key["secret"].as_str().unwrap());
    let more = new(json!(["reply", "close"]), json!([COLLECTIONS]));
    assert_eq!(program.post("/api_keys", more).await.faults(ValidationFailed), ["permissions:not_yours"]);
    let less = program.post("/api_keys", new(json!(["reply"]), json!([SUPPORT]))).await.expect(201);
    assert_eq!(less["created_by"], "CRM");
}

async fn a_key_with_a_team_outside_the_managers_teams_is_not_found(app: TestApp) {
    let (beyond, _) = create_key(&app, new(json!(["reply"]), json!([COLLECTIONS, CLAIMS]))).await;
    let (within, _) = create_key(&app, new(json!(["reply"]), json!([SUPPORT]))).await;
    let manager = app.manager().await;
    let ids: Vec<Value> =
        manager.get("/api_keys").await.items().iter().map(|key| key["id"].clone()).collect();
    assert_eq!(ids, [within["id"].clone(), json!(2), json!(1)]);
    manager.delete(&format!("/api_keys/{}", beyond["id"])).await.problem(NotFound);
    manager.delete(&format!("/api_keys/{}", within["id"])).await.no_content();
    assert_eq!(app.database.count("api_keys", "revoked_at IS NOT NULL"), 1);
}

async fn keys_are_forbidden_without_the_permission(app: TestApp) {
    for person in [ANN, SAM] {
        let client = app.signed_in(person).await;
        client.get("/api_keys").await.problem(Forbidden);
        client.post("/api_keys", new(json!(["reply"]), json!([COLLECTIONS]))).await.problem(Forbidden);
        client.delete("/api_keys/1").await.problem(Forbidden);
    }
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let long = "x".repeat(10_000);
    let with = |name: &str, value: Value| {
        let mut new = new(json!(["reply"]), json!([COLLECTIONS]));
        new[name] = value;
        new
    };
    for (name, value, fault) in [
        ("name", json!(""), "name:required"),
        ("name", json!(" \n"), "name:required"),
        ("name", json!(long), "name:too_long"),
        ("name", json!("a\0b"), "name:invalid_character"),
        ("name", json!("a\nb"), "name:invalid_character"),
        ("permissions", json!([]), "permissions:required"),
        ("team_ids", json!([]), "team_ids:required"),
        ("team_ids", json!([4711]), "team_ids:unknown"),
        ("team_ids", json!([1, 0]), "team_ids:unknown"),
    ] {
        let refused = admin.post("/api_keys", with(name, value)).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
    }
    let all = json!({"name": "", "permissions": [], "team_ids": []});
    let faults = ["name:required", "permissions:required", "team_ids:required"];
    assert_eq!(admin.post("/api_keys", all).await.faults(ValidationFailed), faults);
    for (name, value) in [
        ("name", Value::Null),
        ("name", json!(5)),
        ("permissions", json!(["fly"])),
        ("permissions", json!("reply")),
        ("permissions", Value::Null),
        ("team_ids", json!(["1"])),
        ("team_ids", Value::Null),
    ] {
        admin.post("/api_keys", with(name, value)).await.problem(InvalidBody);
    }
    assert_eq!(app.database.count("api_keys", "1 = 1"), 2);
    for name in ["<script>alert(1)</script>", "\u{1f469}\u{200d}\u{1f4bb}", &"\u{e9}".repeat(100)] {
        assert_eq!(admin.post("/api_keys", with("name", json!(name))).await.expect(201)["name"], name);
    }
}
