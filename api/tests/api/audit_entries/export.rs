//! The audit log as a CSV file.

use reqwest::Method;
use serde_json::json;

use super::newest;
use crate::support::{
    ApiResponse, Kind, TestApp,
    database::sql_timestamp,
    fixtures::{ADMIN, COLLECTIONS, start},
    on_both_databases,
};

on_both_databases![the_file_has_the_filtered_entries_and_is_recorded, a_long_log_is_exported_completely,];

async fn the_file_has_the_filtered_entries_and_is_recorded(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for name in ["=cmd()", "VIP"] {
        admin.post("/tags", json!({"team_id": COLLECTIONS, "name": name})).await.expect(201);
    }
    let path = format!("/audit_entries?action=tag.created&team_id={COLLECTIONS}");
    let by_format = admin.get(&format!("{path}&format=csv&limit=1")).await;
    let by_accept = ApiResponse::to(admin.request(Method::GET, &path).header("Accept", "text/csv")).await;
    for file in [&by_format, &by_accept] {
        assert_eq!(file.status, 200);
        assert_eq!(file.header("content-type"), Some("text/csv; charset=utf-8"));
        assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"audit-2024-11-25.csv\""));
    }
    assert_eq!(by_format.body, by_accept.body);
    let lines: Vec<&str> = by_format.body.lines().collect();
    let header = "id,at,actor_kind,actor_id,actor_name,team_id,action,subject_kind,subject_id,subject_label,details,\
        address,request_id";
    assert_eq!((lines.len(), lines[0]), (3, header));
    assert!(lines[1].contains(",2024-11-25T09:00:00Z,account,1,Admin,1,tag.created,tag,"), "{lines:?}");
    assert!(lines[1].contains(",VIP,{},127.0.0.1,") && lines[2].contains(",'=cmd(),{},"), "{lines:?}");
    let exported = newest(&admin, "audit.exported").await;
    assert_eq!(exported["details"], json!({"action": "tag.created"}));
    assert_eq!((&exported["team_id"], &exported["actor"]["name"]), (&json!(COLLECTIONS), &json!("Admin")));
}

async fn a_long_log_is_exported_completely(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let now = sql_timestamp(app.database.kind, start());
    let (numbers, now) = match app.database.kind {
        Kind::Sqlite => {
            ("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2500)", now)
        }
        Kind::Postgres => ("WITH n(n) AS (SELECT generate_series(1, 2500))", format!("TIMESTAMPTZ {now}")),
    };
    let insert = format!(
        "INSERT INTO audit_entries (at, actor_kind, actor_name, action, details)
         {numbers} SELECT {now}, 'system', 'Test ' || n, 'tag.deleted', '{{}}' FROM n"
    );
    app.database.run(&insert).unwrap();
    let file = admin.get("/audit_entries?action=tag.deleted&format=csv").await.body;
    let names: std::collections::BTreeSet<&str> =
        file.lines().skip(1).map(|line| line.split(',').nth(4).unwrap()).collect();
    assert_eq!((file.lines().count(), names.len()), (2501, 2500));
}
