//! What is asked for with an ad-hoc message: the number to write to and to write from, the template, the text.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidBody, InvalidNumber, MissingPlaceholder, NotFound, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{
        ADMIN, ARCHIVED_TEMPLATE, CLAIMS, CLAIMS_NUMBER, CLAIMS_TEMPLATE, COLLECTIONS, COLLECTIONS_NUMBER,
        MARIA, SAM, STRANGER, SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    any_usual_format_of_a_number_is_read,
    the_region_of_the_team_says_what_a_local_number_is,
    what_is_wrong_with_a_number_is_said,
    a_number_of_the_desk_itself_is_refused,
    the_number_to_write_from_can_be_chosen,
    without_a_choice_it_is_the_number_that_the_person_knows,
    a_number_that_is_not_the_teams_is_refused_to_write_from,
    a_team_without_numbers_cannot_write,
    another_teams_id_looks_like_none,
    a_template_must_be_one_of_the_team,
    a_text_is_checked_as_that_of_a_reply,
    strange_texts_are_sent_as_they_are,
    what_is_no_ad_hoc_message_is_refused,
];

/// The other number of Claims.
const OTHER_NUMBER: &str = "+447700900004";

fn to(number: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": "Hi"})
}

fn from_claims(number: &str, from: Value) -> Value {
    json!({"team_id": CLAIMS, "number": number, "body": "Hi", "from": from})
}

async fn ask(client: &Client, new: Value) -> Answer {
    client.post("/conversations", new).await
}

fn nothing_is_kept(app: &TestApp) {
    assert_eq!(app.database.count("conversations", "1 = 1"), 0);
    assert_eq!(app.database.count("messages", "1 = 1"), 0);
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn any_usual_format_of_a_number_is_read(app: TestApp) {
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
        let begun = ask(&sam, to(typed)).await.expect(201);
        assert_eq!(begun["number"], MARIA, "{typed}");
        assert_eq!(begun["name"], "Maria Jones", "{typed}");
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    let abroad = ask(&sam, to("+353 87 123 4567")).await.expect(201);
    assert_eq!(abroad["number"], "+353871234567");
}

async fn the_region_of_the_team_says_what_a_local_number_is(app: TestApp) {
    app.database.run(&format!("UPDATE teams SET region = 'IE' WHERE id = {COLLECTIONS}")).unwrap();
    let sam = app.signed_in(SAM).await;
    assert_eq!(ask(&sam, to("087 123 4567")).await.expect(201)["number"], "+353871234567");
}

async fn what_is_wrong_with_a_number_is_said(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let long = "07700 900123".repeat(1000);
    for (typed, said) in [
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
        let refused = ask(&sam, to(typed)).await;
        let words = refused.body.clone();
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()), "{typed}");
        assert!(words.contains(said), "{typed}: {words}");
    }
    nothing_is_kept(&app);
}

async fn a_number_of_the_desk_itself_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for own in [COLLECTIONS_NUMBER, SUPPORT_NUMBER, CLAIMS_NUMBER, "07700 900004"] {
        let refused = ask(&sam, to(own)).await;
        assert_eq!(refused.fault(InvalidNumber), ("number".into(), "own_number".into()), "{own}");
    }
    nothing_is_kept(&app);
}

async fn the_number_to_write_from_can_be_chosen(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for (n, from) in [CLAIMS_NUMBER, OTHER_NUMBER].into_iter().enumerate() {
        let begun = ask(&admin, from_claims(&stranger(n), json!(from))).await.expect(201);
        assert_eq!(begun["team_number"], from);
        let message = i64::try_from(n).unwrap() + 1;
        app.message_becomes(&admin, message, "delivered").await;
        assert_eq!(app.gateway.sent_to(&stranger(n)).await[0]["from"], from);
    }
}

async fn without_a_choice_it_is_the_number_that_the_person_knows(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let from = async |number: &str| {
        let begun = ask(&admin, from_claims(number, Value::Null)).await.expect(201);
        (begun["id"].as_i64().unwrap(), begun["team_number"].as_str().unwrap().to_owned())
    };
    // Nobody knows any: the first.
    assert_eq!(from(&stranger(1)).await.1, CLAIMS_NUMBER);
    // The one of the conversation that awaits a reply.
    let pending = ask(&admin, from_claims(&stranger(2), json!(OTHER_NUMBER))).await.expect(201);
    let (joined, number) = from(&stranger(2)).await;
    assert_eq!((json!(joined), number.as_str()), (pending["id"].clone(), OTHER_NUMBER));
    // The one of the last conversation that is over.
    for (minute, number) in [(1, OTHER_NUMBER), (2, CLAIMS_NUMBER), (3, OTHER_NUMBER)] {
        app.advance(chrono::TimeDelta::minutes(minute));
        let conversation = app.text_to(number, &stranger(3), "Hello").await;
        assert_eq!(admin.close(conversation).await.status, 201);
    }
    assert_eq!(from(&stranger(3)).await.1, OTHER_NUMBER);
    // One that is the team's no more is of no use.
    app.database.run(&format!("DELETE FROM team_numbers WHERE number = '{OTHER_NUMBER}'")).unwrap();
    let conversation = app.live(OTHER_NUMBER, &stranger(3));
    assert_eq!(admin.close(conversation).await.status, 201);
    assert_eq!(from(&stranger(3)).await.1, CLAIMS_NUMBER);
}

async fn a_number_that_is_not_the_teams_is_refused_to_write_from(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for from in [COLLECTIONS_NUMBER, STRANGER, "+447700900999"] {
        let refused = ask(&admin, from_claims(STRANGER, json!(from))).await;
        assert_eq!(refused.fault(ValidationFailed), ("from".into(), "unknown".into()), "{from}");
    }
    nothing_is_kept(&app);
}

async fn a_team_without_numbers_cannot_write(app: TestApp) {
    app.database.run(&format!("DELETE FROM team_numbers WHERE team_id = {COLLECTIONS}")).unwrap();
    let sam = app.signed_in(SAM).await;
    let refused = ask(&sam, to(STRANGER)).await;
    assert_eq!(refused.fault(ValidationFailed), ("from".into(), "required".into()));
    nothing_is_kept(&app);
}

async fn another_teams_id_looks_like_none(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for team in [CLAIMS, 4711, 0, -1, i64::MAX] {
        let mut new = to(STRANGER);
        new["team_id"] = json!(team);
        ask(&sam, new).await.problem(NotFound);
    }
    nothing_is_kept(&app);
}

async fn a_template_must_be_one_of_the_team(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for template in [CLAIMS_TEMPLATE, ARCHIVED_TEMPLATE, 4711, 0] {
        let mut new = to(STRANGER);
        new["template_id"] = json!(template);
        let refused = ask(&sam, new).await;
        assert_eq!(refused.fault(ValidationFailed), ("template_id".into(), "unknown".into()));
    }
    nothing_is_kept(&app);
}

async fn a_text_is_checked_as_that_of_a_reply(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let with = |body: &str| json!({"team_id": COLLECTIONS, "number": STRANGER, "body": body});
    let conversation = app.text(&stranger(9), "Hello").await;
    for body in ["", " \n\t", "a\0b", &"x".repeat(1601), &"x".repeat(10_000)] {
        let (field, word) = ask(&sam, with(body)).await.fault(ValidationFailed);
        assert_eq!(field, "body");
        assert_eq!(word, sam.reply(conversation, body).await.fault(ValidationFailed).1);
    }
    let missing = ask(&sam, with("Dear {{name}}, you owe {{Balance}}.")).await;
    assert_eq!(missing.faults(MissingPlaceholder), ["body:missing_placeholder"; 2]);
    let broken = ask(&sam, with("Dear {{name}, hello.")).await;
    assert_eq!(broken.faults(MissingPlaceholder), ["body:broken_placeholder"]);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    ask(&sam, with(&"\u{e9}".repeat(1600))).await.expect(201);
}

async fn strange_texts_are_sent_as_they_are(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let texts = [
        "<script>alert('1')</script>",
        "\u{1f469}\u{200d}\u{1f4bb} \u{202e}abc",
        "'; DROP TABLE messages; --",
    ];
    for text in texts {
        let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": text});
        ask(&sam, new).await.expect(201);
    }
    app.message_becomes(&sam, 3, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, texts);
}

async fn what_is_no_ad_hoc_message_is_refused(app: TestApp) {
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
        ask(&sam, new).await.problem(InvalidBody);
    }
    nothing_is_kept(&app);
}
