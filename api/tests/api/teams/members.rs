//! Team membership: a member can act in the team from joining until leaving.

use serde_json::json;
use shared::ErrorCode::{Forbidden, NotFound};

use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, STRANGER, SUPPORT, SUPPORT_NUMBER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_member_can_act_in_the_team,
    a_former_member_cannot_act_in_the_team,
    a_stream_follows_changes_of_membership,
    a_manager_cannot_add_or_remove_an_account_with_more_permissions,
];

async fn a_new_member_can_act_in_the_team(app: TestApp) {
    let conversation = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
    let manager = app.manager().await;
    let path = format!("/teams/{SUPPORT}/members/{}", ANN.1);
    // Adding again changes nothing.
    for _ in 0..2 {
        manager.put(&path, json!({})).await.no_content();
        ann.conversation(conversation).await;
    }
    let members = manager.get(&format!("/teams/{SUPPORT}")).await.expect(200);
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    let account_events = format!("kind = 'account_changed' AND account_id = {}", ANN.1);
    assert!(app.database.count("events", &account_events) >= 1);
    assert!(app.database.count("events", "kind = 'team_changed' AND team_id = 2") >= 1);
}

async fn a_former_member_cannot_act_in_the_team(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.conversation(conversation).await;
    let admin = app.signed_in(ADMIN).await;
    let path = format!("/teams/{COLLECTIONS}/members/{}", ANN.1);
    admin.delete(&path).await.no_content();
    ann.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
    ann.reply(conversation, "Hi").await.problem(NotFound);
    assert_eq!(ann.get("/me").await.expect(200)["teams"], json!([]));
    admin.delete(&path).await.no_content();
    admin.put(&path, json!({})).await.no_content();
    ann.conversation(conversation).await;
}

async fn a_stream_follows_changes_of_membership(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let admin = app.signed_in(ADMIN).await;
    let mut stream = Listener::to(&ann).await;
    admin.put(&format!("/teams/{SUPPORT}/members/{}", ANN.1), json!({})).await.no_content();
    let event = stream.event().await.unwrap();
    assert_eq!((&event["kind"], &event["account_id"]), (&json!("account_changed"), &json!(ANN.1)));
    app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let mut kinds = Vec::new();
    while kinds.last() != Some(&json!("message_received")) {
        let event = stream.event().await.unwrap();
        assert_eq!(event["team_id"], SUPPORT);
        kinds.push(event["kind"].clone());
    }
    admin.delete(&format!("/teams/{SUPPORT}/members/{}", ANN.1)).await.no_content();
    app.inbound_to(SUPPORT_NUMBER, STRANGER, "Are you there?").await;
    app.inbound(STRANGER, "Hello").await;
    // Events of the former team are no longer received.
    loop {
        let event = stream.event().await.unwrap();
        if event["kind"] == "message_received" {
            assert_eq!(event["team_id"], COLLECTIONS);
            break;
        }
    }
}

async fn a_manager_cannot_add_or_remove_an_account_with_more_permissions(app: TestApp) {
    // Bo, in both of the manager's teams, has `view_audit`, which the manager lacks.
    app.database
        .run(
            "UPDATE accounts SET permissions = '[\"reply\",\"view_audit\"]' WHERE id = 4;
             DELETE FROM team_members WHERE team_id = 2 AND account_id = 4;
             INSERT INTO team_members (team_id, account_id) VALUES (1, 1);",
        )
        .unwrap();
    let manager = app.manager().await;
    manager.put("/accounts/4", json!({"team_ids": [1, 2]})).await.problem(Forbidden);
    // The change is also refused through the team.
    manager.put("/teams/2/members/4", json!({})).await.problem(Forbidden);
    manager.delete("/teams/1/members/4").await.problem(Forbidden);
    manager.put("/teams/2/members/1", json!({})).await.problem(Forbidden);
    manager.delete("/teams/1/members/1").await.problem(Forbidden);
}
