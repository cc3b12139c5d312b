//! Accounts as an admin creates and changes them. (Passwords and disabling: `access`; managers who are not admins:
//! `authority`.)

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, InvalidBody, InvalidCredentials, InvalidCursor, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, COLLECTIONS, PASSWORD, SAM, STRANGER, SUPPORT},
    on_both_databases,
};

on_both_databases![
    a_new_account_can_sign_in_and_has_its_roles_permissions,
    explicit_permissions_override_the_roles_preset,
    an_email_address_is_unique_in_any_case,
    omitted_fields_stay_unchanged,
    changing_the_role_resets_the_permissions_to_its_preset,
    a_change_of_permissions_takes_effect_at_once,
    accounts_are_listed_page_by_page,
    history_keeps_the_former_name_of_a_renamed_account,
    each_validation_error_names_its_field,
    a_body_that_is_not_an_account_is_refused,
];

fn eve() -> Value {
    json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [COLLECTIONS],
        "password": "four words of yours"})
}

fn eve_with(name: &str, value: Value) -> Value {
    let mut eve = eve();
    eve[name] = value;
    eve
}

async fn change(client: &Client, id: i64, change: Value) -> ApiResponse {
    client.put(&format!("/accounts/{id}"), change).await
}

async fn sign_in(app: &TestApp, email: &str, password: &str) -> ApiResponse {
    app.anonymous.post("/sessions", json!({"email": email, "password": password})).await
}

async fn a_new_account_can_sign_in_and_has_its_roles_permissions(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let mut new = eve_with("email", json!(" Eve@Example.COM "));
    new["display_name"] = json!("  Eve ");
    new["team_ids"] = json!([SUPPORT, COLLECTIONS, SUPPORT]);
    let created = admin.post("/accounts", new).await;
    assert!(!created.body.contains("password"), "{}", created.body);
    let created = created.expect(201);
    let expected = json!({"id": 8, "email": "eve@example.com", "display_name": "Eve", "role": "agent",
        "permissions": ["reply", "close"], "team_ids": [COLLECTIONS, SUPPORT],
        "created_at": "2024-11-25T09:00:00Z", "disabled_at": null, "version": created["version"]});
    assert_eq!(created, expected);
    assert_eq!(admin.get("/accounts/8").await.expect(200), created);
    let session = sign_in(&app, "eve@example.com", "four words of yours").await.expect(201);
    let eve = app.anonymous.with_token(session["access_token"].as_str().unwrap());
    let me = eve.get("/me").await.expect(200);
    assert_eq!((&me["account"]["id"], &me["api_key"]), (&json!(8), &Value::Null));
    assert_eq!(me["teams"].as_array().unwrap().len(), 2);
    let stored = app.database.strings("SELECT password_hash AS value FROM accounts WHERE id = 8");
    assert!(stored[0].starts_with("$argon2id$"), "{}", stored[0]);
}

async fn explicit_permissions_override_the_roles_preset(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let supervisors = json!(["reply", "close", "search", "ad_hoc", "import", "manage_team", "view_reports"]);
    let all = json!([
        "reply",
        "close",
        "search",
        "ad_hoc",
        "import",
        "manage_team",
        "manage_accounts",
        "view_reports",
        "view_audit"
    ]);
    for (n, (role, given, permissions)) in [
        ("agent", Value::Null, json!(["reply", "close"])),
        ("agent", json!(["search", "reply"]), json!(["reply", "search"])),
        ("agent", json!([]), json!([])),
        ("supervisor", Value::Null, supervisors),
        ("supervisor", json!(["view_audit"]), json!(["view_audit"])),
        ("admin", Value::Null, all.clone()),
        // An admin always has every permission.
        ("admin", json!(["reply"]), all),
    ]
    .into_iter()
    .enumerate()
    {
        let mut new = eve_with("email", json!(format!("eve{n}@example.com")));
        new["role"] = json!(role);
        new["permissions"] = given;
        new["team_ids"] = json!([]);
        let created = admin.post("/accounts", new).await.expect(201);
        assert_eq!((&created["role"], &created["permissions"]), (&json!(role), &permissions));
    }
}

async fn an_email_address_is_unique_in_any_case(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for email in ["ann@example.com", "ANN@EXAMPLE.COM", " Ann@example.com "] {
        let refused = admin.post("/accounts", eve_with("email", json!(email))).await;
        assert_eq!(refused.faults(AlreadyExists), ["email:taken"], "{email}");
        let refused = change(&admin, BO.1, json!({"email": email})).await;
        assert_eq!(refused.faults(AlreadyExists), ["email:taken"], "{email}");
    }
    change(&admin, ANN.1, json!({"email": "ANN@example.com"})).await.expect(200);
    let changed = change(&admin, ANN.1, json!({"email": "Ann.Other@example.com"})).await.expect(200);
    assert_eq!(changed["email"], "ann.other@example.com");
    sign_in(&app, "ann.other@example.com", PASSWORD).await.expect(201);
    sign_in(&app, "ann@example.com", PASSWORD).await.problem(InvalidCredentials);
    assert_eq!(app.database.count("accounts", "1 = 1"), 7);
}

async fn omitted_fields_stay_unchanged(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let before = admin.get(&format!("/accounts/{}", SAM.1)).await.expect(200);
    assert_eq!(change(&admin, SAM.1, json!({})).await.expect(200), before);
    for (name, value) in [
        ("display_name", json!("Samantha")),
        ("email", json!("samantha@example.com")),
        ("permissions", json!(["reply", "view_audit"])),
        ("team_ids", json!([3])),
    ] {
        let mut expected = admin.get(&format!("/accounts/{}", SAM.1)).await.expect(200);
        let mut only = json!({});
        only[name] = value.clone();
        let changed = change(&admin, SAM.1, only).await.expect(200);
        expected[name] = value;
        assert_ne!(changed["version"], expected["version"]);
        expected["version"] = changed["version"].clone();
        assert_eq!(changed, expected);
    }
    assert_eq!(change(&admin, SAM.1, json!({"team_ids": []})).await.expect(200)["team_ids"], json!([]));
}

async fn changing_the_role_resets_the_permissions_to_its_preset(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let changed = change(&admin, ANN.1, json!({"role": "supervisor"})).await.expect(200);
    assert_eq!(changed["permissions"].as_array().unwrap().len(), 7);
    // Setting the same role again keeps the permissions.
    change(&admin, ANN.1, json!({"permissions": ["reply"]})).await.expect(200);
    let changed = change(&admin, ANN.1, json!({"role": "supervisor"})).await.expect(200);
    assert_eq!(changed["permissions"], json!(["reply"]));
    let changed =
        change(&admin, ANN.1, json!({"role": "agent", "permissions": ["search"]})).await.expect(200);
    assert_eq!(changed["permissions"], json!(["search"]));
    let changed =
        change(&admin, ANN.1, json!({"role": "admin", "permissions": ["search"]})).await.expect(200);
    assert_eq!(changed["permissions"].as_array().unwrap().len(), 9);
    let changed = change(&admin, ANN.1, json!({"role": "agent"})).await.expect(200);
    assert_eq!(changed["permissions"], json!(["reply", "close"]));
}

async fn a_change_of_permissions_takes_effect_at_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    let ann = app.signed_in(ANN).await;
    assert_eq!(
        ann.conversation(conversation).await["permitted_actions"],
        json!(["reply", "close", "assign", "tag", "snooze"])
    );
    change(&admin, ANN.1, json!({"permissions": ["close"]})).await.expect(200);
    assert_eq!(ann.conversation(conversation).await["permitted_actions"], json!(["close"]));
    assert_eq!(ann.reply(conversation, "Hi").await.status, 403);
    let account_events = format!("kind = 'account_changed' AND account_id = {}", ANN.1);
    assert_eq!(app.database.count("events", &account_events), 1);
}

async fn accounts_are_listed_page_by_page(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/accounts?limit=3{cursor}")).await.expect(200);
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen, [1, 2, 3, 4, 5, 6, 7]);
    let items = admin.get("/accounts").await.items();
    assert_eq!(items[1], admin.get("/accounts/2").await.expect(200));
    for query in ["limit=0", "limit=201", "limit=x"] {
        admin.get(&format!("/accounts?{query}")).await.problem(InvalidQuery);
    }
    for cursor in ["x", "%00", "e30"] {
        admin.get(&format!("/accounts?cursor={cursor}")).await.problem(InvalidCursor);
    }
}

async fn history_keeps_the_former_name_of_a_renamed_account(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.create_reply(conversation, "Hi").await;
    assert_eq!(ann.close(conversation).await.status, 201);
    let admin = app.signed_in(ADMIN).await;
    change(&admin, ANN.1, json!({"display_name": "Anna"})).await.expect(200);
    assert_eq!(ann.conversation(conversation).await["closed_by"], "Ann");
    assert_eq!(ann.messages(conversation).await[1]["sender"]["name"], "Ann");
    assert_eq!(ann.get("/me").await.expect(200)["account"]["display_name"], "Anna");
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let long = "x".repeat(10_000);
    let fields: [(&str, Vec<(Value, &str)>); 3] = [
        (
            "email",
            [
                "",
                " ",
                "eve",
                "@example.com",
                "eve@",
                "a b@example.com",
                "a@b@example.com",
                "eve\0@example.com",
                &long,
            ]
            .into_iter()
            .map(|email| (json!(email), "email:invalid"))
            .collect(),
        ),
        (
            "display_name",
            vec![
                (json!(""), "display_name:required"),
                (json!(" \n"), "display_name:required"),
                (json!(long), "display_name:too_long"),
                (json!("a\0b"), "display_name:invalid_character"),
                (json!("a\nb"), "display_name:invalid_character"),
            ],
        ),
        ("team_ids", vec![(json!([4711]), "team_ids:unknown"), (json!([1, 0, -1]), "team_ids:unknown")]),
    ];
    for (name, cases) in fields {
        for (value, fault) in cases {
            let refused = admin.post("/accounts", eve_with(name, value.clone())).await;
            assert_eq!(refused.faults(ValidationFailed), [fault], "POST {value}");
            let mut only = json!({});
            only[name] = value.clone();
            assert_eq!(change(&admin, ANN.1, only).await.faults(ValidationFailed), [fault], "PUT {value}");
        }
    }
    for (password, fault) in [
        ("", "too_short"),
        ("seven c", "too_short"),
        ("Password1", "easy_to_guess"),
        ("eve@example.com", "easy_to_guess"),
        (long.as_str(), "too_long"),
    ] {
        let refused = admin.post("/accounts", eve_with("password", json!(password))).await;
        assert_eq!(refused.faults(ValidationFailed), [format!("password:{fault}")]);
    }
    let all = json!({"email": "", "display_name": "", "role": "agent", "team_ids": [4711], "password": ""});
    let faults = ["email:invalid", "display_name:required", "password:too_short", "team_ids:unknown"];
    assert_eq!(admin.post("/accounts", all).await.faults(ValidationFailed), faults);
    assert_eq!(app.database.count("accounts", "1 = 1"), 7);
    for (n, name) in ["<script>alert(1)</script>", "\u{1f469}\u{200d}\u{1f4bb}", &"\u{e9}".repeat(100)]
        .into_iter()
        .enumerate()
    {
        let mut new = eve_with("display_name", json!(name));
        new["email"] = json!(format!("\u{e9}ve+{n}@ex\u{e4}mple.com"));
        assert_eq!(admin.post("/accounts", new).await.expect(201)["display_name"], name);
    }
}

async fn a_body_that_is_not_an_account_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (name, value) in [
        ("email", Value::Null),
        ("email", json!(5)),
        ("display_name", json!(["Eve"])),
        ("role", json!("boss")),
        ("role", json!("Admin")),
        ("permissions", json!(["fly"])),
        ("permissions", json!("reply")),
        ("team_ids", json!(["1"])),
        ("team_ids", json!(1)),
        ("password", Value::Null),
        ("password", json!(123_456_789_012_i64)),
    ] {
        admin.post("/accounts", eve_with(name, value.clone())).await.problem(InvalidBody);
        if !value.is_null() && name != "password" {
            let mut only = json!({});
            only[name] = value;
            change(&admin, ANN.1, only).await.problem(InvalidBody);
        }
    }
    for body in [json!({}), json!([]), json!("eve@example.com"), Value::Null] {
        admin.post("/accounts", body).await.problem(InvalidBody);
    }
    change(&admin, ANN.1, json!({"disabled": "yes"})).await.problem(InvalidBody);
    for id in [4711, 0, -1, i64::MAX] {
        admin.get(&format!("/accounts/{id}")).await.problem(NotFound);
        change(&admin, id, json!({"disabled": true})).await.problem(NotFound);
    }
    admin.get("/accounts/ann").await.problem(NotFound);
    assert_eq!(app.database.count("accounts", "1 = 1"), 7);
}
