//! Drafts: the file, the text and the preview. Nothing is sent.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    CampaignState, Forbidden, IdempotencyKeyReused, InvalidFile, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    ApiResponse, TestApp,
    campaigns::{number_of_row, recipients},
    fixtures::{
        ADMIN, ANN, CLAIMS, COLLECTIONS, COLLECTIONS_NUMBER, MARIA, SAM, STRANGER, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_file_becomes_a_draft,
    a_preview_shows_parts_texts_and_the_rows_that_would_be_refused,
    a_preview_counts_all_rows_of_a_long_file,
    a_file_that_cannot_be_used_makes_no_campaign,
    a_repeated_upload_makes_one_campaign,
    an_invalid_change_names_its_fields,
    a_campaign_without_text_does_not_start,
    a_draft_can_be_deleted_and_a_started_campaign_cannot_be_changed,
    campaigns_are_listed_newest_first_and_only_to_their_team,
    an_agent_cannot_make_a_campaign,
];

async fn a_file_becomes_a_draft(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let file = "Ref;Name;Mobile;Balance\r\nA-1;J\u{f6}rg;07700 901001;GBP 1.00\r\nA-2;Al;0770;GBP 2.00\r\n";
    let made = sam.upload_campaign(" Reminder ", file).await.expect(201);
    let expected = json!({"id": 1, "team_id": COLLECTIONS, "name": "Reminder", "from": COLLECTIONS_NUMBER, "body": "",
        "pace": 60, "state": "draft", "pause_reason": null, "columns": ["Balance"], "rows": 1, "rejected_rows": 1,
        "queued": 0, "refused": 0, "created_by": "Sam", "created_at": "2024-11-25T09:00:00Z", "starts_at": null,
        "finished_at": null, "version": made["version"]});
    assert_eq!(made, expected);
    assert_eq!(sam.campaign(1).await, made);
    let form = reqwest::multipart::Form::new().text("file", recipients(3));
    let request = sam.request(Method::POST, &format!("/teams/{COLLECTIONS}/campaigns?name=Form"));
    assert_eq!(ApiResponse::to(request.multipart(form)).await.expect(201)["rows"], 3);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
}

async fn a_preview_shows_parts_texts_and_the_rows_that_would_be_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(MARIA, "Hello").await;
    app.inbound(&stranger(9), "STOP").await;
    assert_eq!(sam.close(app.live_conversation(COLLECTIONS_NUMBER, &stranger(9))).await.status, 201);
    let file = format!(
        "Ref,Name,Mobile,Balance\nA-1,Jo,{a},GBP 1.00\nA-2,Zo\u{eb} \u{1f600},{b},GBP 2.00\nA-3,Maria,{MARIA},GBP 3.00\n\
         A-4,Cy,{c},GBP 4.00\nA-5,Di,{d},\nA-6,Ed,call me,GBP 6.00\nA-7,Jo,{a},GBP 7.00\n",
        a = stranger(1),
        b = stranger(2),
        c = stranger(9),
        d = stranger(4),
    );
    let id = sam.create_campaign("Reminder", &file).await;
    let body = "Hello {{name}}, {{ref}}: {{balance}} is due. {{agent}} of {{team}}";
    sam.write_campaign(id, body, 60).await.expect(200);
    let preview = sam.get(&format!("/campaigns/{id}/preview")).await.expect(200);
    for (field, value) in [
        ("sendable", json!(3)),
        ("parts", json!(3)),
        ("ucs2", json!(1)),
        ("missing_values", json!(1)),
        ("missing", json!(["balance"])),
        ("unusable", json!(0)),
        ("opted_out", json!(1)),
        ("in_progress", json!(1)),
        ("repeated", json!(1)),
    ] {
        assert_eq!(preview[field], value, "{field}");
    }
    let samples = preview["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 6);
    let first = json!({"line": 2, "number": stranger(1), "ref": "A-1", "name": "Jo", "parts": 1, "encoding": "gsm7",
        "body": "Hello Jo, A-1: GBP 1.00 is due. Sam of Collections", "problem": null});
    assert_eq!(samples[0], first);
    assert_eq!(samples[1]["encoding"], "ucs2");
    let problems = |list: &str| -> Vec<(Value, Value)> {
        let list = preview[list].as_array().unwrap().iter();
        list.map(|row| (row["line"].clone(), row["problem"]["code"].clone())).collect()
    };
    let expected = [(4, "conversation_open"), (5, "number_opted_out"), (6, "missing_placeholder")];
    assert_eq!(problems("refused"), expected.map(|(line, code)| (json!(line), json!(code))));
    assert_eq!(problems("rejected"), [(json!(7), json!("invalid_file"))]);
    assert_eq!(preview["rejected"][0]["number"], "call me");
}

async fn a_preview_counts_all_rows_of_a_long_file(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = sam.create_campaign("Reminder", &recipients(2500)).await;
    sam.write_campaign(id, &format!("{{{{Balance}}}} {}", "x".repeat(160)), 60).await.expect(200);
    let preview = sam.get(&format!("/campaigns/{id}/preview")).await.expect(200);
    assert_eq!((&preview["sendable"], &preview["parts"]), (&json!(2500), &json!(5000)));
    let count = app.database.count("campaign_rows", &format!("number = '{}'", number_of_row(2499)));
    assert_eq!(count, 1);
}

async fn a_file_that_cannot_be_used_makes_no_campaign(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for file in
        ["", "Ref,Name,Mobile\n", "Ref,Name\nA-1,Jo\n", "Ref,Name,Mobile\nA-1,Jo,0770\n", "PK\u{3}\u{4}x"]
    {
        sam.upload_campaign("Reminder", file).await.problem(InvalidFile);
    }
    let long = "x".repeat(101);
    for name in ["", " ", &long] {
        let refused = sam.upload_campaign(name, &recipients(1)).await;
        assert_eq!(refused.fault(ValidationFailed).0, "name");
    }
    let path = format!("/teams/{COLLECTIONS}/campaigns");
    let unnamed = sam.request(Method::POST, &path).header("Content-Type", "text/csv").body(recipients(1));
    ApiResponse::to(unnamed).await.problem(InvalidQuery);
    for table in ["campaigns", "campaign_rows"] {
        assert_eq!(app.database.count(table, "1 = 1"), 0, "{table}");
    }
}

async fn a_repeated_upload_makes_one_campaign(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let upload = async |file: String| {
        let request = sam.request(Method::POST, &format!("/teams/{COLLECTIONS}/campaigns?name=Reminder"));
        let request = request.header("Content-Type", "text/csv").header("Idempotency-Key", "k1");
        ApiResponse::to(request.body(file)).await
    };
    let first = upload(recipients(3)).await.expect(201);
    let again = upload(recipients(3)).await;
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(again.expect(201), first);
    upload(recipients(4)).await.problem(IdempotencyKeyReused);
    assert_eq!(app.database.count("campaigns", "1 = 1"), 1);
}

async fn an_invalid_change_names_its_fields(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = sam.create_campaign("Reminder", &recipients(1)).await;
    let path = format!("/campaigns/{id}");
    let change = json!({"name": "", "body": "", "pace": 0, "from": SUPPORT_NUMBER});
    let faults = sam.put(&path, change).await.faults(ValidationFailed);
    assert_eq!(faults, ["name:required", "body:required", "pace:out_of_range", "from:unknown"]);
    let change = json!({"name": "Reminder", "body": "Hello {{name}", "pace": 60_001});
    let faults = sam.put(&path, change).await.faults(ValidationFailed);
    assert_eq!(faults, ["body:broken_placeholder", "pace:out_of_range"]);
    assert_eq!(sam.campaign(id).await["body"], "");
}

async fn a_campaign_without_text_does_not_start(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = sam.create_campaign("Reminder", &recipients(1)).await;
    sam.campaign_action(id, "run").await.problem(CampaignState);
    sam.campaign_action(id, "pause").await.problem(CampaignState);
    sam.write_campaign(id, "Hello", 60).await.expect(200);
    let past = json!({"action": "run", "starts_at": "2024-11-25T08:00:00Z"});
    let refused = sam.put(&format!("/campaigns/{id}/state"), past).await;
    assert_eq!(refused.fault(ValidationFailed), ("starts_at".into(), "in_the_past".into()));
    assert_eq!(sam.campaign(id).await["state"], "draft");
}

async fn a_draft_can_be_deleted_and_a_started_campaign_cannot_be_changed(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = sam.create_campaign("Reminder", &recipients(600)).await;
    sam.delete(&format!("/campaigns/{id}")).await.no_content();
    sam.get(&format!("/campaigns/{id}")).await.problem(NotFound);
    assert_eq!(app.database.count("campaign_rows", "1 = 1"), 0);
    let id = sam.create_campaign("Reminder", &recipients(1)).await;
    sam.write_campaign(id, "Hello", 60).await.expect(200);
    let later = json!({"action": "run", "starts_at": "2024-11-25T10:00:00Z"});
    let started = sam.put(&format!("/campaigns/{id}/state"), later).await.expect(200);
    assert_eq!(
        (&started["state"], &started["starts_at"]),
        (&json!("running"), &json!("2024-11-25T10:00:00Z"))
    );
    sam.write_campaign(id, "Bye", 60).await.problem(CampaignState);
    sam.delete(&format!("/campaigns/{id}")).await.problem(CampaignState);
    sam.campaign_action(id, "run").await.problem(CampaignState);
    assert_eq!(sam.campaign_action(id, "cancel").await.expect(200)["state"], "cancelled");
    assert_eq!(sam.campaign_action(id, "cancel").await.expect(200)["state"], "cancelled", "a repetition");
    sam.campaign_action(id, "run").await.problem(CampaignState);
    assert_eq!(sam.campaign_results(id).await[0]["result"], "not_sent");
}

async fn campaigns_are_listed_newest_first_and_only_to_their_team(app: TestApp) {
    let (sam, admin) = (app.signed_in(SAM).await, app.signed_in(ADMIN).await);
    for n in 0..3 {
        sam.create_campaign(&format!("Campaign {n}"), &recipients(1)).await;
    }
    let request = admin.request(Method::POST, &format!("/teams/{CLAIMS}/campaigns?name=Of%20Claims"));
    let of_claims = ApiResponse::to(request.header("Content-Type", "text/csv").body(recipients(1))).await;
    let of_claims = of_claims.expect(201)["id"].as_i64().unwrap();
    let pages = sam.pages("/campaigns?limit=2").await;
    let names: Vec<Value> = pages.concat().iter().map(|campaign| campaign["name"].clone()).collect();
    assert_eq!(
        (names, pages.len()),
        (vec![json!("Campaign 2"), json!("Campaign 1"), json!("Campaign 0")], 2)
    );
    assert_eq!(admin.get(&format!("/campaigns?team_id={CLAIMS}")).await.items().len(), 1);
    sam.get(&format!("/campaigns?team_id={CLAIMS}")).await.problem(NotFound);
    for path in ["", "/preview", "/results"] {
        sam.get(&format!("/campaigns/{of_claims}{path}")).await.problem(NotFound);
    }
}

async fn an_agent_cannot_make_a_campaign(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.upload_campaign("Reminder", &recipients(1)).await.problem(Forbidden);
    ann.get("/campaigns").await.problem(Forbidden);
    // Ad-hoc messages alone are not enough.
    app.database.run(r#"UPDATE accounts SET permissions = '["reply","ad_hoc"]' WHERE id = 3"#).unwrap();
    let ann = app.signed_in(ANN).await;
    let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hello"});
    ann.post("/conversations", new).await.expect(201);
    ann.upload_campaign("Reminder", &recipients(1)).await.problem(Forbidden);
}
