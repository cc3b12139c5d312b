//! Searching by a complete number or reference, which finds its own conversations and no others.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::{
    search::{
        common_names::{closed_id, ids, insert_closed, insert_closed_before},
        terms::{conversation_named, found, found_with, in_each_team, in_url},
    },
    support::{
        Client, TestApp,
        fixtures::{ADMIN, CLAIMS, COLLECTIONS, SAM, STRANGER, SUPPORT, stranger},
        on_both_databases,
    },
};

on_both_databases![
    a_complete_number_finds_only_its_own_conversations,
    a_complete_reference_finds_only_its_own_conversations,
    a_short_reference_without_letters_hides_no_number,
    the_conversations_of_a_number_come_page_by_page,
    a_complete_number_is_found_in_the_callers_teams,
    a_complete_number_is_found_for_90_days,
    a_text_of_short_groups_is_found_as_it_is_typed,
    a_part_of_very_many_conversations_is_found_in_new_ones_and_at_the_beginning_of_numbers,
];

/// Delivers a message from a customer with this reference in the daily file; returns the conversation.
async fn conversation_with_reference(app: &TestApp, n: usize, reference: &str) -> i64 {
    let number = stranger(n);
    let changed =
        format!("UPDATE customers SET number = '{number}', ref = '{reference}' WHERE name = 'Maria Jones'");
    app.database.run(&changed).unwrap();
    app.inbound(&number, "Hello").await
}

async fn a_complete_number_finds_only_its_own_conversations(app: TestApp) {
    let conversation = app.inbound(&stranger(1), "Hello").await;
    let named = conversation_named(&app, 2, "Jo 447700901001 or 07700 901001").await;
    let sam = app.signed_in(SAM).await;
    for typed in [
        "07700 901001",
        "07700901001",
        "7700 901001",
        "+44 7700 901001",
        "+44 (0)7700 901001",
        "0044 7700 901001",
        "447700901001",
        "(07700) 901-001",
        "\u{202a}07700\u{2011}901001\u{202c}",
    ] {
        assert_eq!(found(&sam, typed).await, [conversation], "{typed}");
        assert_eq!(found_with(&sam, typed, "&status=open").await, [conversation], "{typed}");
        assert_eq!(found_with(&sam, typed, "&status=closed").await, [0_i64; 0], "{typed}");
    }
    assert_eq!(found(&sam, "7700 90100").await, [named, conversation], "a part");
    app.advance(TimeDelta::seconds(1));
    assert_eq!(sam.close(conversation).await.status, 201);
    assert_eq!(found_with(&sam, "07700 901001", "&status=closed").await, [conversation]);
}

async fn a_complete_reference_finds_only_its_own_conversations(app: TestApp) {
    let short = conversation_with_reference(&app, 1, "A-1").await;
    let long = conversation_with_reference(&app, 2, "A-12").await;
    let digits = conversation_with_reference(&app, 3, "77009010").await;
    let sam = app.signed_in(SAM).await;
    for typed in ["A-1", "a-1", "a 1", "A\u{2011}1", " \u{ff21}-1 "] {
        assert_eq!(found(&sam, typed).await, [short], "{typed}");
    }
    assert_eq!(found(&sam, "A-12").await, [long]);
    assert_eq!(found(&sam, "77009010").await, [digits], "not the numbers with these digits");
    assert_eq!(found(&sam, "7700901").await, [digits, long, short], "a part");
    assert_eq!(found_with(&sam, "A-1", "&status=closed").await, [0_i64; 0]);
}

async fn a_short_reference_without_letters_hides_no_number(app: TestApp) {
    let number = app.inbound(&stranger(1), "Hello").await;
    let reference = conversation_with_reference(&app, 20, "901001").await;
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "901001").await, [reference, number]);
}

/// Returns the ids that all pages of a search have, with this number on each.
async fn paged(client: &Client, term: &str, limit: usize) -> Vec<i64> {
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: Value =
            client.get(&format!("/search?q={}&limit={limit}{cursor}", in_url(term))).await.expect(200);
        seen.extend(ids(&page));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return seen,
        }
    }
}

async fn the_conversations_of_a_number_come_page_by_page(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    conversation_named(&app, 2, "Jo 447700901001").await;
    let mut conversations = Vec::new();
    for _ in 0..4 {
        app.advance(TimeDelta::seconds(1));
        let conversation = app.inbound(&stranger(1), "Hello").await;
        assert_eq!(sam.close(conversation).await.status, 201);
        conversations.insert(0, conversation);
    }
    for limit in [1, 2, 3, 4] {
        assert_eq!(paged(&sam, "07700 901001", limit).await, conversations, "{limit} at a time");
    }
    // A cursor after the last one finds the end, and no conversation that only contains the number.
    let all = sam.get("/search?q=7700901&limit=4").await.expect(200);
    let cursor = all["next_cursor"].as_str().unwrap();
    assert_eq!(found_with(&sam, "07700 901001", &format!("&cursor={cursor}")).await, [0_i64; 0]);
}

async fn a_complete_number_is_found_in_the_callers_teams(app: TestApp) {
    let [collections, support, claims] = in_each_team(&app).await;
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "07700 900456").await, [support, collections]);
    assert_eq!(found_with(&sam, "07700 900456", &format!("&team_id={SUPPORT}")).await, [support]);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(found(&admin, "07700 900456").await, [claims, support, collections]);
    for (team, conversation) in [(CLAIMS, claims), (COLLECTIONS, collections)] {
        let found = found_with(&admin, "07700 900456", &format!("&team_id={team}")).await;
        assert_eq!(found, [conversation]);
    }
    let no_teams = json!({"team_ids": []});
    admin.put(&format!("/accounts/{}", SAM.1), no_teams).await.expect(200);
    assert_eq!(found(&sam, "07700 900456").await, [0_i64; 0]);
}

async fn a_complete_number_is_found_for_90_days(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.advance(TimeDelta::days(90));
    let sam = app.signed_in(SAM).await;
    assert_eq!(found(&sam, "07700 900456").await, [conversation]);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(found(&sam, "07700 900456").await, [0_i64; 0]);
}

async fn a_text_of_short_groups_is_found_as_it_is_typed(app: TestApp) {
    let conversation = conversation_named(&app, 1, "12-34-56").await;
    // Among so many ids, the texts are sampled.
    insert_closed(&app, 50_000, 1, "Jo");
    let sam = app.signed_in(SAM).await;
    for part in ["12-34-56", "12 34", "34-56"] {
        assert_eq!(found(&sam, part).await, [conversation], "{part}");
    }
}

async fn a_part_of_very_many_conversations_is_found_in_new_ones_and_at_the_beginning_of_numbers(
    app: TestApp,
) {
    let old = app.inbound("+447910010012", "Hello").await;
    app.advance(TimeDelta::days(30));
    // Each has all trigrams of the searched parts, though only the old one has the parts.
    insert_closed(&app, 50_000, 40_000, "Ann 000 001 010 100 791 910");
    let newest_id = closed_id(0);
    insert_closed_before(&app, newest_id + 1, 200_000, 1, "Jo 1001001");
    let sam = app.signed_in(SAM).await;
    for beginning in ["0791 001 001", "+44 791001001", "791001001"] {
        assert_eq!(found(&sam, beginning).await, [old], "{beginning}");
    }
    assert_eq!(found(&sam, "1001001").await, [newest_id], "newer than the number with this part");
    assert_eq!(found(&sam, "07910 010012").await, [old]);
}
