//! The numbers of teams: each belongs to exactly one, and none goes while conversations live on it.

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, Forbidden, InvalidBody, InvalidNumber, InvalidQuery, NotFound, NumberInUse,
};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, STRANGER, SUPPORT,
        SUPPORT_NUMBER,
    },
    gateway::{MESSAGES, signed, text_form},
    on_both_databases,
};

on_both_databases![
    a_number_is_read_in_any_usual_format_of_the_region,
    texts_to_a_new_number_reach_the_team,
    a_number_belongs_to_exactly_one_team,
    what_is_wrong_with_a_number_is_said,
    a_number_in_use_stays,
    a_number_that_has_gone_can_be_another_teams,
    only_a_number_of_the_team_can_be_taken,
    numbers_are_looked_after_in_ones_own_teams_only,
];

async fn add(client: &Client, team: i64, number: &str) -> Answer {
    client.post(&format!("/teams/{team}/numbers"), json!({"number": number})).await
}

async fn take(client: &Client, team: i64, number: &str) -> Answer {
    client.delete(&format!("/teams/{team}/numbers?number={}", number.replace('+', "%2B"))).await
}

async fn a_number_is_read_in_any_usual_format_of_the_region(app: TestApp) {
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

async fn texts_to_a_new_number_reach_the_team(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let form = text_form(&app.next_sid(), STRANGER, "+447700900777", "Hello");
    Answer::to(signed(&app.nobody, MESSAGES, &form)).await.problem(NotFound);
    add(&admin, COLLECTIONS, "+447700900777").await.expect(201);
    let conversation = app.text_to("+447700900777", STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let message = ann.replies(conversation, "Hi").await;
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

async fn what_is_wrong_with_a_number_is_said(app: TestApp) {
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

async fn a_number_in_use_stays(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let open = app.text(STRANGER, "Hello").await;
    let problem = take(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(NumberInUse);
    assert!(problem["detail"].as_str().unwrap().starts_with('1'), "{problem}");
    assert_eq!(admin.close(open).await.status, 201);
    // One that awaits a reply is in use as well.
    let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi"});
    let pending = admin.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    take(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(NumberInUse);
    assert_eq!(admin.close(pending).await.status, 201);
    take(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.done();
    let team = admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200);
    assert_eq!(team["numbers"], json!([]));
    // What was said on it is still there.
    assert_eq!(admin.conversation(open).await["team_number"], COLLECTIONS_NUMBER);
}

async fn a_number_that_has_gone_can_be_another_teams(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let before = app.text(STRANGER, "STOP").await;
    assert_eq!(admin.close(before).await.status, 201);
    take(&admin, COLLECTIONS, COLLECTIONS_NUMBER).await.done();
    let team = add(&admin, CLAIMS, COLLECTIONS_NUMBER).await.expect(201);
    assert_eq!(team["numbers"], json!([COLLECTIONS_NUMBER, CLAIMS_NUMBER, "+447700900004"]));
    let conversation = app.text(STRANGER, "Hello").await;
    let cy = app.signed_in(CY).await;
    let seen = cy.conversation(conversation).await;
    // Another team's conversation is not told of; that the customer takes no texts from this number is.
    assert_eq!((&seen["team_id"], &seen["previous_id"]), (&json!(CLAIMS), &Value::Null));
    assert_eq!(seen["consent"]["state"], "opted_out");
    cy.get(&format!("/conversations/{before}")).await.problem(NotFound);
    app.signed_in(ANN).await.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
}

async fn only_a_number_of_the_team_can_be_taken(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for number in [SUPPORT_NUMBER, STRANGER] {
        take(&admin, COLLECTIONS, number).await.problem(NotFound);
    }
    for query in ["", "?number=", "?number=07700900001", "?number=+447700900001", "?number=x", "?number=%00"]
    {
        admin.delete(&format!("/teams/{COLLECTIONS}/numbers{query}")).await.problem(InvalidQuery);
    }
    assert_eq!(app.database.count("team_numbers", "1 = 1"), 4);
    // The number can also stand in the body.
    let path = format!("/teams/{COLLECTIONS}/numbers");
    let request = admin.request(reqwest::Method::DELETE, &path).json(&json!({"number": COLLECTIONS_NUMBER}));
    Answer::to(request).await.done();
}

async fn numbers_are_looked_after_in_ones_own_teams_only(app: TestApp) {
    let manager = app.manager().await;
    for team in [CLAIMS, 4711, 0] {
        add(&manager, team, "+447700900777").await.problem(NotFound);
        take(&manager, team, CLAIMS_NUMBER).await.problem(NotFound);
    }
    add(&manager, SUPPORT, "+447700900777").await.expect(201);
    take(&manager, SUPPORT, "+447700900777").await.done();
    let ann = app.signed_in(ANN).await;
    add(&ann, COLLECTIONS, "+447700900777").await.problem(Forbidden);
    take(&ann, COLLECTIONS, COLLECTIONS_NUMBER).await.problem(Forbidden);
}
