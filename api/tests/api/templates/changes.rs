//! Creating, changing, ordering, archiving and deleting templates. (Valid content: `fields`.)

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, InvalidBody, NotFound, ValidationFailed};

use super::{change, create, new};
use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, ARCHIVED_TEMPLATE, BALANCE, CLAIMS, CLAIMS_TEMPLATE, COLLECTIONS, GREETING, MARIA, SAM,
        SUPPORT, THANKS,
    },
    on_both_databases,
};

on_both_databases![
    a_new_template_is_last_and_can_be_used_at_once,
    a_change_is_visible_at_once,
    a_template_can_be_moved_to_a_position,
    a_new_template_is_last_when_others_are_archived,
    deleting_a_used_template_archives_it_and_history_keeps_it,
    deleting_an_unused_template_removes_it,
    a_restored_template_is_last,
    only_an_admin_can_change_shared_templates,
    another_teams_template_is_not_found,
    templates_are_read_only_without_the_permission,
    a_change_is_announced_to_the_team,
];

/// The names of a team's own templates, in order.
async fn names(client: &Client, team: i64) -> Vec<String> {
    let items = client.get(&format!("/templates?team_id={team}")).await.items();
    let own = items.iter().filter(|template| template["team_id"] == team);
    own.map(|template| template["name"].as_str().unwrap().to_owned()).collect()
}

/// Sends a reply with a template in a conversation with Maria.
async fn use_template(app: &TestApp, client: &Client, template: i64) -> i64 {
    let conversation = app.inbound(MARIA, "Hello").await;
    let reply = json!({"body": "Hello Maria", "template_id": template});
    client.post(&format!("/conversations/{conversation}/messages"), reply).await.expect(201);
    conversation
}

async fn a_new_template_is_last_and_can_be_used_at_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let body = "Hi {{NAME}}, {{ balance }} is due on {{Due Date}}: {{ref}}, {{number}}, {{agent}}, {{team}}.";
    let created = sam.post("/templates", new(COLLECTIONS, "  Reminder ", body)).await.expect(201);
    let expected = json!({"id": 6, "team_id": COLLECTIONS, "name": "Reminder", "body": body,
        "position": created["position"], "archived_at": null, "version": created["version"]});
    assert_eq!(created, expected);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Greeting", "Balance", "Reminder"]);
    let conversation = app.inbound(MARIA, "Hello").await;
    let rendered = sam.get(&format!("/conversations/{conversation}/templates")).await.items();
    assert_eq!(
        rendered[2]["rendered"],
        "Hi Maria Jones, GBP 120.00 is due on 2024-11-30: A-10021, +44 7700 900123, Sam, Collections."
    );
    assert_eq!(sam.get("/templates/6").await.expect(200), created);
}

async fn a_change_is_visible_at_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let changed =
        change(&sam, GREETING, json!({"name": "Hello", "body": "Hello {{name}}"})).await.expect(200);
    let expected = json!({"id": GREETING, "team_id": COLLECTIONS, "name": "Hello", "body": "Hello {{name}}",
        "position": 1, "archived_at": null, "version": changed["version"]});
    assert_eq!(changed, expected);
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.get(&format!("/templates/{GREETING}")).await.expect(200), changed);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Hello", "Balance"]);
    // The same name in another case is still the template's own.
    change(&sam, GREETING, json!({"name": "HELLO", "body": "Hi"})).await.expect(200);
}

async fn a_template_can_be_moved_to_a_position(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C", "D"] {
        ids.push(create(&sam, SUPPORT, name).await);
    }
    for (index, position, order) in [
        (3, 0, ["D", "A", "B", "C"]),
        (0, 2, ["D", "B", "A", "C"]),
        (3, 99, ["B", "A", "C", "D"]),
        (1, 0, ["B", "A", "C", "D"]),
    ] {
        let name = ["A", "B", "C", "D"][index];
        let change = json!({"name": name, "body": "Hi", "position": position});
        let changed = self::change(&sam, ids[index], change).await.expect(200);
        assert_eq!(names(&sam, SUPPORT).await, order);
        let place = order.iter().position(|known| *known == name).unwrap();
        assert_eq!(changed["position"], place, "{order:?}");
    }
    // Without a position the template keeps its place.
    change(&sam, ids[0], json!({"name": "A2", "body": "Hi"})).await.expect(200);
    assert_eq!(names(&sam, SUPPORT).await, ["B", "A2", "C", "D"]);
    for position in [json!(-1), json!("0"), json!(1.5)] {
        let wrong = json!({"name": "A", "body": "Hi", "position": position});
        change(&sam, ids[0], wrong).await.problem(InvalidBody);
    }
}

async fn a_new_template_is_last_when_others_are_archived(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(create(&sam, SUPPORT, name).await);
    }
    for (id, name) in [(ids[0], "A"), (ids[1], "B")] {
        change(&sam, id, json!({"name": name, "body": "Hi", "archived": true})).await.expect(200);
    }
    create(&sam, SUPPORT, "D").await;
    assert_eq!(names(&sam, SUPPORT).await, ["C", "D"]);
}

async fn deleting_a_used_template_archives_it_and_history_keeps_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = use_template(&app, &sam, GREETING).await;
    sam.delete(&format!("/templates/{GREETING}")).await.no_content();
    assert_eq!(names(&sam, COLLECTIONS).await, ["Balance"]);
    let archived = sam.get(&format!("/templates/{GREETING}")).await.expect(200);
    assert_eq!(
        (&archived["name"], &archived["archived_at"]),
        (&json!("Greeting"), &json!("2024-11-25T09:00:00Z"))
    );
    assert_eq!(sam.messages(conversation).await[1]["template_id"], GREETING);
    let refused = json!({"body": "Hello", "template_id": GREETING});
    let path = format!("/conversations/{conversation}/messages");
    let refused = sam.post(&path, refused).await;
    assert_eq!(refused.fault(ValidationFailed), ("template_id".into(), "unknown".into()));
    // Deleting or archiving again changes nothing.
    app.advance(TimeDelta::minutes(1));
    sam.delete(&format!("/templates/{GREETING}")).await.no_content();
    assert_eq!(sam.get(&format!("/templates/{GREETING}")).await.expect(200), archived);
    let again = json!({"name": archived["name"], "body": archived["body"], "archived": true});
    assert_eq!(change(&sam, GREETING, again).await.expect(200), archived);
}

async fn deleting_an_unused_template_removes_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for id in [BALANCE, ARCHIVED_TEMPLATE] {
        sam.delete(&format!("/templates/{id}")).await.no_content();
        sam.get(&format!("/templates/{id}")).await.problem(NotFound);
        sam.delete(&format!("/templates/{id}")).await.problem(NotFound);
        change(&sam, id, json!({"name": "A", "body": "Hi"})).await.problem(NotFound);
    }
    assert_eq!(names(&sam, COLLECTIONS).await, ["Greeting"]);
}

async fn a_restored_template_is_last(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let body = json!({"name": "Greeting", "body": "Hello", "archived": true});
    let archived = change(&sam, GREETING, body).await.expect(200);
    assert_eq!(archived["archived_at"], "2024-11-25T09:00:00Z");
    assert_eq!(names(&sam, COLLECTIONS).await, ["Balance"]);
    // Changing the name does not restore it.
    change(&sam, GREETING, json!({"name": "Greetings", "body": "Hello"})).await.expect(200);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Balance"]);
    let restored =
        change(&sam, GREETING, json!({"name": "Greetings", "body": "Hello", "archived": false})).await;
    assert_eq!(restored.expect(200)["archived_at"], Value::Null);
    let body = json!({"name": "Old greeting", "body": "Dear Sir or Madam", "archived": false, "position": 0});
    change(&sam, ARCHIVED_TEMPLATE, body).await.expect(200);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Old greeting", "Balance", "Greetings"]);
}

async fn only_an_admin_can_change_shared_templates(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let all = json!({"team_id": null, "name": "Bye", "body": "Bye"});
    sam.post("/templates", all.clone()).await.problem(Forbidden);
    change(&sam, THANKS, json!({"name": "Thanks", "body": "Hi"})).await.problem(Forbidden);
    sam.delete(&format!("/templates/{THANKS}")).await.problem(Forbidden);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.post("/templates", all).await.expect(201)["team_id"], Value::Null);
    change(&admin, THANKS, json!({"name": "Thank you", "body": "Hi"})).await.expect(200);
    admin.delete(&format!("/templates/{THANKS}")).await.no_content();
    let left = sam.get(&format!("/templates?team_id={SUPPORT}")).await.items();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["name"], "Bye");
}

async fn another_teams_template_is_not_found(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for team in [CLAIMS, 4711, 0, -1] {
        sam.post("/templates", new(team, "A", "Hi")).await.problem(NotFound);
    }
    for id in [CLAIMS_TEMPLATE, 4711, 0] {
        change(&sam, id, json!({"name": "A", "body": "Hi"})).await.problem(NotFound);
        sam.delete(&format!("/templates/{id}")).await.problem(NotFound);
    }
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(names(&admin, CLAIMS).await, ["Claim received"]);
    // A template cannot move to another team.
    let index = json!({"name": "Greeting", "body": "Hi", "team_id": SUPPORT});
    let response = change(&sam, GREETING, index).await;
    assert!(response.status == 400 || names(&sam, SUPPORT).await.is_empty());
}

async fn templates_are_read_only_without_the_permission(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/templates", new(COLLECTIONS, "A", "Hi")).await.problem(Forbidden);
    change(&ann, GREETING, json!({"name": "A", "body": "Hi"})).await.problem(Forbidden);
    ann.delete(&format!("/templates/{GREETING}")).await.problem(Forbidden);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Greeting", "Balance"]);
}

async fn a_change_is_announced_to_the_team(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = create(&sam, SUPPORT, "A").await;
    change(&sam, id, json!({"name": "B", "body": "Hi"})).await.expect(200);
    sam.delete(&format!("/templates/{id}")).await.no_content();
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id = 2"), 3);
    let admin = app.signed_in(ADMIN).await;
    admin.delete(&format!("/templates/{THANKS}")).await.no_content();
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id IS NULL"), 1);
}
