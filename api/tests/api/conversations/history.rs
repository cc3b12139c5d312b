//! The history (rule 23): the customer's earlier conversations with the team.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidCursor, InvalidQuery, NotFound};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, MARIA, SAM, STRANGER, SUPPORT,
        SUPPORT_NUMBER, stranger,
    },
    on_both_databases, statements,
};

on_both_databases![
    earlier_conversations_are_listed_oldest_first_with_their_closures,
    pages_continue_across_conversations,
    a_conversation_without_earlier_ones_has_an_empty_history,
    later_conversations_and_those_of_other_customers_are_not_history,
    conversations_of_another_team_are_not_history,
    a_number_that_changed_its_team_separates_the_histories,
    conversations_on_all_numbers_of_the_team_are_one_history,
    a_recovered_message_is_in_order_of_time,
    a_message_of_another_customer_is_not_a_cursor,
    an_invalid_page_is_refused,
    a_page_takes_two_statements,
];

const CLAIMS_SECOND_NUMBER: &str = "+447700900004";

/// A conversation with a message of the customer and a reply, closed.
async fn closed(app: &TestApp, agent: &Client, from: &str, text: &str) -> i64 {
    let conversation = app.inbound(from, text).await;
    agent.create_reply(conversation, &format!("Re: {text}")).await;
    assert_eq!(agent.close(conversation).await.status, 201);
    conversation
}

fn bodies(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|message| message["body"].as_str().unwrap()).collect()
}

fn conversations(page: &Value) -> Vec<i64> {
    page["conversations"].as_array().unwrap().iter().map(|found| found["id"].as_i64().unwrap()).collect()
}

async fn history(client: &Client, conversation: i64, query: &str) -> Value {
    client.get(&format!("/conversations/{conversation}/history?{query}")).await.expect(200)
}

async fn earlier_conversations_are_listed_oldest_first_with_their_closures(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let first = closed(&app, &ann, MARIA, "One").await;
    let second = app.inbound(MARIA, "Two").await;
    let closure = json!({"closure_reason_id": 1, "note": "Pays on Friday."});
    ann.post(&format!("/conversations/{second}/closure"), closure).await.expect(201);
    let third = app.inbound(MARIA, "Three").await;
    let page = history(&ann, third, "").await;
    assert_eq!(bodies(&page), ["One", "Re: One", "Two"]);
    assert_eq!(page["next_cursor"], Value::Null);
    assert_eq!(conversations(&page), [first, second]);
    let detail = ann.conversation(second).await;
    let expected = json!({
        "id": second, "team_number": COLLECTIONS_NUMBER, "opened_at": detail["opened_at"],
        "closed_at": detail["closed_at"], "closed_by": "Ann", "closure_reason": "Payment arranged",
        "closure_note": "Pays on Friday.",
    });
    assert_eq!(page["conversations"][1], expected);
    // The messages are those that the conversation itself shows.
    assert_eq!(page["items"].as_array().unwrap()[..2], ann.messages(first).await);
}

/// Reads all pages of a history.
async fn all_pages(client: &Client, conversation: i64, limit: usize) -> Vec<Value> {
    let mut pages = vec![history(client, conversation, &format!("limit={limit}")).await];
    while let Some(before) = pages.last().and_then(|page| page["next_cursor"].as_str()) {
        pages.push(history(client, conversation, &format!("limit={limit}&before={before}")).await);
    }
    pages
}

async fn pages_continue_across_conversations(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut ids = Vec::new();
    let mut expected = Vec::new();
    for n in 0..10 {
        let text = format!("Question {n}");
        ids.push(closed(&app, &ann, STRANGER, &text).await);
        expected.extend([text.clone(), format!("Re: {text}")]);
    }
    let current = app.inbound(STRANGER, "Now").await;
    for limit in [1, 3, 7, 19, 20, 200] {
        let pages = all_pages(&ann, current, limit).await;
        let sizes: Vec<usize> = pages.iter().map(|page| bodies(page).len()).collect();
        let (last, full) = sizes.split_last().unwrap();
        assert!(full.iter().all(|size| *size == limit) && *last > 0, "{limit}: {sizes:?}");
        let read: Vec<&str> = pages.iter().rev().flat_map(bodies).collect();
        assert_eq!(read, expected, "{limit}");
        for page in &pages {
            let mut of_items: Vec<i64> = page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|m| m["conversation_id"].as_i64().unwrap())
                .collect();
            of_items.dedup();
            assert_eq!(conversations(page), of_items, "{limit}");
        }
    }
    // A closed conversation has a history too.
    assert_eq!(bodies(&history(&ann, ids[1], "").await), ["Question 0", "Re: Question 0"]);
}

async fn a_conversation_without_earlier_ones_has_an_empty_history(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let page = history(&ann, conversation, "").await;
    assert_eq!(page, json!({"conversations": [], "items": [], "next_cursor": null}));
}

async fn later_conversations_and_those_of_other_customers_are_not_history(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    closed(&app, &ann, &stranger(1), "Another customer").await;
    let first = closed(&app, &ann, STRANGER, "First").await;
    let second = app.inbound(STRANGER, "Second").await;
    assert_eq!(bodies(&history(&ann, first, "").await), [""; 0]);
    assert_eq!(conversations(&history(&ann, second, "").await), [first]);
    // A message of the conversation itself is after its whole history.
    let own = ann.messages(second).await[0]["id"].as_i64().unwrap();
    assert_eq!(bodies(&history(&ann, second, &format!("before={own}")).await), ["First", "Re: First"]);
}

async fn conversations_of_another_team_are_not_history(app: TestApp) {
    let (bo, cy) = (app.signed_in(BO).await, app.signed_in(CY).await);
    closed(&app, &bo, STRANGER, "For Collections").await;
    let of_support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "For Support").await;
    assert_eq!(conversations(&history(&bo, of_support, "").await), [0; 0]);
    cy.get(&format!("/conversations/{of_support}/history")).await.problem(NotFound);
    cy.get("/conversations/99999/history").await.problem(NotFound);
}

async fn a_number_that_changed_its_team_separates_the_histories(app: TestApp) {
    let bo = app.signed_in(BO).await;
    let before = closed(&app, &bo, STRANGER, "Before the move").await;
    let last = closed(&app, &bo, STRANGER, "The last one").await;
    let moved = format!("UPDATE team_numbers SET team_id = {SUPPORT} WHERE number = '{COLLECTIONS_NUMBER}'");
    app.database.run(&moved).unwrap();
    let after = app.inbound(STRANGER, "After the move").await;
    assert_eq!(bo.conversation(after).await["team_id"], SUPPORT);
    assert_eq!(conversations(&history(&bo, after, "").await), [0; 0]);
    assert_eq!(bo.conversation(last).await["team_id"], COLLECTIONS);
    assert_eq!(conversations(&history(&bo, last, "").await), [before]);
}

async fn conversations_on_all_numbers_of_the_team_are_one_history(app: TestApp) {
    let cy = app.signed_in(CY).await;
    let first = app.inbound_to(CLAIMS_NUMBER, STRANGER, "First").await;
    let live = app.inbound_to(CLAIMS_SECOND_NUMBER, STRANGER, "Second").await;
    assert_eq!(cy.close(first).await.status, 201);
    let third = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Third").await;
    let page = history(&cy, third, "").await;
    assert_eq!(conversations(&page), [first, live]);
    let found = &page["conversations"][1];
    let fields = ["team_number", "closed_at", "closed_by", "closure_reason", "closure_note"];
    assert_eq!(
        fields.map(|field| &found[field]),
        [&json!(CLAIMS_SECOND_NUMBER), &Value::Null, &Value::Null, &Value::Null, &Value::Null]
    );
    assert_eq!(cy.conversation(live).await["team_id"], CLAIMS);
}

async fn a_recovered_message_is_in_order_of_time(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Second").await;
    app.inbound(STRANGER, "Third").await;
    app.inbound(STRANGER, "First").await;
    let earlier =
        "UPDATE messages SET created_at = (SELECT min(created_at) FROM messages) WHERE body = 'First'";
    app.database.run(earlier).unwrap();
    let later = match app.database.kind {
        crate::support::Kind::Sqlite => "created_at + 1000",
        crate::support::Kind::Postgres => "created_at + INTERVAL '1 second'",
    };
    app.database.run(&format!("UPDATE messages SET created_at = {later} WHERE body <> 'First'")).unwrap();
    assert_eq!(ann.close(conversation).await.status, 201);
    let current = app.inbound(STRANGER, "Now").await;
    let pages = all_pages(&ann, current, 1).await;
    let read: Vec<&str> = pages.iter().rev().flat_map(bodies).collect();
    assert_eq!(read, ["First", "Second", "Third"]);
}

async fn a_message_of_another_customer_is_not_a_cursor(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let other = app.inbound(&stranger(1), "Another customer").await;
    let of_other = ann.messages(other).await[0]["id"].as_i64().unwrap();
    closed(&app, &ann, STRANGER, "First").await;
    let current = app.inbound(STRANGER, "Second").await;
    for before in [of_other, 99_999] {
        ann.get(&format!("/conversations/{current}/history?before={before}")).await.problem(InvalidCursor);
    }
}

async fn an_invalid_page_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    for query in ["limit=0", "limit=201", "limit=abc", "before=abc", "before=9223372036854775808"] {
        ann.get(&format!("/conversations/{conversation}/history?{query}")).await.problem(InvalidQuery);
    }
}

async fn a_page_takes_two_statements(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    // Without a reply, whose receipts would be counted too.
    for _ in 0..2 {
        let earlier = app.inbound(STRANGER, "Earlier").await;
        assert_eq!(sam.close(earlier).await.status, 201);
    }
    let current = app.inbound(STRANGER, "Second").await;
    let before = history(&sam, current, "limit=1").await["next_cursor"].as_str().unwrap().to_owned();
    statements::start_recording(&app.database.url);
    history(&sam, current, &format!("before={before}")).await;
    let sent = statements::recorded_counts(&app.database.url);
    let of_page: Vec<_> = sent.iter().filter(|(statement, _)| is_of_history(statement)).collect();
    assert_eq!(of_page.iter().map(|(_, count)| **count).sum::<usize>(), 2, "{sent:#?}");
}

/// The worker of the outbox reads messages too.
fn is_of_history(statement: &str) -> bool {
    statement.starts_with("SELECT")
        && statement.contains("conversations")
        && statement.contains("messages")
        && !statement.contains("outbox")
}
