//! Who sees which entries, and the filters.

use serde_json::{Value, json};
use shared::{
    ErrorCode::{Forbidden, InvalidCursor, InvalidQuery, NotFound},
    account::Permission,
};

use super::actions;
use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, COLLECTIONS, SAM, SUPPORT},
    on_both_databases,
};

on_both_databases![
    the_audit_log_requires_the_permission_view_audit,
    a_member_sees_the_entries_of_their_teams_and_an_administrator_all,
    entries_are_listed_newest_first_page_by_page,
    entries_can_be_filtered,
    an_invalid_filter_is_refused,
];

/// Signs in Sam, who also gets the permission `view_audit`.
async fn auditor(app: &TestApp) -> Client {
    let permissions = serde_json::to_string(&[Permission::Reply, Permission::ViewAudit]).unwrap();
    app.database
        .run(&format!("UPDATE accounts SET permissions = '{permissions}' WHERE id = {}", SAM.1))
        .unwrap();
    app.signed_in(SAM).await
}

async fn create_tags(admin: &Client, tags: &[(Option<i64>, &str)]) {
    for (team, name) in tags {
        admin.post("/tags", json!({"team_id": team, "name": name})).await.expect(201);
    }
}

async fn labels(client: &Client, query: &str) -> Vec<Value> {
    let entries = client.get(&format!("/audit_entries?action=tag.created{query}")).await.items();
    entries.iter().map(|entry| entry["subject"]["label"].clone()).collect()
}

async fn the_audit_log_requires_the_permission_view_audit(app: TestApp) {
    for person in [ANN, SAM] {
        app.signed_in(person).await.get("/audit_entries").await.problem(Forbidden);
    }
    auditor(&app).await.get("/audit_entries").await.expect(200);
}

async fn a_member_sees_the_entries_of_their_teams_and_an_administrator_all(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let tags = [(None, "Every"), (Some(COLLECTIONS), "One"), (Some(SUPPORT), "Two"), (Some(CLAIMS), "Three")];
    create_tags(&admin, &tags).await;
    let sam = auditor(&app).await;
    assert_eq!(labels(&sam, "").await, ["Two", "One"]);
    assert_eq!(actions(&sam, "?action=session.signed_in").await, [""; 0]);
    assert_eq!(labels(&admin, "").await, ["Three", "Two", "One", "Every"]);
    assert_eq!(labels(&sam, &format!("&team_id={SUPPORT}")).await, ["Two"]);
    assert_eq!(labels(&admin, &format!("&team_id={CLAIMS}")).await, ["Three"]);
    for team in [CLAIMS, 4711] {
        sam.get(&format!("/audit_entries?team_id={team}")).await.problem(NotFound);
        sam.get(&format!("/audit_entries?team_id={team}&format=csv")).await.problem(NotFound);
    }
}

async fn entries_are_listed_newest_first_page_by_page(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    create_tags(&admin, &[(None, "A"), (None, "B"), (None, "C"), (None, "D"), (None, "E")]).await;
    let pages = admin.pages("/audit_entries?action=tag.created&limit=2").await;
    let seen: Vec<&str> =
        pages.iter().flatten().map(|entry| entry["subject"]["label"].as_str().unwrap()).collect();
    assert_eq!((pages.len(), seen), (3, vec!["E", "D", "C", "B", "A"]));
}

async fn entries_can_be_filtered(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    create_tags(&admin, &[(None, "50% off"), (None, "50 off")]).await;
    app.advance(chrono::TimeDelta::hours(1));
    let admin = app.signed_in(ADMIN).await;
    create_tags(&admin, &[(Some(COLLECTIONS), "Later")]).await;
    assert_eq!(labels(&admin, "&subject=50%25").await, ["50% off"]);
    assert_eq!(labels(&admin, "&subject=OFF").await, ["50 off", "50% off"]);
    assert_eq!(labels(&admin, "&subject=%20").await.len(), 3);
    assert_eq!(labels(&admin, "&actor=adm").await.len(), 3);
    assert_eq!(labels(&admin, "&actor=sam").await, [""; 0]);
    assert_eq!(labels(&admin, "&from=2024-11-25T09:30:00Z").await, ["Later"]);
    assert_eq!(labels(&admin, "&until=2024-11-25T10:30:00%2B01:00").await, ["50 off", "50% off"]);
    assert_eq!(labels(&admin, "&from=2024-11-25T09:00:00Z&until=2024-11-25T09:00:00Z").await, [""; 0]);
}

async fn an_invalid_filter_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let long = format!("actor={}", "a".repeat(101));
    for query in ["from=yesterday", "until=%2B12026-01-01T00:00:00Z", "action=x", "format=pdf", "limit=0"] {
        admin.get(&format!("/audit_entries?{query}")).await.problem(InvalidQuery);
    }
    for (query, field) in [(long.as_str(), "actor"), ("subject=%00", "subject")] {
        let refused = admin.get(&format!("/audit_entries?{query}")).await;
        assert_eq!(refused.fault(InvalidQuery), (field.into(), "too_long".into()));
    }
    admin.get("/audit_entries?cursor=x").await.problem(InvalidCursor);
}
