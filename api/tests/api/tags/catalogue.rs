//! Tags: creating, changing, ordering, archiving and deleting them (rule 19).

use serde_json::{Value, json};
use shared::ErrorCode::{AlreadyExists, Forbidden, InvalidBody, NotFound, ValidationFailed};

use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, COLLECTIONS, CY, SAM, STRANGER, SUPPORT},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_tag_is_the_last_of_its_team_and_has_a_colour,
    a_tag_of_all_teams_is_offered_to_every_team_and_only_an_admin_changes_it,
    a_tag_is_renamed_recoloured_and_moved,
    a_tag_that_a_conversation_has_is_archived_and_can_be_restored,
    a_tag_that_no_conversation_has_is_deleted,
    a_name_is_unique_in_a_team_in_any_case,
    tags_are_read_only_without_the_permission,
    another_teams_tag_is_not_found,
    each_validation_error_names_its_field,
    a_change_is_announced_to_the_team,
];

async fn create(client: &Client, team: i64, name: &str) -> i64 {
    let created = client.post("/tags", json!({"team_id": team, "name": name})).await.expect(201);
    created["id"].as_i64().unwrap()
}

async fn names(client: &Client, team: i64) -> Vec<String> {
    let items = client.get(&format!("/tags?team_id={team}")).await.items();
    items.iter().map(|tag| tag["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_new_tag_is_the_last_of_its_team_and_has_a_colour(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    create(&sam, COLLECTIONS, "Hardship").await;
    let orange = json!({"team_id": COLLECTIONS, "name": "Vulnerable", "colour": "orange"});
    let created = sam.post("/tags", orange).await.expect(201);
    let id = created["id"].as_i64().unwrap();
    let expected = json!({"id": id, "team_id": COLLECTIONS, "name": "Vulnerable", "colour": "orange", "position": 1,
        "archived_at": null, "version": created["version"]});
    assert_eq!(created, expected);
    assert_eq!(ann.get(&format!("/tags/{id}")).await.expect(200), expected);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Hardship", "Vulnerable"]);
    assert_eq!(ann.get("/tags").await.items()[0]["colour"], "grey", "the default");
    assert_eq!(names(&sam, SUPPORT).await, [""; 0]);
}

async fn a_tag_of_all_teams_is_offered_to_every_team_and_only_an_admin_changes_it(app: TestApp) {
    let (admin, sam) = (app.signed_in(ADMIN).await, app.signed_in(SAM).await);
    sam.post("/tags", json!({"team_id": null, "name": "Press"})).await.problem(Forbidden);
    let shared = admin.post("/tags", json!({"team_id": null, "name": "Press"})).await.expect(201);
    create(&sam, COLLECTIONS, "Hardship").await;
    assert_eq!(names(&sam, COLLECTIONS).await, ["Hardship", "Press"]);
    assert_eq!(names(&app.signed_in(CY).await, CLAIMS).await, ["Press"]);
    let path = format!("/tags/{}", shared["id"]);
    sam.put(&path, json!({"name": "Media"})).await.problem(Forbidden);
    sam.delete(&path).await.problem(Forbidden);
    assert_eq!(admin.put(&path, json!({"name": "Media"})).await.expect(200)["name"], "Media");
}

async fn a_tag_is_renamed_recoloured_and_moved(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    create(&sam, COLLECTIONS, "First").await;
    let id = create(&sam, COLLECTIONS, "Second").await;
    let path = format!("/tags/{id}");
    let change = json!({"name": "Urgent", "colour": "red", "position": 0});
    let changed = sam.put(&path, change).await.expect(200);
    assert_eq!(
        (&changed["name"], &changed["colour"], &changed["position"]),
        (&json!("Urgent"), &json!("red"), &json!(0))
    );
    assert_eq!(names(&sam, COLLECTIONS).await, ["Urgent", "First"]);
    let renamed = sam.put(&path, json!({"name": "Very urgent"})).await.expect(200);
    assert_eq!((&renamed["colour"], &renamed["position"]), (&json!("red"), &json!(0)), "both stay");
}

async fn a_tag_that_a_conversation_has_is_archived_and_can_be_restored(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let id = create(&sam, COLLECTIONS, "Hardship").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    ann.put(&format!("/conversations/{conversation}/tags"), json!({"tag_ids": [id]})).await.expect(200);
    sam.delete(&format!("/tags/{id}")).await.no_content();
    assert_eq!(names(&sam, COLLECTIONS).await, [""; 0]);
    let archived = sam.get(&format!("/tags?team_id={COLLECTIONS}&archived=true")).await.items();
    assert_eq!(archived[0]["id"], id);
    assert_ne!(archived[0]["archived_at"], Value::Null);
    assert_eq!(ann.conversation(conversation).await["tags"][0]["name"], "Hardship");
    let restored = json!({"name": "Hardship", "archived": false});
    sam.put(&format!("/tags/{id}"), restored).await.expect(200);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Hardship"]);
}

async fn a_tag_that_no_conversation_has_is_deleted(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = create(&sam, COLLECTIONS, "Hardship").await;
    sam.delete(&format!("/tags/{id}")).await.no_content();
    sam.get(&format!("/tags/{id}")).await.problem(NotFound);
    assert_eq!(app.database.count("tags", "TRUE"), 0);
}

async fn a_name_is_unique_in_a_team_in_any_case(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    create(&sam, COLLECTIONS, "Hardship").await;
    let problem =
        sam.post("/tags", json!({"team_id": COLLECTIONS, "name": "HARDSHIP"})).await.problem(AlreadyExists);
    assert_eq!(problem["errors"][0]["message"], "A tag named HARDSHIP already exists. Choose another name.");
    create(&sam, SUPPORT, "Hardship").await;
}

async fn tags_are_read_only_without_the_permission(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let id = create(&sam, COLLECTIONS, "Hardship").await;
    ann.post("/tags", json!({"team_id": COLLECTIONS, "name": "Mine"})).await.problem(Forbidden);
    ann.put(&format!("/tags/{id}"), json!({"name": "Mine"})).await.problem(Forbidden);
    ann.delete(&format!("/tags/{id}")).await.problem(Forbidden);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Hardship"]);
}

async fn another_teams_tag_is_not_found(app: TestApp) {
    let (admin, sam) = (app.signed_in(ADMIN).await, app.signed_in(SAM).await);
    let id = create(&admin, CLAIMS, "Storm").await;
    sam.get(&format!("/tags/{id}")).await.problem(NotFound);
    sam.put(&format!("/tags/{id}"), json!({"name": "Mine"})).await.problem(NotFound);
    sam.delete(&format!("/tags/{id}")).await.problem(NotFound);
    sam.get(&format!("/tags?team_id={CLAIMS}")).await.problem(NotFound);
    sam.post("/tags", json!({"team_id": CLAIMS, "name": "Mine"})).await.problem(NotFound);
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let fault = sam.post("/tags", json!({"team_id": COLLECTIONS, "name": " "})).await.fault(ValidationFailed);
    assert_eq!(fault, ("name".into(), "required".into()));
    let colour = json!({"team_id": COLLECTIONS, "name": "Hardship", "colour": "plaid"});
    sam.post("/tags", colour).await.problem(InvalidBody);
}

async fn a_change_is_announced_to_the_team(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let mut stream = Listener::to(&ann).await;
    create(&sam, COLLECTIONS, "Hardship").await;
    let event = stream.event().await.unwrap();
    assert_eq!((&event["kind"], &event["team_id"]), (&json!("team_changed"), &json!(COLLECTIONS)));
}
