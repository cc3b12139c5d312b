//! Search (rule 12): conversations of the caller's teams in the past 90 days, by number in any format, ref or name.

use chrono::TimeDelta;
use serde_json::json;
use shared::ErrorCode::{Forbidden, InvalidCursor, InvalidQuery, NotFound};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, FULL_KEY, MARIA, SAM, STRANGER, SUPPORT,
        SUPPORT_NUMBER, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_number_is_found_by_any_part_in_any_format,
    a_customer_is_found_by_ref_and_by_name,
    a_name_is_found_in_any_case_and_without_accents,
    pattern_characters_are_matched_literally,
    every_status_is_found_and_can_be_filtered,
    only_the_callers_teams_are_searched,
    results_can_be_filtered_by_team,
    conversations_active_in_the_past_90_days_are_found,
    a_closure_is_activity,
    outbound_messages_are_activity,
    the_most_recently_active_comes_first_page_by_page,
    searching_needs_the_permission,
    a_term_has_2_to_100_characters,
    an_invalid_query_is_refused,
    an_api_key_searches_its_own_teams,
];

/// Percent-encodes the term.
pub(crate) fn in_url(term: &str) -> String {
    term.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Returns the ids of the conversations that a term finds, in order.
pub(crate) async fn found(client: &Client, term: &str) -> Vec<i64> {
    found_with(client, term, "").await
}

pub(crate) async fn found_with(client: &Client, term: &str, more: &str) -> Vec<i64> {
    let items = client.get(&format!("/search?q={}{more}", in_url(term))).await.items();
    items.iter().map(|conversation| conversation["id"].as_i64().unwrap()).collect()
}

/// Delivers a message from a customer with this name in the daily file; returns the conversation, which keeps the name.
pub(crate) async fn conversation_named(app: &TestApp, n: usize, name: &str) -> i64 {
    let (number, name) = (stranger(n), name.replace('\'', "''"));
    let renamed = format!("UPDATE customers SET number = '{number}', name = '{name}' WHERE ref = 'A-10021'");
    app.database.run(&renamed).unwrap();
    app.inbound(&number, "Hello").await
}

async fn a_number_is_found_by_any_part_in_any_format(app: TestApp) {
    let maria = app.inbound(MARIA, "Hello").await;
    let other = app.inbound(STRANGER, "Hello").await;
    let sam = app.signed_in(SAM).await;
    for typed in [
        "07700900123",
        "07700 900 123",
        "(07700) 900-123",
        "07700.900.123",
        "+447700900123",
        "+44 (0)7700 900123",
        "0044 7700 900123",
        "7700 900123",
        "900123",
        "0123",
        " 00123 ",
        "123",
    ] {
        assert_eq!(found(&sam, typed).await, [maria], "{typed}");
    }
    for typed in ["07700", "+44", "0044 7700 900", "77"] {
        assert_eq!(found(&sam, typed).await, [other, maria], "{typed}");
    }
    for typed in ["07700 900124", "+1 500", "00000", "--"] {
        assert_eq!(found(&sam, typed).await, [0_i64; 0], "{typed}");
    }
}

async fn a_customer_is_found_by_ref_and_by_name(app: TestApp) {
    let maria = app.inbound(MARIA, "Hello").await;
    app.inbound(STRANGER, "Maria A-10021").await;
    let sam = app.signed_in(SAM).await;
    for typed in
        ["A-10021", "a-10021", "10021", "A-1", "Maria Jones", "maria", "JONES", " Maria ", "Jones  Maria"]
    {
        assert_eq!(found(&sam, typed).await, [maria], "{typed}");
    }
    for typed in ["Maria Smith", "A10021", "A-100210", "balance", "GBP"] {
        assert_eq!(found(&sam, typed).await, [0_i64; 0], "{typed}");
    }
    let item = sam.get("/search?q=maria").await.items().remove(0);
    assert_eq!((&item["ref"], &item["name"]), (&json!("A-10021"), &json!("Maria Jones")));
}

async fn a_name_is_found_in_any_case_and_without_accents(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let names = ["Zo\u{eb} O'Neill", "\u{c9}MILE \u{c5}BERG", "S\u{f8}ren Stra\u{df}e", "\u{1f600} Smile"];
    let mut conversations = Vec::new();
    for (n, name) in names.into_iter().enumerate() {
        conversations.push(conversation_named(&app, n, name).await);
    }
    for (n, typed) in [
        (0, "Zo\u{eb}"),
        (0, "zoe"),
        (0, "ZOE\u{308}"),
        (0, "o'neill zoe"),
        (1, "\u{c9}MILE"),
        (1, "\u{e9}mile \u{e5}berg"),
        (1, "emile"),
        (2, "soren"),
        (2, "STRASSE"),
        (3, "\u{1f600} s"),
    ] {
        assert_eq!(found(&sam, typed).await, [conversations[n]], "{}: {typed}", names[n]);
    }
}

async fn pattern_characters_are_matched_literally(app: TestApp) {
    conversation_named(&app, 1, "100 Percent").await;
    let special = conversation_named(&app, 2, "50%_off\\deal <script>'*?[a] \"NEAR\" (x)").await;
    let sam = app.signed_in(SAM).await;
    for typed in
        ["50%", "%_", "f\\d", "<script>'", "*?", "[a]", "\\deal", "\"near\"", "*?[a] \"NEAR\"", "(x)"]
    {
        assert_eq!(found(&sam, typed).await, [special], "{typed}");
    }
    for typed in [
        "%%",
        "__",
        "1%P",
        "100_Percent",
        "\\\\",
        "' OR '1'='1",
        "percent OR near",
        "percent NOT zoe",
        "perc*",
        "text:percent",
        "^percent",
        "\"percent",
        "\u{1f600}\u{1f600}",
    ] {
        assert_eq!(found(&sam, typed).await, [0_i64; 0], "{typed}");
    }
}

async fn every_status_is_found_and_can_be_filtered(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let closed = app.inbound(&stranger(1), "Hello").await;
    assert_eq!(sam.close(closed).await.status, 201);
    let open = app.inbound(&stranger(2), "Hello").await;
    let new = json!({"team_id": COLLECTIONS, "number": stranger(3), "body": "Hi"});
    let pending = sam.post("/conversations", new).await.expect(201)["id"].as_i64().unwrap();
    assert_eq!(found(&sam, "07700 901").await, [pending, open, closed]);
    for (status, expected) in [("pending", pending), ("open", open), ("closed", closed)] {
        assert_eq!(found_with(&sam, "07700 901", &format!("&status={status}")).await, [expected]);
    }
    let items = sam.get("/search?q=07700901&status=pending").await.items();
    assert_eq!((&items[0]["status"], &items[0]["number"]), (&json!("pending"), &json!(stranger(3))));
}

/// Starts a conversation with the same customer in each team.
pub(crate) async fn in_each_team(app: &TestApp) -> [i64; 3] {
    [
        app.inbound(STRANGER, "Hello").await,
        app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await,
        app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await,
    ]
}

async fn only_the_callers_teams_are_searched(app: TestApp) {
    let [collections, support, claims] = in_each_team(&app).await;
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "900456").await, [support, collections]);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(found(&admin, "900456").await, [claims, support, collections]);
    let no_teams = json!({"team_ids": []});
    admin.put(&format!("/accounts/{}", SAM.1), no_teams).await.expect(200);
    assert_eq!(found(&sam, "900456").await, [0_i64; 0]);
}

async fn results_can_be_filtered_by_team(app: TestApp) {
    let [collections, support, _] = in_each_team(&app).await;
    let sam = app.signed_in(SAM).await;
    for (team, conversation) in [(COLLECTIONS, collections), (SUPPORT, support)] {
        assert_eq!(found_with(&sam, "900456", &format!("&team_id={team}")).await, [conversation]);
    }
    for team in [CLAIMS, 4711, 0] {
        sam.get(&format!("/search?q=900456&team_id={team}")).await.problem(NotFound);
    }
}

async fn conversations_active_in_the_past_90_days_are_found(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.advance(TimeDelta::days(90));
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "900456").await, [conversation]);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(found(&sam, "900456").await, [0_i64; 0]);
    // Another message from the customer makes it findable again.
    assert_eq!(app.inbound(STRANGER, "Hello?").await, conversation);
    assert_eq!(found(&sam, "900456").await, [conversation]);
}

async fn a_closure_is_activity(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.advance(TimeDelta::days(80));
    let sam = app.signed_in(SAM).await;
    assert_eq!(sam.close(conversation).await.status, 201);
    for (days, expected) in [(90, vec![conversation]), (1, Vec::new())] {
        app.advance(TimeDelta::days(days));
        let sam = app.signed_in(SAM).await;
        assert_eq!(found(&sam, "900456").await, expected);
    }
}

async fn outbound_messages_are_activity(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let open = app.inbound(&stranger(1), "Hello").await;
    let replied = app.inbound(&stranger(2), "Hello").await;
    sam.create_reply(replied, "Hi").await;
    let new = |body: &str| json!({"team_id": COLLECTIONS, "number": stranger(3), "body": body});
    let pending = sam.post("/conversations", new("Hi")).await.expect(201)["id"].as_i64().unwrap();
    // Each way to send: a reply, a second message in the same turn, and another message in a pending conversation.
    app.advance(TimeDelta::days(80));
    let sam = app.signed_in(SAM).await;
    for (conversation, term) in [(open, "901001"), (replied, "901002")] {
        sam.create_reply(conversation, "Is there anything else?").await;
        assert_eq!(found(&sam, term).await, [conversation]);
    }
    sam.post("/conversations", new("Hello?")).await.expect(201);
    app.advance(TimeDelta::days(80));
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "901001").await, [open], "a reply");
    assert_eq!(found(&sam, "901002").await, [replied], "a second message in the same turn");
    assert_eq!(found(&sam, "901003").await, [pending], "a second message in a pending conversation");
}

async fn the_most_recently_active_comes_first_page_by_page(app: TestApp) {
    let mut conversations = Vec::new();
    for n in 0..7 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
        // Two share each time.
        if n % 2 == 1 {
            app.advance(TimeDelta::minutes(1));
        }
    }
    app.advance(TimeDelta::seconds(1));
    app.inbound(&stranger(2), "Hello again").await;
    let sam = app.signed_in(SAM).await;
    app.advance(TimeDelta::seconds(1));
    assert_eq!(sam.close(conversations[4]).await.status, 201);
    let expected = [4, 2, 6, 5, 3, 1, 0].map(|n| conversations[n]);
    assert_eq!(found(&sam, "07700901").await, expected);
    for limit in [1, 2, 3, 7] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/search?q=07700901&limit={limit}{cursor}");
            let page = sam.get(&path).await.expect(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= limit);
            seen.extend(items.iter().map(|item| item["id"].as_i64().unwrap()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!(seen, expected, "{limit} at a time");
    }
}

async fn searching_needs_the_permission(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.get("/search?q=900456").await.problem(Forbidden);
    let grant = json!({"permissions": ["search"]});
    app.signed_in(ADMIN).await.put(&format!("/accounts/{}", ANN.1), grant).await.expect(200);
    assert_eq!(found(&ann, "900456").await.len(), 1);
}

async fn a_term_has_2_to_100_characters(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let long = "x".repeat(101);
    let longer = "x".repeat(5000);
    for term in ["", " ", "a", " a ", "\u{1f600}", "a\0b", long.as_str(), longer.as_str()] {
        let refused = sam.get(&format!("/search?q={}", in_url(term))).await;
        assert_eq!(refused.fault(InvalidQuery), ("q".into(), "invalid".into()), "{term:?}");
    }
    assert_eq!(found(&sam, &"\u{e9}".repeat(100)).await, [0_i64; 0]);
}

async fn an_invalid_query_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for query in
        ["", "status=open", "q=ab&status=nonsense", "q=ab&team_id=x", "q=ab&limit=0", "q=ab&limit=201"]
    {
        sam.get(&format!("/search?{query}")).await.problem(InvalidQuery);
    }
    for cursor in ["x", "5", "%00", "e30"] {
        sam.get(&format!("/search?q=ab&cursor={cursor}")).await.problem(InvalidCursor);
    }
}

async fn an_api_key_searches_its_own_teams(app: TestApp) {
    let [collections, ..] = in_each_team(&app).await;
    let program = app.anonymous.with_token(FULL_KEY);
    assert_eq!(found(&program, "07700 900456").await, [collections]);
}
