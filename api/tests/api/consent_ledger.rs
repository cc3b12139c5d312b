//! The consent ledger: what is recorded by hand, who reads it, and that nothing in it is ever changed.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{
    Forbidden, InvalidBody, InvalidCursor, InvalidNumber, InvalidQuery, NotFound, NumberOptedOut,
    ValidationFailed,
};

use crate::support::{
    Answer, Client, Kind, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, FULL_KEY, MARIA, SAM,
        STRANGER, SUPPORT, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    what_is_recorded_by_hand_counts_at_once,
    a_program_can_record_it_too,
    recording_takes_the_permission_to_manage_a_team,
    what_held_already_is_kept_all_the_same,
    a_record_needs_a_number_and_a_note,
    a_record_is_about_a_number_of_ones_own_teams,
    the_ledger_comes_newest_first_page_by_page,
    the_ledger_of_a_number_is_found_however_it_is_typed,
    the_ledger_is_of_ones_own_teams,
    a_query_that_cannot_be_read_is_refused,
    the_database_refuses_to_change_the_ledger,
    the_database_refuses_the_ways_around_it_too,
];

fn record(number: &str, state: &str) -> Value {
    json!({"team_number": COLLECTIONS_NUMBER, "number": number, "state": state, "note": "Said so by phone."})
}

async fn what_is_recorded_by_hand_counts_at_once(app: TestApp) {
    let conversation = app.text(MARIA, "Hello").await;
    let sam = app.signed_in(SAM).await;
    app.advance(TimeDelta::minutes(1));
    let out = sam.post("/consents", record("07700 900123", "opted_out")).await.expect(201);
    let expected = json!({"id": 1, "team_number": COLLECTIONS_NUMBER, "number": MARIA, "state": "opted_out",
        "source": "manual", "by": {"kind": "account", "id": SAM.1, "name": "Sam"}, "message_id": null,
        "note": "Said so by phone.", "created_at": "2024-11-25T09:01:00Z"});
    assert_eq!(out, expected);
    let seen = sam.conversation(conversation).await;
    assert_eq!((&seen["consent"], &seen["attention"]["code"]), (&out, &json!("opted_out")));
    let problem = sam.reply(conversation, "Hi").await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("as Sam recorded"), "{problem}");

    let back = sam.post("/consents", record(MARIA, "opted_in")).await.expect(201);
    let seen = sam.conversation(conversation).await;
    assert_eq!((&seen["consent"], &seen["attention"]), (&back, &Value::Null));
    assert_eq!(seen["permitted_actions"], json!(["reply", "close"]));
    sam.replies(conversation, "Hi").await;
    let told = format!("kind = 'consent_changed' AND conversation_id = {conversation}");
    assert_eq!(app.database.count("events", &told), 2);
    // Without a conversation the team hears of it all the same.
    sam.post("/consents", record(STRANGER, "opted_out")).await.expect(201);
    let told = "kind = 'consent_changed' AND conversation_id IS NULL AND team_id = 1";
    assert_eq!(app.database.count("events", told), 1);
}

async fn a_program_can_record_it_too(app: TestApp) {
    let program = app.nobody.with_token(FULL_KEY);
    let made = program.post("/consents", record(STRANGER, "opted_out")).await.expect(201);
    assert_eq!(made["by"], json!({"kind": "api_key", "id": 2, "name": "Everything"}));
}

async fn recording_takes_the_permission_to_manage_a_team(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/consents", record(STRANGER, "opted_out")).await.problem(Forbidden);
    assert_eq!(app.database.count("consents", "1 = 1"), 0);
}

async fn what_held_already_is_kept_all_the_same(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (n, state) in (1..).zip(["opted_in", "opted_in", "opted_out", "opted_out", "opted_in"]) {
        let made = sam.post("/consents", record(STRANGER, state)).await.expect(201);
        assert_eq!((&made["id"], &made["state"]), (&json!(n), &json!(state)));
    }
    assert_eq!(app.database.count("consents", "1 = 1"), 5);
    let sent = sam.post("/conversations", json!({"team_id": 1, "number": STRANGER, "body": "Hi"})).await;
    sent.expect(201);
}

async fn a_record_needs_a_number_and_a_note(app: TestApp) {
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
        let made = sam.post("/consents", with("note", json!(note))).await.expect(201);
        assert_eq!(made["note"], note);
    }
    assert_eq!(sam.post("/consents", with("note", json!("  a \n"))).await.expect(201)["note"], "a");
}

async fn a_record_is_about_a_number_of_ones_own_teams(app: TestApp) {
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

async fn the_ledger_comes_newest_first_page_by_page(app: TestApp) {
    for n in 0..5 {
        app.text(&stranger(n), "STOP").await;
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
        // What comes meanwhile is on no later page.
        app.text(STRANGER, "STOP").await;
    }
    assert_eq!(seen, [5, 4, 3, 2, 1]);
}

async fn the_ledger_of_a_number_is_found_however_it_is_typed(app: TestApp) {
    app.text(MARIA, "STOP").await;
    app.text(STRANGER, "STOP").await;
    app.text(MARIA, "START").await;
    let ann = app.signed_in(ANN).await;
    for typed in
        ["%2B447700900123", "07700+900123", "07700%20900%20123", "(07700)+900-123", "0044+7700+900123"]
    {
        assert_eq!(ledger(&ann, &format!("?number={typed}")).await, [3, 1], "{typed}");
    }
    assert_eq!(ledger(&ann, &format!("?number={}", stranger(1).replace('+', "%2B"))).await, [0_i64; 0]);
    assert_eq!(ledger(&ann, "?number=").await, [3, 2, 1]);
}

async fn the_ledger_is_of_ones_own_teams(app: TestApp) {
    app.text(STRANGER, "STOP").await;
    app.text_to(SUPPORT_NUMBER, STRANGER, "STOP").await;
    app.text_to(CLAIMS_NUMBER, STRANGER, "STOP").await;
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

async fn a_query_that_cannot_be_read_is_refused(app: TestApp) {
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

fn refuses(app: &TestApp, sql: &str) {
    let refused = app.database.run(sql).expect_err(sql).to_string();
    assert!(refused.contains("append_only"), "{sql}: {refused}");
}

async fn the_database_refuses_to_change_the_ledger(app: TestApp) {
    app.text(STRANGER, "STOP").await;
    app.text(STRANGER, "START").await;
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
        refuses(&app, sql);
    }
    assert_eq!(ann.get("/consents").await.items(), before);
    // There is no path either.
    for path in ["/consents", "/consents/1"] {
        for method in [Method::PUT, Method::DELETE, Method::PATCH] {
            let answer = Answer::to(ann.request(method, path)).await;
            assert!([404, 405].contains(&answer.status), "{path}: {}", answer.body);
        }
    }
}

async fn the_database_refuses_the_ways_around_it_too(app: TestApp) {
    app.text(STRANGER, "STOP").await;
    let columns = "id, team_number, number, state, source, by_kind, created_at";
    match app.database.kind {
        Kind::Sqlite => refuses(
            &app,
            &format!(
                "INSERT OR REPLACE INTO consents ({columns}) SELECT id, team_number, number, 'opted_in', source,
                    by_kind, created_at FROM consents"
            ),
        ),
        Kind::Postgres => refuses(&app, "TRUNCATE consents"),
    }
    assert_eq!(app.database.count("consents", "state = 'opted_out'"), 1);
}
