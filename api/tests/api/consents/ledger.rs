//! The consent ledger: manual records, who can read it, and that it is append-only.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    Forbidden, InvalidBody, InvalidCursor, InvalidNumber, InvalidQuery, NotFound, NumberOptedOut,
    ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, FULL_KEY, MARIA, SAM,
        STRANGER, SUPPORT, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_manual_record_takes_effect_at_once,
    an_api_key_can_record_consent,
    recording_consent_requires_the_permission_manage_team,
    a_record_without_a_change_is_stored_too,
    a_record_needs_a_valid_number_and_a_note,
    a_record_needs_a_number_of_the_callers_teams,
    the_ledger_is_listed_newest_first_page_by_page,
    the_ledger_can_be_filtered_by_a_number_in_any_format,
    the_ledger_shows_only_the_callers_teams,
    an_invalid_query_is_refused,
    the_database_refuses_changes_to_the_ledger,
    the_database_refuses_replacing_and_truncating_the_ledger,
];

fn record(number: &str, state: &str) -> Value {
    json!({"team_number": COLLECTIONS_NUMBER, "number": number, "state": state, "note": "Said so by phone."})
}

async fn a_manual_record_takes_effect_at_once(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    let sam = app.signed_in(SAM).await;
    app.advance(TimeDelta::minutes(1));
    let opted_out = sam.post("/consents", record("07700 900123", "opted_out")).await.expect(201);
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": MARIA, "state": "opted_out",
        "source": "manual", "by": {"kind": "account", "id": SAM.1, "name": "Sam"}, "message_id": null,
        "note": "Said so by phone.", "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(opted_out, expected);
    let seen = sam.conversation(conversation).await;
    assert_eq!((&seen["consent"], &seen["attention"]["code"]), (&opted_out, &json!("opted_out")));
    let problem = sam.reply(conversation, "Hi").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("as Sam recorded"), "{problem}");

    let opted_in = sam.post("/consents", record(MARIA, "opted_in")).await.expect(201);
    let seen = sam.conversation(conversation).await;
    assert_eq!((&seen["consent"], &seen["attention"]), (&opted_in, &Value::Null));
    assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
    sam.create_reply(conversation, "Hi").await;
    let consent_events = format!("kind = 'consent_changed' AND conversation_id = {conversation}");
    assert_eq!(app.database.count("events", &consent_events), 2);
    // The event is also sent when there is no conversation.
    sam.post("/consents", record(STRANGER, "opted_out")).await.expect(201);
    let consent_events = "kind = 'consent_changed' AND conversation_id IS NULL AND team_id = 1";
    assert_eq!(app.database.count("events", consent_events), 1);
}

async fn an_api_key_can_record_consent(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    let created = program.post("/consents", record(STRANGER, "opted_out")).await.expect(201);
    assert_eq!(created["by"], json!({"kind": "api_key", "id": 2, "name": "Everything"}));
}

async fn recording_consent_requires_the_permission_manage_team(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/consents", record(STRANGER, "opted_out")).await.problem(Forbidden);
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn a_record_without_a_change_is_stored_too(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (n, state) in (1..).zip(["opted_in", "opted_in", "opted_out", "opted_out", "opted_in"]) {
        let created = sam.post("/consents", record(STRANGER, state)).await.expect(201);
        assert_eq!((&created["id"], &created["state"]), (&json!(n), &json!(state)));
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 5);
    let sent = sam.post("/conversations", json!({"team_id": 1, "number": STRANGER, "body": "Hi"})).await;
    sent.expect(201);
}

async fn a_record_needs_a_valid_number_and_a_note(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let with = |name: &str, value: Value| {
        let mut record = record(STRANGER, "opted_out");
        record[name] = value;
        record
    };
    for (note, fault) in [
        (String::new(), "required"),
        (" \n".to_owned(), "required"),
        ("x".repeat(1001), "too_long"),
        ("x".repeat(10_000), "too_long"),
        ("a\0b".to_owned(), "invalid_character"),
    ] {
        let refused = sam.post("/consents", with("note", json!(note))).await;
        assert_eq!(refused.fault(ValidationFailed), ("note".into(), fault.into()));
    }
    for number in ["", "Maria", "07700", "\u{1f600}", "a\0b"] {
        let refused = sam.post("/consents", with("number", json!(number))).await;
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()), "{number}");
    }
    for (name, value) in [
        ("state", json!("out")),
        ("state", json!("OPTED_OUT")),
        ("state", Value::Null),
        ("note", Value::Null),
        ("note", json!(5)),
        ("number", json!(5)),
        ("team_number", json!("07700 900001")),
        ("team_number", json!("")),
        ("team_number", Value::Null),
    ] {
        sam.post("/consents", with(name, value)).await.problem(InvalidBody);
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
    for note in ["<script>alert(1)</script>", "\u{1f600} two\nlines", &"\u{e9}".repeat(1000)] {
        let created = sam.post("/consents", with("note", json!(note))).await.expect(201);
        assert_eq!(created["note"], note);
    }
    assert_eq!(sam.post("/consents", with("note", json!("  a \n"))).await.expect(201)["note"], "a");
}

async fn a_record_needs_a_number_of_the_callers_teams(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for number in [CLAIMS_NUMBER, STRANGER, "+447700900999"] {
        let mut record = record(STRANGER, "opted_out");
        record["team_number"] = json!(number);
        sam.post("/consents", record).await.problem(NotFound);
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
    let admin = app.signed_in(ADMIN).await;
    let mut record = record(STRANGER, "opted_out");
    record["team_number"] = json!(CLAIMS_NUMBER);
    admin.post("/consents", record).await.expect(201);
}

async fn ledger(client: &Client, query: &str) -> Vec<i64> {
    let items = client.get(&format!("/consents{query}")).await.items();
    items.iter().map(|consent| consent["id"].as_i64().unwrap()).collect()
}

async fn the_ledger_is_listed_newest_first_page_by_page(app: TestApp) {
    for n in 0..5 {
        app.inbound(&stranger(n), "STOP").await;
    }
    let ann = app.signed_in(ANN).await;
    assert_eq!(ledger(&ann, "").await, [5, 4, 3, 2, 1]);
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = ann.get(&format!("/consents?limit=2{cursor}")).await.expect(200);
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        seen.extend(items.iter().map(|consent| consent["id"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        // Records that are added meanwhile appear on no later page.
        app.inbound(STRANGER, "STOP").await;
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

async fn the_ledger_can_be_filtered_by_a_number_in_any_format(app: TestApp) {
    app.inbound(MARIA, "STOP").await;
    app.inbound(STRANGER, "STOP").await;
    app.inbound(MARIA, "START").await;
    let ann = app.signed_in(ANN).await;
    for typed in
        ["%2B447700900123", "07700+900123", "07700%20900%20123", "(07700)+900-123", "0044+7700+900123"]
    {
        assert_eq!(ledger(&ann, &format!("?number={typed}")).await, [3, 1], "{typed}");
    }
    assert_eq!(ledger(&ann, &format!("?number={}", stranger(1).replace('+', "%2B"))).await, [0_i64; 0]);
    assert_eq!(ledger(&ann, "?number=").await, [3, 2, 1]);
}

async fn the_ledger_shows_only_the_callers_teams(app: TestApp) {
    app.inbound(STRANGER, "STOP").await;
    app.inbound_to(SUPPORT_NUMBER, STRANGER, "STOP").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "STOP").await;
    let number = "number=07700900456";
    for (person, own) in [(ANN, vec![1]), (SAM, vec![2, 1]), (CY, vec![3]), (ADMIN, vec![3, 2, 1])] {
        let client = app.signed_in(person).await;
        assert_eq!(ledger(&client, "").await, own);
        assert_eq!(ledger(&client, &format!("?{number}")).await, own);
    }
    let sam = app.signed_in(SAM).await;
    assert_eq!(ledger(&sam, &format!("?team_id={SUPPORT}")).await, [2]);
    assert_eq!(ledger(&sam, &format!("?team_id={COLLECTIONS}&{number}")).await, [1]);
    for team in [CLAIMS, 4711, 0] {
        sam.get(&format!("/consents?team_id={team}")).await.problem(NotFound);
    }
}

async fn an_invalid_query_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for query in ["limit=0", "limit=201", "limit=-1", "limit=x", "team_id=x"] {
        ann.get(&format!("/consents?{query}")).await.problem(InvalidQuery);
    }
    for cursor in ["x", "5", "%00", "e30"] {
        ann.get(&format!("/consents?cursor={cursor}")).await.problem(InvalidCursor);
    }
    for number in ["Maria", "%00", "12", "%F0%9F%98%80"] {
        let refused = ann.get(&format!("/consents?number={number}")).await;
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()), "{number}");
    }
}

fn assert_database_refuses(app: &TestApp, sql: &str) {
    let refused = app.database.run(sql).expect_err(sql).to_string();
    assert!(refused.contains("append_only"), "{sql}: {refused}");
}

async fn the_database_refuses_changes_to_the_ledger(app: TestApp) {
    app.inbound(STRANGER, "STOP").await;
    app.inbound(STRANGER, "START").await;
    let ann = app.signed_in(ANN).await;
    let before = ann.get("/consents").await.items();
    for sql in [
        "UPDATE consents SET state = 'opted_in'",
        "UPDATE consents SET note = 'Changed' WHERE id = 1",
        "UPDATE consents SET created_at = created_at",
        "UPDATE consents SET id = 99 WHERE id = 2",
        "DELETE FROM consents WHERE id = 1",
        "DELETE FROM consents",
    ] {
        assert_database_refuses(&app, sql);
    }
    assert_eq!(ann.get("/consents").await.items(), before);
    // The API has no path for changes either.
    for path in ["/consents", "/consents/1"] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let response = ApiResponse::to(ann.request(method, path)).await;
            assert!([404, 405].contains(&response.status), "{path}: {}", response.body);
        }
    }
}

async fn the_database_refuses_replacing_and_truncating_the_ledger(app: TestApp) {
    app.inbound(STRANGER, "STOP").await;
    let columns = "id, team_number, number, state, source, by_kind, created_at";
    match app.database.kind {
        Kind::Sqlite => assert_database_refuses(
            &app,
            &format!(
                "INSERT OR REPLACE INTO consents ({columns}) SELECT id, team_number, number, 'opted_in', source,
                    by_kind, created_at FROM consents"
            ),
        ),
        Kind::Postgres => assert_database_refuses(&app, "TRUNCATE consents"),
    }
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 1);
}
