//! The fields of an ad-hoc message: recipient, sender number, template and text.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidBody, InvalidNumber, MissingPlaceholder, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ARCHIVED_TEMPLATE, CLAIMS, CLAIMS_NUMBER, CLAIMS_TEMPLATE, COLLECTIONS, COLLECTIONS_NUMBER,
        MARIA, SAM, STRANGER, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_number_is_accepted_in_any_usual_format,
    a_local_number_is_read_by_the_teams_region,
    an_invalid_number_is_refused_with_the_reason,
    a_number_of_any_team_is_refused_as_recipient,
    the_sender_number_can_be_chosen,
    the_default_sender_is_the_number_of_the_last_conversation,
    a_sender_number_of_another_team_is_refused,
    a_team_without_numbers_cannot_send,
    another_teams_id_is_not_found,
    the_template_must_belong_to_the_team,
    the_body_is_validated_like_a_reply,
    unusual_characters_are_sent_unchanged,
    a_body_that_is_not_an_ad_hoc_message_is_refused,
];

/// The second number of Claims.
const OTHER_NUMBER: &str = "+447700900004";

fn ad_hoc_to(number: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": "Hi"})
}

fn ad_hoc_from_claims(number: &str, from: Value) -> Value {
    json!({"team_id": CLAIMS, "number": number, "body": "Hi", "from": from})
}

async fn start(client: &Client, new: Value) -> ApiResponse {
    client.post("/conversations", new).await
}

fn assert_nothing_is_stored(app: &TestApp) {
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn a_number_is_accepted_in_any_usual_format(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for typed in [
        "07700900123",
        "07700 900 123",
        "(07700) 900-123",
        "07700.900.123",
        "+447700900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "  07700\u{a0}900123 ",
        "07700\u{2011}900\u{2011}123",
    ] {
        let started = start(&sam, ad_hoc_to(typed)).await.expect(201);
        assert_eq!(started["number"], MARIA, "{typed}");
        assert_eq!(started["name"], "Maria Jones", "{typed}");
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    let abroad = start(&sam, ad_hoc_to("+353 87 123 4567")).await.expect(201);
    assert_eq!(abroad["number"], "+353871234567");
}

async fn a_local_number_is_read_by_the_teams_region(app: TestApp) {
    app.database.run(&format!("UPDATE teams SET region = 'IE' WHERE id = {COLLECTIONS}")).unwrap();
    let sam = app.signed_in(SAM).await;
    assert_eq!(start(&sam, ad_hoc_to("087 123 4567")).await.expect(201)["number"], "+353871234567");
}

async fn an_invalid_number_is_refused_with_the_reason(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let long = "07700 900123".repeat(1000);
    for (typed, part) in [
        ("", "not a phone number"),
        (" \t", "not a phone number"),
        ("Maria Jones", "not a phone number"),
        ("+", "not a phone number"),
        ("\u{1f4f1}07700900123", "not a phone number"),
        ("07700900123\0", "not a phone number"),
        ("<script>alert(1)</script>", "not a phone number"),
        (long.as_str(), "not a phone number"),
        ("07700 900", "Too short for a UK number."),
        ("07700 900123 45", "Too long for a UK number."),
        ("+999 123456789", "No country has this code"),
        ("020 7946 0000 ext 12", "extension"),
    ] {
        let refused = start(&sam, ad_hoc_to(typed)).await;
        let body = refused.body.clone();
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()), "{typed}");
        assert!(body.contains(part), "{typed}: {body}");
    }
    assert_nothing_is_stored(&app);
}

async fn a_number_of_any_team_is_refused_as_recipient(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for own in [COLLECTIONS_NUMBER, SUPPORT_NUMBER, CLAIMS_NUMBER, "07700 900004"] {
        let refused = start(&sam, ad_hoc_to(own)).await;
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "own_number".into()), "{own}");
    }
    assert_nothing_is_stored(&app);
}

async fn the_sender_number_can_be_chosen(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (n, from) in [CLAIMS_NUMBER, OTHER_NUMBER].into_iter().enumerate() {
        let started = start(&admin, ad_hoc_from_claims(&stranger(n), json!(from))).await.expect(201);
        assert_eq!(started["team_number"], from);
        let message = i64::try_from(n).unwrap() + 1;
        app.message_becomes(&admin, message, "delivered").await;
        assert_eq!(app.gateway.sent_to(&stranger(n)).await[0]["from"], from);
    }
}

async fn the_default_sender_is_the_number_of_the_last_conversation(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let from = async |number: &str| {
        let started = start(&admin, ad_hoc_from_claims(number, Value::Null)).await.expect(201);
        (started["id"].as_i64().unwrap(), started["team_number"].as_str().unwrap().to_owned())
    };
    // For an unknown customer: the team's first number.
    assert_eq!(from(&stranger(1)).await.1, CLAIMS_NUMBER);
    // With a pending conversation: its number.
    let pending = start(&admin, ad_hoc_from_claims(&stranger(2), json!(OTHER_NUMBER))).await.expect(201);
    let (joined, number) = from(&stranger(2)).await;
    assert_eq!((json!(joined), number.as_str()), (pending["id"].clone(), OTHER_NUMBER));
    // Otherwise: the number of the last closed conversation.
    for (minute, number) in [(1, OTHER_NUMBER), (2, CLAIMS_NUMBER), (3, OTHER_NUMBER)] {
        app.advance(chrono::TimeDelta::minutes(minute));
        let conversation = app.inbound_to(number, &stranger(3), "Hello").await;
        assert_eq!(admin.close(conversation).await.status, 201);
    }
    assert_eq!(from(&stranger(3)).await.1, OTHER_NUMBER);
    // A number that the team no longer owns is not used.
    app.database.run(&format!("DELETE FROM team_numbers WHERE number = '{OTHER_NUMBER}'")).unwrap();
    let conversation = app.live_conversation(OTHER_NUMBER, &stranger(3));
    assert_eq!(admin.close(conversation).await.status, 201);
    assert_eq!(from(&stranger(3)).await.1, CLAIMS_NUMBER);
}

async fn a_sender_number_of_another_team_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for from in [COLLECTIONS_NUMBER, STRANGER, "+447700900999"] {
        let refused = start(&admin, ad_hoc_from_claims(STRANGER, json!(from))).await;
        assert_eq!(refused.fault(ValidationFailed), ("from".into(), "unknown".into()), "{from}");
    }
    assert_nothing_is_stored(&app);
}

async fn a_team_without_numbers_cannot_send(app: TestApp) {
    app.database.run(&format!("DELETE FROM team_numbers WHERE team_id = {COLLECTIONS}")).unwrap();
    let sam = app.signed_in(SAM).await;
    let refused = start(&sam, ad_hoc_to(STRANGER)).await;
    assert_eq!(refused.fault(ValidationFailed), ("from".into(), "required".into()));
    assert_nothing_is_stored(&app);
}

async fn another_teams_id_is_not_found(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for team in [CLAIMS, 4711, 0, -1, i64::MAX] {
        let mut new = ad_hoc_to(STRANGER);
        new["team_id"] = json!(team);
        start(&sam, new).await.problem(NotFound);
    }
    assert_nothing_is_stored(&app);
}

async fn the_template_must_belong_to_the_team(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for template in [CLAIMS_TEMPLATE, ARCHIVED_TEMPLATE, 4711, 0] {
        let mut new = ad_hoc_to(STRANGER);
        new["template_id"] = json!(template);
        let refused = start(&sam, new).await;
        assert_eq!(refused.fault(ValidationFailed), ("template_id".into(), "unknown".into()));
    }
    assert_nothing_is_stored(&app);
}

async fn the_body_is_validated_like_a_reply(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let with = |body: &str| json!({"team_id": COLLECTIONS, "number": STRANGER, "body": body});
    let conversation = app.inbound(&stranger(9), "Hello").await;
    for body in ["", " \n\t", "a\0b", &"x".repeat(1601), &"x".repeat(10_000)] {
        let (field, word) = start(&sam, with(body)).await.fault(ValidationFailed);
        assert_eq!(field, "body");
        assert_eq!(word, sam.reply(conversation, body).await.fault(ValidationFailed).1);
    }
    let missing = start(&sam, with("Dear {{name}}, you owe {{Balance}}.")).await;
    assert_eq!(missing.faults(MissingPlaceholder), ["body:missing_placeholder"; 2]);
    let broken = start(&sam, with("Dear {{name}, hello.")).await;
    assert_eq!(broken.faults(MissingPlaceholder), ["body:broken_placeholder"]);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    start(&sam, with(&"\u{e9}".repeat(1600))).await.expect(201);
}

async fn unusual_characters_are_sent_unchanged(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let texts = [
        "<script>alert('1')</script>",
        "\u{1f469}\u{200d}\u{1f4bb} \u{202e}abc",
        "'; DROP TABLE messages; --",
    ];
    for text in texts {
        let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": text});
        start(&sam, new).await.expect(201);
    }
    app.message_becomes(&sam, 3, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, texts);
}

async fn a_body_that_is_not_an_ad_hoc_message_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for new in [
        json!({}),
        json!([]),
        json!({"team_id": COLLECTIONS, "number": STRANGER}),
        json!({"team_id": COLLECTIONS, "body": "Hi"}),
        json!({"number": STRANGER, "body": "Hi"}),
        json!({"team_id": "1", "number": STRANGER, "body": "Hi"}),
        json!({"team_id": COLLECTIONS, "number": 447_700_900_456_i64, "body": "Hi"}),
        json!({"team_id": COLLECTIONS, "number": STRANGER, "body": ["Hi"]}),
        json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi", "from": 5}),
        json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi", "from": "07700 900001"}),
        json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi", "template_id": "1"}),
    ] {
        start(&sam, new).await.problem(InvalidBody);
    }
    assert_nothing_is_stored(&app);
}
