//! Who belongs to a team: from then on they act in it, and no longer when they leave.

use serde_json::json;
use shared::ErrorCode::{Forbidden, NotFound};

use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, STRANGER, SUPPORT, SUPPORT_NUMBER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_member_acts_in_the_team_from_then_on,
    a_former_member_does_not,
    a_stream_follows_who_belongs_where,
    a_manager_brings_in_nobody_who_may_more,
];

async fn a_member_acts_in_the_team_from_then_on(app: TestApp) {
    let conversation = app.text_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
    let manager = app.manager().await;
    let path = format!("/teams/{SUPPORT}/members/{}", ANN.1);
    // Once more changes nothing.
    for _ in 0..2 {
        manager.put(&path, json!({})).await.done();
        ann.conversation(conversation).await;
    }
    let members = manager.get(&format!("/teams/{SUPPORT}")).await.expect(200);
    assert_eq!(members["members"].as_array().unwrap().len(), 3);
    let told = format!("kind = 'account_changed' AND account_id = {}", ANN.1);
    assert!(app.database.count("events", &told) >= 1);
    assert!(app.database.count("events", "kind = 'team_changed' AND team_id = 2") >= 1);
}

async fn a_former_member_does_not(app: TestApp) {
    let conversation = app.text(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.conversation(conversation).await;
    let admin = app.signed_in(ADMIN).await;
    let path = format!("/teams/{COLLECTIONS}/members/{}", ANN.1);
    admin.delete(&path).await.done();
    ann.get(&format!("/conversations/{conversation}")).await.problem(NotFound);
    ann.reply(conversation, "Hi").await.problem(NotFound);
    assert_eq!(ann.get("/me").await.expect(200)["teams"], json!([]));
    admin.delete(&path).await.done();
    admin.put(&path, json!({})).await.done();
    ann.conversation(conversation).await;
}

async fn a_stream_follows_who_belongs_where(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let admin = app.signed_in(ADMIN).await;
    let mut stream = Listener::to(&ann).await;
    admin.put(&format!("/teams/{SUPPORT}/members/{}", ANN.1), json!({})).await.done();
    let event = stream.event().await.unwrap();
    assert_eq!((&event["kind"], &event["account_id"]), (&json!("account_changed"), &json!(ANN.1)));
    app.text_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let mut kinds = Vec::new();
    while kinds.last() != Some(&json!("message_received")) {
        let event = stream.event().await.unwrap();
        assert_eq!(event["team_id"], SUPPORT);
        kinds.push(event["kind"].clone());
    }
    admin.delete(&format!("/teams/{SUPPORT}/members/{}", ANN.1)).await.done();
    app.text_to(SUPPORT_NUMBER, STRANGER, "Are you there?").await;
    app.text(STRANGER, "Hello").await;
    // Of the team that she has left she hears nothing more.
    loop {
        let event = stream.event().await.unwrap();
        if event["kind"] == "message_received" {
            assert_eq!(event["team_id"], COLLECTIONS);
            break;
        }
    }
}

async fn a_manager_brings_in_nobody_who_may_more(app: TestApp) {
    // Bo, of both of the manager's teams, may see the audit log, which the manager may not.
    app.database
        .run(
            "UPDATE accounts SET permissions = '[\"reply\",\"view_audit\"]' WHERE id = 4;
             DELETE FROM team_members WHERE team_id = 2 AND account_id = 4;
             INSERT INTO team_members (team_id, account_id) VALUES (1, 1);",
        )
        .unwrap();
    let manager = app.manager().await;
    manager.put("/accounts/4", json!({"team_ids": [1, 2]})).await.problem(Forbidden);
    // What one cannot do to the account one cannot do by the team either.
    manager.put("/teams/2/members/4", json!({})).await.problem(Forbidden);
    manager.delete("/teams/1/members/4").await.problem(Forbidden);
    manager.put("/teams/2/members/1", json!({})).await.problem(Forbidden);
    manager.delete("/teams/1/members/1").await.problem(Forbidden);
}
