//! Invisible characters, other digits and full-width forms make no difference in any input. (Daily files:
//! `daily_files::formats`; search: `search::folding`; typed numbers: `numbers::check`.)

use serde_json::{Value, json};
use shared::ErrorCode::AlreadyExists;

use crate::support::{
    ApiResponse, TestApp,
    fixtures::{ADMIN, COLLECTIONS, COLLECTIONS_NUMBER, PASSWORD, SAM, SHARED, STRANGER},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    the_numbers_of_a_webhook_are_normalised,
    names_are_normalised_and_unique,
    an_email_address_with_invisible_characters_is_the_same_account,
    a_typed_number_is_normalised_everywhere,
    a_ref_with_invisible_characters_selects_the_same_customer,
];

/// Adds an invisible character before, within and after the text.
fn with_invisible_characters(text: &str) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(2).collect();
    format!("\u{feff}{start}\u{200b}{}\u{202c}", characters.as_str())
}

/// Replaces the digits with full-width ones.
fn full_width(text: &str) -> String {
    let wide = |c: char| match c.to_digit(10) {
        Some(digit) => char::from_u32(0xff10 + digit).unwrap(),
        None => c,
    };
    text.chars().map(wide).collect()
}

async fn the_numbers_of_a_webhook_are_normalised(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    for (from, to) in [
        (with_invisible_characters(STRANGER), COLLECTIONS_NUMBER.to_owned()),
        (STRANGER.to_owned(), with_invisible_characters(COLLECTIONS_NUMBER)),
        (full_width(STRANGER), full_width(COLLECTIONS_NUMBER)),
    ] {
        let form = message_form(&app.next_sid(), &from, &to, "Hello\u{200b}");
        assert_eq!(
            ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status,
            200,
            "{from:?} to {to:?}"
        );
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    let sam = app.signed_in(SAM).await;
    let messages = sam.messages(id).await;
    let bodies: Vec<&Value> = messages.iter().map(|message| &message["body"]).collect();
    assert_eq!(
        bodies,
        ["Hello", "Hello\u{200b}", "Hello\u{200b}", "Hello\u{200b}"],
        "bodies are stored unchanged"
    );
    let form =
        message_form(&app.next_sid(), &with_invisible_characters("My Bank"), COLLECTIONS_NUMBER, "Hello");
    assert_eq!(ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)).await.status, 200);
    let named = app.live_conversation(COLLECTIONS_NUMBER, "My Bank");
    assert_eq!(sam.conversation(named).await["number"], "My Bank");
}

async fn names_are_normalised_and_unique(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (path, field, new) in [
        ("/teams", "name", json!({"name": "x", "region": "ＧＢ", "time_zone": "Europe/London\u{200b}"})),
        ("/templates", "name", json!({"team_id": COLLECTIONS, "name": "x", "body": "Hi"})),
        ("/closure_reasons", "name", json!({"team_id": COLLECTIONS, "name": "x"})),
        (
            "/accounts",
            "display_name",
            json!({"email": "eve@example.com", "display_name": "x", "role": "agent", "team_ids": [COLLECTIONS],
                "password": "four words of yours"}),
        ),
    ] {
        let mut new = new;
        new[field] = json!("\u{202e}Quite\u{a0}\u{200b} new\u{feff}");
        let created = admin.post(path, new).await.expect(201);
        assert_eq!(created[field], "Quite new", "{path}");
    }
    let again = json!({"name": "Quite\u{200b} new", "region": "GB", "time_zone": "Europe/London"});
    assert_eq!(admin.post("/teams", again).await.faults(AlreadyExists), ["name:taken"]);
}

async fn an_email_address_with_invisible_characters_is_the_same_account(app: TestApp) {
    let session = json!({"email": with_invisible_characters(&SAM.email()), "password": PASSWORD});
    app.anonymous.post("/sessions", session).await.expect(201);
    let admin = app.signed_in(ADMIN).await;
    let again = json!({"email": with_invisible_characters(&SAM.email()), "display_name": "Sam", "role": "agent", "team_ids": [COLLECTIONS],
        "password": "four words of yours"});
    assert_eq!(admin.post("/accounts", again).await.faults(AlreadyExists), ["email:taken"]);
}

async fn a_typed_number_is_normalised_everywhere(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = json!({"team_id": COLLECTIONS, "number": with_invisible_characters(&full_width(STRANGER)), "body": "Hi"});
    assert_eq!(admin.post("/conversations", new).await.expect(201)["number"], STRANGER);
    let consent = json!({"team_number": with_invisible_characters(COLLECTIONS_NUMBER), "number": full_width(STRANGER),
        "state": "opted_out", "note": "By\u{200b} phone"});
    let recorded = admin.post("/consents", consent).await.expect(201);
    assert_eq!((&recorded["number"], &recorded["note"]), (&json!(STRANGER), &json!("By phone")));
    let number = json!({"number": with_invisible_characters("+447700900009")});
    let added = admin.post(&format!("/teams/{COLLECTIONS}/numbers"), number).await;
    assert!(added.status < 300 && added.body.contains("\"+447700900009\""), "{}", added.body);
}

async fn a_ref_with_invisible_characters_selects_the_same_customer(app: TestApp) {
    let conversation = app.inbound(SHARED, "Hello").await;
    let sam = app.signed_in(SAM).await;
    let reference = urlencoded(&with_invisible_characters("A-10031"));
    let path = format!("/conversations/{conversation}/templates?ref={reference}");
    let plain = sam.get(&format!("/conversations/{conversation}/templates?ref=A-10031")).await.items();
    assert_eq!(sam.get(&path).await.items(), plain);
}

/// Percent-encodes the text.
fn urlencoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
