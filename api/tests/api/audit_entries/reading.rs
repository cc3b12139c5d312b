//! What reading records: views of key data, searches, and exports.

use chrono::TimeDelta;
use serde_json::json;

use super::{actions, newest};
use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, COLLECTIONS, MARIA, SAM, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_view_of_key_data_is_recorded_once_in_ten_minutes,
    views_at_the_same_time_are_recorded_once,
    templates_with_key_data_are_recorded_as_a_view,
    pages_of_an_export_are_recorded_once_for_each_period,
    a_search_is_recorded_with_its_term_and_once_for_all_pages,
];

async fn a_view_of_key_data_is_recorded_once_in_ten_minutes(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let unknown = app.inbound(STRANGER, "Hello").await;
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let path = format!("/conversations/{conversation}/key_data");
    let views = "?action=key_data.viewed";
    for _ in 0..3 {
        ann.get(&path).await.expect(200);
    }
    assert_eq!(actions(&admin, views).await.len(), 1);
    let entry = newest(&admin, "key_data.viewed").await;
    assert_eq!((&entry["actor"]["name"], &entry["team_id"]), (&json!("Ann"), &json!(COLLECTIONS)));
    assert_eq!(entry["subject"], json!({"kind": "conversation", "id": conversation, "label": null}));
    admin.get(&path).await.expect(200);
    assert_eq!(actions(&admin, views).await.len(), 2, "another actor");
    app.advance(TimeDelta::minutes(11));
    let ann = app.signed_in(ANN).await;
    ann.get(&path).await.expect(200);
    // A number without key data discloses none.
    ann.get(&format!("/conversations/{unknown}/key_data")).await.expect(200);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(actions(&admin, views).await.len(), 3);
}

async fn views_at_the_same_time_are_recorded_once(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let views: Vec<_> = (0..8)
        .map(|n| {
            let what = if n % 2 == 0 { "key_data" } else { "templates" };
            let (ann, path) = (ann.clone(), format!("/conversations/{conversation}/{what}"));
            tokio::spawn(async move { ann.get(&path).await.status })
        })
        .collect();
    for view in views {
        assert_eq!(view.await.unwrap(), 200);
    }
    assert_eq!(actions(&admin, "?action=key_data.viewed").await.len(), 1);
}

async fn templates_with_key_data_are_recorded_as_a_view(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let unknown = app.inbound(STRANGER, "Hello").await;
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let of_number =
        |number: &str| format!("/teams/{COLLECTIONS}/templates?number={}", number.replace('+', "%2B"));
    for number in [STRANGER, "07700"] {
        ann.get(&of_number(number)).await.expect(200);
    }
    ann.get(&format!("/conversations/{unknown}/templates")).await.expect(200);
    let views = "?action=key_data.viewed";
    assert_eq!(actions(&admin, views).await.len(), 0, "these disclose no key data");
    for _ in 0..2 {
        ann.get(&format!("/conversations/{conversation}/templates")).await.expect(200);
        ann.get(&format!("/conversations/{conversation}/key_data")).await.expect(200);
    }
    assert_eq!(actions(&admin, views).await.len(), 1);
    for _ in 0..2 {
        ann.get(&of_number(MARIA)).await.expect(200);
    }
    assert_eq!(actions(&admin, views).await.len(), 2);
    let entry = newest(&admin, "key_data.viewed").await;
    assert_eq!(entry["details"], json!({"term": MARIA}));
}

async fn pages_of_an_export_are_recorded_once_for_each_period(app: TestApp) {
    app.inbound(MARIA, "Hello").await;
    app.inbound(STRANGER, "Hello").await;
    app.advance(TimeDelta::minutes(1));
    let admin = app.signed_in(ADMIN).await;
    let exported = async || actions(&admin, "?action=data.exported").await.len();
    let path = "/exports/messages?limit=1&from=2024-11-25T00:00:00Z";
    let page = admin.get(path).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(admin.get(&format!("{path}&cursor={cursor}")).await.items().len(), 1);
    assert_eq!(exported().await, 1);
    // The cursor of another period does not hide an export.
    let other = "/exports/messages?limit=1&from=2024-11-01T00:00:00Z";
    admin.get(&format!("{other}&cursor={cursor}")).await.expect(200);
    assert_eq!(exported().await, 2);
}

async fn a_search_is_recorded_with_its_term_and_once_for_all_pages(app: TestApp) {
    app.inbound(MARIA, "Hello").await;
    app.inbound(STRANGER, "Hello").await;
    let sam = app.signed_in(SAM).await;
    let path = format!("/search?q=07700%20900&team_id={COLLECTIONS}&limit=1");
    let page = sam.get(&path).await.expect(200);
    let cursor = page["next_cursor"].as_str().unwrap();
    sam.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    sam.get("/search?q=a").await;
    let admin = app.signed_in(ADMIN).await;
    let entries = admin.get("/audit_entries?action=conversation.searched").await.items();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0]["details"], json!({"term": "07700 900", "results": "1"}));
    assert_eq!(entries[0]["team_id"], COLLECTIONS);
}
