//! Valid names and bodies of templates.

use serde_json::json;
use shared::ErrorCode::{AlreadyExists, InvalidBody, NotFound, ValidationFailed};

use super::{change, create, new};
use crate::support::{
    TestApp,
    fixtures::{ADMIN, ARCHIVED_TEMPLATE, BALANCE, COLLECTIONS, GREETING, SAM, SUPPORT},
    on_both_databases,
};

on_both_databases![
    an_unknown_placeholder_is_refused_with_the_known_ones,
    a_broken_placeholder_is_refused_with_its_position,
    a_template_with_a_broken_placeholder_can_be_archived,
    an_existing_placeholder_without_a_column_may_stay,
    a_name_is_unique_in_a_team_in_any_case,
    the_name_of_an_archived_template_can_be_used_again,
    each_validation_error_names_its_field,
    a_body_that_is_not_a_template_is_refused,
];

async fn an_unknown_placeholder_is_refused_with_the_known_ones(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let unknown = "Hi {{nmae}}, {{Balance}}, {{IBAN}}, {{ name }} {{nmae}}";
    for refused in [
        sam.post("/templates", new(COLLECTIONS, "A", unknown)).await,
        change(&sam, GREETING, json!({"name": "Greeting", "body": unknown})).await,
    ] {
        let problem = refused.problem(ValidationFailed);
        assert_eq!(problem["errors"].as_array().unwrap().len(), 1);
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("body"), &json!("unknown_placeholder")));
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with("{{nmae}}, {{IBAN}} "), "{message}");
        for known in
            ["{{name}}", "{{ref}}", "{{number}}", "{{agent}}", "{{team}}", "{{Balance}}", "{{Due date}}"]
        {
            assert!(message.contains(known), "{message}");
        }
    }
    // Support has no daily file, so no columns; a column of an earlier file does not count.
    for (team, body) in [(SUPPORT, "{{Balance}}"), (COLLECTIONS, "{{Old column}}")] {
        let refused = sam.post("/templates", new(team, "A", body)).await;
        assert_eq!(refused.faults(ValidationFailed), ["body:unknown_placeholder"]);
    }
    // Single braces are ordinary characters.
    let created = sam.post("/templates", new(COLLECTIONS, "A", "{x} { }")).await;
    assert_eq!(created.status, 201, "{}", created.body);
    // For shared templates: a column of any team.
    let admin = app.signed_in(ADMIN).await;
    let all = |body: &str| json!({"team_id": null, "name": body, "body": body});
    admin.post("/templates", all("{{due DATE}}")).await.expect(201);
    let refused = admin.post("/templates", all("{{IBAN}}")).await;
    assert_eq!(refused.faults(ValidationFailed), ["body:unknown_placeholder"]);
}

async fn a_broken_placeholder_is_refused_with_its_position(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (body, part, place) in [
        ("Hi {{name}", "{{name}", "line 1, character 4"),
        ("Hi\n{{name", "{{name", "line 2, character 1"),
        ("Hi {{}}", "{{}}", "line 1, character 4"),
        ("Hi {name}}", "{name}}", "line 1, character 4"),
        ("{{name}} {{ref} {{number}}", "{{ref}", "line 1, character 10"),
    ] {
        for refused in [
            sam.post("/templates", new(COLLECTIONS, "A", body)).await,
            change(&sam, GREETING, json!({"name": "Greeting", "body": body})).await,
        ] {
            let problem = refused.problem(ValidationFailed);
            let error = &problem["errors"][0];
            assert_eq!((&error["field"], &error["code"]), (&json!("body"), &json!("broken_placeholder")));
            let message = error["message"].as_str().unwrap();
            assert!(message.starts_with(&format!("“{part}” ({place})")), "{message}");
        }
    }
}

async fn a_template_with_a_broken_placeholder_can_be_archived(app: TestApp) {
    app.database.run(&format!("UPDATE templates SET body = 'Hi {{{{name}}' WHERE id = {GREETING}")).unwrap();
    let sam = app.signed_in(SAM).await;
    let archived = json!({"name": "Greeting", "body": "Hi {{name}", "archived": true});
    change(&sam, GREETING, archived).await.expect(200);
    change(&sam, GREETING, json!({"name": "Greeting", "body": "Dear {{name}"}))
        .await
        .problem(ValidationFailed);
}

async fn an_existing_placeholder_without_a_column_may_stay(app: TestApp) {
    app.database.run("UPDATE daily_files SET key_data_columns = '[\"Due date\"]' WHERE id = 2").unwrap();
    let sam = app.signed_in(SAM).await;
    let balance = |body: &str| json!({"name": "Balance", "body": body});
    change(&sam, BALANCE, balance("Now: {{BALANCE}}, {{Due date}}")).await.expect(200);
    let refused = change(&sam, BALANCE, balance("{{balance}} {{IBAN}}")).await;
    let problem = refused.problem(ValidationFailed);
    assert!(problem["errors"][0]["message"].as_str().unwrap().starts_with("{{IBAN}} cannot"), "{problem}");
    let refused = sam.post("/templates", new(COLLECTIONS, "A", "{{balance}}")).await;
    assert_eq!(refused.faults(ValidationFailed), ["body:unknown_placeholder"]);
    // A removed placeholder cannot be added again.
    change(&sam, BALANCE, balance("{{Due date}}")).await.expect(200);
    change(&sam, BALANCE, balance("{{balance}}")).await.problem(ValidationFailed);
}

async fn a_name_is_unique_in_a_team_in_any_case(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    create(&sam, COLLECTIONS, "\u{c9}mile \u{1f600}").await;
    for taken in ["Greeting", "GREETING", " greeting ", "\u{e9}MILE \u{1f600}"] {
        let refused = sam.post("/templates", new(COLLECTIONS, taken, "Hi")).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
        let refused = change(&sam, BALANCE, json!({"name": taken, "body": "Hi"})).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
    }
    // Another team can use the same name, and so can a shared template.
    create(&sam, SUPPORT, "Greeting").await;
    let admin = app.signed_in(ADMIN).await;
    admin.post("/templates", json!({"team_id": null, "name": "Greeting", "body": "Hi"})).await.expect(201);
    // Of two simultaneous requests one succeeds.
    let (one, other) = tokio::join!(
        sam.post("/templates", new(COLLECTIONS, "Twice", "Hi")),
        admin.post("/templates", new(COLLECTIONS, "twice", "Hi"))
    );
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

async fn the_name_of_an_archived_template_can_be_used_again(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    create(&sam, COLLECTIONS, "Old greeting").await;
    let restored = json!({"name": "Old greeting", "body": "Hi", "archived": false});
    let refused = change(&sam, ARCHIVED_TEMPLATE, restored).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    let restored = json!({"name": "Oldest greeting", "body": "Hi", "archived": false});
    change(&sam, ARCHIVED_TEMPLATE, restored).await.expect(200);
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let long = "x".repeat(10_000);
    for (name, body, faults) in [
        ("", "Hi", vec!["name:required"]),
        (" \t\n", "Hi", vec!["name:required"]),
        (long.as_str(), "Hi", vec!["name:too_long"]),
        ("a\0b", "Hi", vec!["name:invalid_character"]),
        ("a\nb", "Hi", vec!["name:invalid_character"]),
        ("A", "", vec!["body:required"]),
        ("A", " \n", vec!["body:required"]),
        ("A", long.as_str(), vec!["body:too_long"]),
        ("A", "a\0b", vec!["body:invalid_character"]),
        ("", "{{x}}", vec!["name:required", "body:unknown_placeholder"]),
        ("", "", vec!["name:required", "body:required"]),
    ] {
        let refused = sam.post("/templates", new(COLLECTIONS, name, body)).await;
        assert_eq!(refused.faults(ValidationFailed), faults, "POST");
        let refused = change(&sam, GREETING, json!({"name": name, "body": body})).await;
        assert_eq!(refused.faults(ValidationFailed), faults, "PUT");
    }
    for (name, body) in [
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("\u{1f469}\u{200d}\u{1f4bb}", "\u{1f600}\n\u{1f600}"),
        (&"\u{e9}".repeat(100), &"\u{e9}".repeat(1600)),
    ] {
        let created = sam.post("/templates", new(COLLECTIONS, name, body)).await.expect(201);
        assert_eq!((&created["name"], &created["body"]), (&json!(name), &json!(body)));
    }
}

async fn a_body_that_is_not_a_template_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for body in [
        json!({}),
        json!([]),
        json!({"team_id": COLLECTIONS, "name": "A"}),
        json!({"team_id": COLLECTIONS, "body": "Hi"}),
        json!({"team_id": "1", "name": "A", "body": "Hi"}),
        json!({"team_id": COLLECTIONS, "name": 5, "body": "Hi"}),
        json!({"team_id": COLLECTIONS, "name": "A", "body": null}),
    ] {
        sam.post("/templates", body).await.problem(InvalidBody);
    }
    for body in [json!({}), json!({"name": "A"}), json!({"name": "A", "body": "Hi", "archived": "no"})] {
        change(&sam, GREETING, body).await.problem(InvalidBody);
    }
    change(&sam, i64::MAX, json!({"name": "A", "body": "Hi"})).await.problem(NotFound);
    sam.put("/templates/one", json!({"name": "A", "body": "Hi"})).await.problem(NotFound);
}
