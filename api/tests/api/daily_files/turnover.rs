//! A file that replaces most customers needs a confirmation; a preview shows its changes first.

use serde_json::json;
use shared::ErrorCode;

use crate::support::{
    ApiResponse, TestApp,
    daily_files::customers,
    eventually,
    fixtures::{ANN, BO, CLAIMS, COLLECTIONS, SAM},
    on_both_databases,
};

on_both_databases![
    replacing_most_customers_needs_a_confirmation,
    adding_more_customers_than_there_are_needs_a_confirmation,
    a_preview_shows_the_changes_and_stores_nothing,
    a_preview_needs_the_permission_and_the_team,
    an_invalid_file_has_no_preview,
];

async fn replacing_most_customers_needs_a_confirmation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.import(customers(10)).await.expect(201);
    let current = sam.current_file().await;
    let others = customers(10).replace("B-", "C-");
    let refused =
        ApiResponse::to(sam.import_request("", others.clone())).await.problem(ErrorCode::UnusualDrop);
    assert_eq!(refused["turnover"], json!({"added": 10, "changed": 0, "dropped": 10, "unchanged": 0}));
    assert_eq!(sam.current_file().await, current);
    eventually("the import is deleted", async || {
        (app.database.count("customers", &format!("daily_file_id > {current}")) == 0).then_some(())
    })
    .await;
    ApiResponse::to(sam.import_request("?confirm=true", others)).await.expect(201);
    // A team's first file replaces no customers.
    let support =
        sam.request(reqwest::Method::POST, "/teams/2/daily_files").header("Content-Type", "text/csv");
    ApiResponse::to(support.body(customers(3))).await.expect(201);
}

async fn adding_more_customers_than_there_are_needs_a_confirmation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.import(customers(10)).await.expect(201);
    ApiResponse::to(sam.import_request("", customers(21))).await.problem(ErrorCode::UnusualDrop);
    ApiResponse::to(sam.import_request("", customers(20))).await.expect(201);
}

async fn a_preview_shows_the_changes_and_stores_nothing(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.import("ref,name,number,due\nA-1,Jo,07700900101,1\nA-2,Al,07700900102,2\nA-3,Cy,07700900103,3\n")
        .await
        .expect(201);
    let before = sam.daily_files().await;
    let file = "ref,name,number,due\nA-2,Alan,07700900102,2\nA-3,Cy,07700900104,4\nA-4,Di,07700900105,1\nA-5,Ed,x,1\n\
                A-4,Di,07700900106,1\n";
    let shown = sam.preview(file).await.expect(200);
    let counts =
        ["rows", "accepted", "rejected_rows", "added", "changed", "dropped", "unchanged", "duplicate_refs"]
            .map(|word| shown[word].as_i64().unwrap());
    assert_eq!(counts, [5, 4, 1, 1, 2, 1, 0, 1]);
    assert_eq!(shown["needs_confirmation"], false);
    assert_eq!(shown["rejected"][0]["line"], 5);
    assert_eq!(shown["duplicates"], json!([{"ref": "A-4", "lines": [4, 6], "accepted_lines": [4, 6]}]));
    let examples = &shown["examples"];
    let row = |line: i64, reference: &str, name: &str, number: &str| json!({"line": line, "ref": reference, "name": name, "number": number});
    assert_eq!(examples["added"], json!([row(4, "A-4", "Di", "+447700900105")]));
    assert_eq!(examples["dropped"], json!([row(2, "A-1", "Jo", "+447700900101")]));
    assert_eq!(
        examples["changed"],
        json!([
            {"before": row(3, "A-2", "Al", "+447700900102"), "after": row(2, "A-2", "Alan", "+447700900102"), "differs": ["name"]},
            {"before": row(4, "A-3", "Cy", "+447700900103"), "after": row(3, "A-3", "Cy", "+447700900104"),
                "differs": ["number", "key_data"]},
        ])
    );
    assert_eq!(sam.preview(customers(9)).await.expect(200)["needs_confirmation"], true);
    assert_eq!(sam.daily_files().await, before);
    eventually("nothing is stored", async || {
        (app.database.count("daily_files", "state <> 'ready'") == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("customers", "ref = 'A-4'"), 0);
    sam.import(file).await.expect(201);
}

async fn a_preview_needs_the_permission_and_the_team(app: TestApp) {
    app.signed_in(BO).await.preview(customers(1)).await.problem(ErrorCode::Forbidden);
    app.signed_in(ANN).await.preview(customers(1)).await.problem(ErrorCode::Forbidden);
    let sam = app.signed_in(SAM).await;
    let path = format!("/teams/{CLAIMS}/daily_files?preview=true");
    let elsewhere = sam.request(reqwest::Method::POST, &path).header("Content-Type", "text/csv");
    ApiResponse::to(elsewhere.body(customers(1))).await.problem(ErrorCode::NotFound);
}

async fn an_invalid_file_has_no_preview(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    assert_eq!(
        sam.preview("ref,name\n1,2\n").await.faults(ErrorCode::InvalidFile),
        ["line 1:missing_column"]
    );
    let staged = format!("team_id = {COLLECTIONS} AND state = 'staged'");
    assert_eq!(app.database.count("daily_files", &staged), 0, "the failed import does not block another");
}
