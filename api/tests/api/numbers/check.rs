//! Checking a typed number: its E.164 form, its customer, and whether a message can be sent to it.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidQuery, NotFound};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, FORMER, MARIA, RAY, SAM,
        SHARED, STRANGER, SUPPORT, SUPPORT_NUMBER,
    },
    on_both_databases,
};

on_both_databases![
    a_valid_number_is_shown_with_its_customer,
    a_number_is_accepted_in_any_usual_format,
    invisible_characters_and_other_digits_make_no_difference,
    a_national_number_may_start_with_its_country_code,
    a_number_from_which_a_message_was_delivered_is_valid,
    an_invalid_number_is_reported_with_the_reason,
    a_number_of_any_team_is_not_a_valid_recipient,
    the_customer_is_shown_only_if_unique_in_the_current_file,
    an_open_conversation_is_shown_and_a_pending_one_is_not,
    the_sender_number_is_shown,
    each_team_number_with_an_opt_out_is_shown,
    another_team_is_not_found,
    an_invalid_query_is_refused,
];

async fn check(client: &Client, team: i64, input: &str) -> Value {
    let path = format!("/numbers?team_id={team}&input={}", input.replace('+', "%2B").replace(' ', "%20"));
    client.get(&path).await.expect(200)
}

async fn a_valid_number_is_shown_with_its_customer(app: TestApp) {
    // Reading needs no permission.
    let ray = app.signed_in(RAY).await;
    let expected = json!({"number": MARIA, "international": "+44 7700 900123", "valid": true, "reason": null,
        "customer": {"ref": "A-10021", "name": "Maria Jones"}, "from": COLLECTIONS_NUMBER, "conversation_id": null, "opted_out": []});
    assert_eq!(check(&ray, COLLECTIONS, "07700 900123").await, expected);
}

async fn a_number_is_accepted_in_any_usual_format(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for typed in [
        "07700900123",
        "(07700) 900-123",
        "07700.900.123",
        "+44 7700 900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        " 07700 900 123 ",
    ] {
        assert_eq!(check(&ann, COLLECTIONS, typed).await["number"], MARIA, "{typed}");
    }
    let abroad = check(&ann, COLLECTIONS, "+1 (500) 555-0006").await;
    assert_eq!(
        (&abroad["number"], &abroad["international"]),
        (&json!("+15005550006"), &json!("+1 500 555 0006"))
    );
}

/// Percent-encodes the text.
fn in_url(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn invisible_characters_and_other_digits_make_no_difference(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for typed in [
        "\u{202a}+44 7700 900123\u{202c}",
        "07700\u{2011}900\u{200b}123",
        "０７７００ ９００１２３",
        "٠٧٧٠٠٩٠٠١٢٣",
    ] {
        assert_eq!(check(&ann, COLLECTIONS, &in_url(typed)).await["number"], MARIA, "{typed:?}");
    }
}

async fn a_national_number_may_start_with_its_country_code(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for (region, typed, number) in [
        ("IT", "391 231 2312", "+393912312312"),
        ("IN", "91987 65432", "+919198765432"),
        ("NO", "47 12 34 56", "+4747123456"),
        ("BR", "55 91234 5678", "+5555912345678"),
        ("VN", "084 123 4567", "+84841234567"),
        ("GB", "+7 800 555 35 35", "+78005553535"),
    ] {
        app.database.run(&format!("UPDATE teams SET region = '{region}' WHERE id = {COLLECTIONS}")).unwrap();
        assert_eq!(check(&ann, COLLECTIONS, typed).await["number"], number, "{typed} in {region}");
    }
}

async fn a_number_from_which_a_message_was_delivered_is_valid(app: TestApp) {
    // Ten digits after +44 7 are one too many for every numbering plan, but the gateway delivered a message from it.
    let odd = "+4477009001234";
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(check(&admin, COLLECTIONS, odd).await["valid"], false);
    let id = app.inbound(odd, "Hello").await;
    let checked = check(&admin, COLLECTIONS, odd).await;
    assert_eq!((&checked["number"], &checked["conversation_id"]), (&json!(odd), &json!(id)));
    assert_eq!(admin.close(id).await.status, 201);
    let new = json!({"team_id": COLLECTIONS, "number": "+44 7700 9001234", "body": "Hi"});
    assert_eq!(admin.post("/conversations", new).await.expect(201)["number"], odd);
    let consent =
        json!({"team_number": COLLECTIONS_NUMBER, "number": odd, "state": "opted_out", "note": "By phone"});
    admin.post("/consents", consent).await.expect(201);
    let path = format!("/consents?number={}", odd.replace('+', "%2B"));
    assert_eq!(admin.get(&path).await.items().len(), 1);
    assert_eq!(admin.get(&format!("/search?q={}", in_url(odd))).await.items().len(), 2);
}

async fn an_invalid_number_is_reported_with_the_reason(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let long = "0".repeat(5000);
    for (typed, part) in [
        ("", "not a phone number"),
        ("%00", "not a phone number"),
        ("Maria", "not a phone number"),
        ("<script>", "not a phone number"),
        ("\u{1f600}", "not a phone number"),
        (long.as_str(), "not a phone number"),
        ("07700", "Too short for a UK number."),
        ("0791112345", "Too short for a UK number."),
        ("07700 900123 4567", "Too long for a UK number."),
        ("+999 123456", "No country"),
        ("020 7946 0000 x12", "extension"),
    ] {
        let checked = check(&ann, COLLECTIONS, typed).await;
        let reason = checked["reason"].as_str().unwrap().to_owned();
        assert!(reason.contains(part), "{typed}: {reason}");
        let expected = json!({"number": null, "international": null, "valid": false, "reason": reason,
            "customer": null, "from": null, "conversation_id": null, "opted_out": []});
        assert_eq!(checked, expected);
    }
}

async fn a_number_of_any_team_is_not_a_valid_recipient(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for own in [COLLECTIONS_NUMBER, SUPPORT_NUMBER, CLAIMS_NUMBER] {
        let checked = check(&ann, COLLECTIONS, own).await;
        assert_eq!((&checked["number"], &checked["valid"]), (&json!(own), &json!(false)));
        assert!(checked["reason"].as_str().unwrap().contains("one of our own numbers"));
    }
}

async fn the_customer_is_shown_only_if_unique_in_the_current_file(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for (team, number) in
        [(COLLECTIONS, SHARED), (COLLECTIONS, FORMER), (COLLECTIONS, STRANGER), (SUPPORT, MARIA)]
    {
        let checked = check(&sam, team, number).await;
        assert_eq!((&checked["valid"], &checked["customer"]), (&json!(true), &Value::Null), "{number}");
    }
}

async fn an_open_conversation_is_shown_and_a_pending_one_is_not(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let new = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Hi"});
    sam.post("/conversations", new).await.expect(201);
    // A message can be sent, because it joins the pending conversation.
    assert_eq!(check(&sam, COLLECTIONS, STRANGER).await["conversation_id"], Value::Null);
    let open = app.inbound(STRANGER, "Hello").await;
    let checked = check(&sam, COLLECTIONS, STRANGER).await;
    assert_eq!((&checked["valid"], &checked["conversation_id"]), (&json!(true), &json!(open)));
    assert_eq!(check(&sam, SUPPORT, STRANGER).await["conversation_id"], Value::Null);
    assert_eq!(sam.close(open).await.status, 201);
    assert_eq!(check(&sam, COLLECTIONS, STRANGER).await["conversation_id"], Value::Null);
}

async fn the_sender_number_is_shown(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    // The team's first number or the number of the last conversation, which is also the one that is then used.
    let closed = app.inbound_to("+447700900004", STRANGER, "Hello").await;
    assert_eq!(admin.close(closed).await.status, 201);
    for (number, from) in [(MARIA, CLAIMS_NUMBER), (STRANGER, "+447700900004")] {
        assert_eq!(check(&admin, CLAIMS, number).await["from"], from, "{number}");
        let new = json!({"team_id": CLAIMS, "number": number, "body": "Hi"});
        assert_eq!(admin.post("/conversations", new).await.expect(201)["team_number"], from);
        assert_eq!(check(&admin, CLAIMS, number).await["from"], from, "{number}");
    }
    app.database.run(&format!("DELETE FROM team_numbers WHERE team_id = {SUPPORT}")).unwrap();
    assert_eq!(check(&admin, SUPPORT, MARIA).await["from"], Value::Null);
}

async fn each_team_number_with_an_opt_out_is_shown(app: TestApp) {
    let cy = app.signed_in(CY).await;
    let opted_out = async || {
        let checked = check(&cy, CLAIMS, STRANGER).await;
        let list = checked["opted_out"].as_array().unwrap().clone();
        list.iter().map(|consent| consent["team_number"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    app.inbound(STRANGER, "STOP").await;
    assert!(opted_out().await.is_empty(), "another team's number");
    app.inbound_to("+447700900004", STRANGER, "STOP").await;
    assert_eq!(opted_out().await, ["+447700900004"]);
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "STOP").await;
    assert_eq!(opted_out().await, [CLAIMS_NUMBER, "+447700900004"]);
    app.inbound_to("+447700900004", STRANGER, "START").await;
    assert_eq!(opted_out().await, [CLAIMS_NUMBER]);
}

async fn another_team_is_not_found(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for team in [SUPPORT, CLAIMS, 4711, 0, -1] {
        ann.get(&format!("/numbers?team_id={team}&input=07700900123")).await.problem(NotFound);
    }
}

async fn an_invalid_query_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for query in ["", "?team_id=1", "?input=07700900123", "?team_id=x&input=1", "?team_id=&input=1"] {
        ann.get(&format!("/numbers{query}")).await.problem(InvalidQuery);
    }
}
