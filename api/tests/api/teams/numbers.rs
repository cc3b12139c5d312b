//! The numbers of teams: each belongs to exactly one team, and none can be removed while it has live conversations.

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, Forbidden, InvalidBody, InvalidNumber, InvalidQuery, NotFound, NumberInUse,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, STRANGER, SUPPORT,
        SUPPORT_NUMBER,
    },
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    a_number_is_accepted_in_any_usual_format_of_the_region,
    messages_to_a_new_number_reach_the_team,
    a_number_belongs_to_exactly_one_team,
    an_invalid_number_is_refused,
    a_number_in_use_cannot_be_removed,
    a_removed_number_can_be_added_to_another_team,
    only_a_number_of_the_team_can_be_removed,
    numbers_can_be_changed_only_in_the_callers_teams,
];

async fn add(client: &Client, team: i64, number: &str) -> ApiResponse {
    client.post(&format!("/teams/{team}/numbers"), json!({"number": number})).await
}

async fn remove(client: &Client, team: i64, number: &str) -> ApiResponse {
    client.delete(&format!("/teams/{team}/numbers?number={}", number.replace('+', "%2B"))).await
}

async fn a_number_is_accepted_in_any_usual_format_of_the_region(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let team = add(&admin, COLLECTIONS, "(07700) 900-777").await.expect(201);
    assert_eq!(
        (&team["id"], &team["numbers"]),
        (&json!(COLLECTIONS), &json!([COLLECTIONS_NUMBER, "+447700900777"]))
    );
    assert_eq!(admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200), team);
    let team = add(&admin, COLLECTIONS, "+353 87 123 4567").await.expect(201);
    assert_eq!(team["numbers"], json!(["+353871234567", COLLECTIONS_NUMBER, "+447700900777"]));
    admin
        .put(&format!("/teams/{SUPPORT}"), json!({"name": "Support", "region": "IE", "time_zone": "UTC"}))
        .await
        .expect(200);
    let team = add(&admin, SUPPORT, "087 123 4568").await.expect(201);
    assert_eq!(team["numbers"], json!(["+353871234568", SUPPORT_NUMBER]));
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id = 1"), 2);
}

async fn messages_to_a_new_number_reach_the_team(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let form = message_form(&app.next_sid(), STRANGER, "+447700900777", "Hello");
    ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.problem(NotFound);
    add(&admin, COLLECTIONS, "+447700900777").await.expect(201);
    let conversation = app.inbound_to("+447700900777", STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, message, "delivered").await;
    assert_eq!(app.gateway.sent_to(STRANGER).await[0]["from"], "+447700900777");
}

async fn a_number_belongs_to_exactly_one_team(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let manager = app.manager().await;
    for (client, team, number) in [
        (&admin, COLLECTIONS, "07700 900001"),
        (&admin, COLLECTIONS, SUPPORT_NUMBER),
        (&admin, SUPPORT, "0044 7700 900004"),
        (&manager, SUPPORT, CLAIMS_NUMBER),
    ] {
        let refused = add(client, team, number).await;
        assert_eq!(refused.faults(AlreadyExists), ["number:taken"], "{number}");
    }
    assert_eq!(app.database.count("team_numbers", "1 = 1"), 4);
    let (one, other) =
        tokio::join!(add(&admin, COLLECTIONS, "07700900777"), add(&manager, SUPPORT, "+447700900777"));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(app.database.count("team_numbers", "number = '+447700900777'"), 1);
}

async fn an_invalid_number_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let long = "0".repeat(10_000);
    for number in
        ["", " ", "07700", "\u{1f600}", "<script>", "a\0b", "07700900777\0", long.as_str(), "+999 1234567"]
    {
        let refused = add(&admin, COLLECTIONS, number).await;
        assert_eq!(refused.faults(InvalidNumber), ["number:invalid"], "{number}");
    }
    for body in [json!({}), json!([]), json!({"number": null}), json!({"number": 7700900777_i64})] {
        admin.post(&format!("/teams/{COLLECTIONS}/numbers"), body).await.problem(InvalidBody);
    }
    assert_eq!(app.database.count("team_numbers", "1 = 1"), 4);
}

async fn a_number_in_use_cannot_be_removed(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let open = app.inbound(STRANGER, "Hello").await;
    let problem = remove(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(NumberInUse);
    assert!(problem["detail"].as_str().unwrap().starts_with('1'), "{problem}");
    assert_eq!(admin.close(open).await.status, 201);
    // A pending conversation uses the number too.
    let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi"});
    let pending = admin.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    remove(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(NumberInUse);
    assert_eq!(admin.close(pending).await.status, 201);
    remove(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.no_content();
    let team = admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200);
    assert_eq!(team["numbers"], json!([]));
    // Its conversations are still there.
    assert_eq!(admin.conversation(open).await["team_number"], COLLECTIONS_NUMBER);
}

async fn a_removed_number_can_be_added_to_another_team(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let before = app.inbound(STRANGER, "STOP").await;
    assert_eq!(admin.close(before).await.status, 201);
    remove(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.no_content();
    let team = add(&admin, CLAIMS, COLLECTIONS_NUMBER).await.expect(201);
    assert_eq!(team["numbers"], json!([COLLECTIONS_NUMBER, CLAIMS_NUMBER, "+447700900004"]));
    let conversation = app.inbound(STRANGER, "Hello").await;
    let cy = app.signed_in(CY).await;
    let seen = cy.conversation(conversation).await;
    // The other team's conversation is not linked, but the opt-out from this number is shown.
    assert_eq!((&seen["team_id"], &seen["previous_id"]), (&json!(CLAIMS), &Value::Null));
    assert_eq!(seen["consent"]["state"], "opted_out");
    cy.get(&format!("/conversations/{before}")).await.problem(NotFound);
    app.signed_in(ANN).await.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
}

async fn only_a_number_of_the_team_can_be_removed(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for number in [SUPPORT_NUMBER, STRANGER] {
        remove(&admin, COLLECTIONS, number).await.problem(NotFound);
    }
    for query in ["", "?number=", "?number=07700900001", "?number=+447700900001", "?number=x", "?number=%00"]
    {
        admin.delete(&format!("/teams/{COLLECTIONS}/numbers{query}")).await.problem(InvalidQuery);
    }
    assert_eq!(app.database.count("team_numbers", "1 = 1"), 4);
    // The number can also be in the body.
    let path = format!("/teams/{COLLECTIONS}/numbers");
    let request = admin.request(reqwest::Method::DELETE, &path).json(&json!({"number": COLLECTIONS_NUMBER}));
    ApiResponse::to(request).await.no_content();
}

async fn numbers_can_be_changed_only_in_the_callers_teams(app: TestApp) {
    let manager = app.manager().await;
    for team in [CLAIMS, 4711, 0] {
        add(&manager, team, "+447700900777").await.problem(NotFound);
        remove(&manager, team, CLAIMS_NUMBER).await.problem(NotFound);
    }
    add(&manager, SUPPORT, "+447700900777").await.expect(201);
    remove(&manager, SUPPORT, "+447700900777").await.no_content();
    let ann = app.signed_in(ANN).await;
    add(&ann, COLLECTIONS, "+447700900777").await.problem(Forbidden);
    remove(&ann, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(Forbidden);
}
