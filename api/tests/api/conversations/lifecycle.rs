//! The lifecycle of a conversation: status, next action and waiting time.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{InvalidQuery, NotFound};

use crate::support::{
    ApiResponse, TestApp,
    database::sql_timestamp,
    fixtures::{
        ANN, COLLECTIONS, COLLECTIONS_NUMBER, CY, FORMER, MARIA, RESOLVED, SAM, SHARED, STRANGER,
        SUPPORT_NUMBER, start, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_message_from_an_unknown_number_starts_an_open_conversation,
    a_customer_of_the_daily_file_is_shown_with_ref_and_name,
    a_second_message_keeps_the_waiting_time,
    the_next_action_alternates_between_customer_and_agent,
    a_customer_has_a_separate_conversation_with_each_team,
    a_pending_conversation_opens_when_the_customer_replies,
    the_detail_shows_team_customer_closure_and_permitted_actions,
    a_list_with_missing_or_invalid_parameters_is_refused,
    pending_conversations_are_listed_newest_first_page_by_page,
    invalid_ids_are_not_found,
];

async fn a_message_from_an_unknown_number_starts_an_open_conversation(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let queue = ann.get("/queue").await.expect(200);
    let expected = json!({
        "id": id, "team_id": COLLECTIONS, "team_number": COLLECTIONS_NUMBER, "number": STRANGER, "ref": null,
        "name": null, "status": "open", "origin": "inbound", "next_action": "agent",
        "waiting_since": "2024-11-25T09:00:00Z", "last_message_at": "2024-11-25T09:00:00Z", "attention": null,
        "opened_at": "2024-11-25T09:00:00Z", "closed_at": null, "closed_by": null, "closure_reason": null,
        "previous_id": null, "unread": 1, "can_reply": true, "assigned_to": null, "snoozed_until": null,
        "tags": [],
    });
    assert_eq!(queue["sections"][0]["items"], json!([expected]));
}

async fn a_customer_of_the_daily_file_is_shown_with_ref_and_name(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let ref_and_name = async |to: &str, number: &str| {
        let id = app.inbound_to(to, number, "Hello").await;
        let row = |column: &str| {
            let select =
                format!("SELECT coalesce({column}, '-') AS value FROM conversations WHERE id = {id}");
            app.database.strings(&select).remove(0)
        };
        (row("ref"), row("name"))
    };
    let unknown = ("-".to_owned(), "-".to_owned());
    assert_eq!(ref_and_name(COLLECTIONS_NUMBER, MARIA).await, ("A-10021".into(), "Maria Jones".into()));
    assert_eq!(ref_and_name(COLLECTIONS_NUMBER, SHARED).await, unknown, "two customers share it");
    assert_eq!(ref_and_name(COLLECTIONS_NUMBER, FORMER).await, unknown, "not in the current file");
    assert_eq!(ref_and_name(SUPPORT_NUMBER, MARIA).await, unknown, "in another team's file");
    let first = app.live_conversation(COLLECTIONS_NUMBER, MARIA);
    let message = &ann.messages(first).await[0];
    assert_eq!(message["sender"], json!({"kind": "customer", "id": null, "name": "Maria Jones"}));
}

async fn a_second_message_keeps_the_waiting_time(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    app.advance(TimeDelta::minutes(5));
    assert_eq!(app.inbound(STRANGER, "Hello?").await, id);
    let ann = app.signed_in(ANN).await;
    let seen = ann.conversation(id).await;
    assert_eq!(seen["waiting_since"], "2024-11-25T09:00:00Z");
    assert_eq!(seen["last_message_at"], "2024-11-25T09:05:00Z");
    assert_eq!(seen["unread"], 2);
}

async fn the_next_action_alternates_between_customer_and_agent(app: TestApp) {
    let id = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let state = async || {
        let seen = ann.conversation(id).await;
        let field = |name: &str| seen[name].clone();
        let [action, since, last, unread] =
            ["next_action", "waiting_since", "last_message_at", "unread"].map(field);
        (action, since, last, unread)
    };
    app.advance(TimeDelta::minutes(1));
    ann.create_reply(id, "Yes?").await;
    let (nine, nine_01, nine_02, nine_03) = (
        json!("2024-11-25T09:00:00Z"),
        json!("2024-11-25T09:01:00Z"),
        json!("2024-11-25T09:02:00Z"),
        json!("2024-11-25T09:03:00Z"),
    );
    let customer = json!("customer");
    assert_eq!(state().await, (customer.clone(), nine_01.clone(), nine.clone(), json!(0)));
    app.advance(TimeDelta::minutes(1));
    ann.create_reply(id, "Are you there?").await;
    assert_eq!(state().await, (customer, nine_01, nine, json!(0)));
    app.inbound(STRANGER, "I am").await;
    app.advance(TimeDelta::minutes(1));
    app.inbound(STRANGER, "I really am").await;
    assert_eq!(state().await, (json!("agent"), nine_02, nine_03, json!(2)));
}

async fn a_customer_has_a_separate_conversation_with_each_team(app: TestApp) {
    let collections = app.inbound(STRANGER, "Hello").await;
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    assert_ne!(collections, support);
}

/// Inserts a pending conversation, as an ad-hoc message creates it.
fn insert_pending(app: &TestApp, number: &str, minutes: i64) {
    let since = sql_timestamp(app.database.kind, start() + TimeDelta::minutes(minutes));
    let sql = format!(
        "INSERT INTO conversations (team_id, team_number, number, status, origin, next_action, waiting_since, opened_at)
         VALUES ({COLLECTIONS}, '{COLLECTIONS_NUMBER}', '{number}', 'pending', 'outbound', 'customer', {since}, {since})"
    );
    app.database.run(&sql).unwrap();
}

async fn a_pending_conversation_opens_when_the_customer_replies(app: TestApp) {
    insert_pending(&app, STRANGER, 0);
    let ann = app.signed_in(ANN).await;
    let pending = app.live_conversation(COLLECTIONS_NUMBER, STRANGER);
    ann.create_reply(pending, "One more thing").await;
    assert_eq!(ann.conversation(pending).await["status"], "pending");
    app.advance(TimeDelta::minutes(1));
    assert_eq!(app.inbound(STRANGER, "Identity is this?").await, pending);
    let seen = ann.conversation(pending).await;
    assert_eq!(seen["status"], "open");
    assert_eq!(seen["origin"], "outbound");
    assert_eq!(seen["next_action"], "agent");
    assert_eq!(seen["waiting_since"], "2024-11-25T09:01:00Z");
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["id"], pending);
}

async fn the_detail_shows_team_customer_closure_and_permitted_actions(app: TestApp) {
    let id = app.inbound(MARIA, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = ann.conversation(id).await;
    assert_eq!(seen["team"]["name"], "Collections");
    assert_eq!(seen["customer"], json!({"ref": "A-10021", "name": "Maria Jones"}));
    assert_eq!(seen["closure"], Value::Null);
    assert_eq!(seen["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));

    app.advance(TimeDelta::minutes(1));
    assert_eq!(ann.close(id).await.status, 201);
    let seen = ann.conversation(id).await;
    let closure = json!({"closure_reason_id": RESOLVED, "closure_reason": "Resolved", "note": null,
        "closed_by": "Ann", "closed_at": "2024-11-25T09:01:00Z", "cancelled_messages": 0});
    assert_eq!(seen["closure"], closure);
    assert_eq!(seen["permitted_actions"], json!([]));
    assert_eq!(seen["next_action"], Value::Null);
}

async fn a_list_with_missing_or_invalid_parameters_is_refused(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for path in [
        "/conversations",
        "/conversations?team_id=1",
        "/conversations?status=open",
        "/conversations?team_id=abc&status=open",
        "/conversations?team_id=1&status=Open",
        "/conversations?team_id=1&status=all",
        "/conversations?team_id=9223372036854775808&status=open",
        "/closure_reasons?team_id=",
        "/closure_reasons?archived=perhaps",
        "/numbers?team_id=1",
        "/search",
        "/search?q=a",
    ] {
        sam.get(path).await.problem(InvalidQuery);
    }
}

async fn pending_conversations_are_listed_newest_first_page_by_page(app: TestApp) {
    // Ids 1 to 5; the second and third started at the same time.
    for (n, minutes) in [0, 2, 2, 3, 1].into_iter().enumerate() {
        insert_pending(&app, &stranger(n), minutes);
    }
    let ann = app.signed_in(ANN).await;
    let pages = ann.pages(&format!("/conversations?team_id={COLLECTIONS}&status=pending&limit=2")).await;
    let seen: Vec<i64> = pages.concat().iter().map(|item| item["id"].as_i64().unwrap()).collect();
    assert_eq!(seen, [4, 3, 2, 5, 1]);
}

async fn invalid_ids_are_not_found(app: TestApp) {
    let cy = app.signed_in(CY).await;
    for id in ["0", "-1", "abc", "1.5", "9223372036854775808", "%00", "%ff", "1%2F2", "*", "1;DROP"] {
        for rest in ["", "/messages", "/templates", "/key_data"] {
            cy.get(&format!("/conversations/{id}{rest}")).await.problem(NotFound);
        }
        for (rest, body) in
            [("/messages", json!({"body": "Hello"})), ("/closure", json!({"closure_reason_id": 2}))]
        {
            let request = cy.request(Method::POST, &format!("/conversations/{id}{rest}")).json(&body);
            ApiResponse::to(request).await.problem(NotFound);
        }
    }
}
