//! Ad-hoc messages (rule 10): a conversation that the team starts is pending, and in no queue, until the customer
//! replies.

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationOpen, NumberOptedOut};

use crate::support::{
    Client, TestApp,
    fixtures::{
        ADMIN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, MARIA, SAM, SHARED, STRANGER, SUPPORT,
        SUPPORT_NUMBER, THANKS,
    },
    on_both_databases,
};

on_both_databases![
    an_ad_hoc_message_starts_a_pending_conversation,
    a_pending_conversation_is_listed_as_pending_and_not_in_the_queue,
    the_customers_reply_moves_the_conversation_into_the_queue,
    a_customer_of_the_daily_file_is_named,
    a_second_message_joins_the_pending_conversation,
    an_open_conversation_is_returned_instead_of_starting_another,
    an_open_conversation_on_any_of_the_teams_numbers_is_returned,
    another_teams_open_conversation_does_not_block_an_ad_hoc_message,
    a_new_conversation_links_to_the_closed_one,
    a_pending_conversation_can_be_closed,
    a_failed_ad_hoc_message_needs_attention_and_stays_out_of_the_queue,
    an_opted_out_number_is_refused_with_the_date_and_nothing_is_stored,
    a_customer_who_opts_out_while_the_conversation_is_pending_gets_no_more_messages,
    the_template_of_an_ad_hoc_message_is_stored,
];

fn ad_hoc_to(number: &str) -> Value {
    json!({"team_id": COLLECTIONS, "number": number, "body": "Please call us."})
}

/// Sends an ad-hoc message and returns its conversation.
async fn started(client: &Client, new: Value) -> Value {
    client.post("/conversations", new).await.expect(201)
}

fn id_of(conversation: &Value) -> i64 {
    conversation["id"].as_i64().unwrap()
}

async fn queue(client: &Client, team: i64) -> Vec<Value> {
    client.get(&format!("/conversations?team_id={team}&status=open")).await.items()
}

async fn an_ad_hoc_message_starts_a_pending_conversation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let started = started(&sam, ad_hoc_to("07700 900456")).await;
    let expected = json!({"id": 1, "team_id": COLLECTIONS, "team_number": COLLECTIONS_NUMBER,
        "number": STRANGER, "ref": null, "name": null, "status": "pending", "origin": "outbound",
        "next_action": "customer", "waiting_since": "2024-11-25T09:00:00Z", "last_message_at": null,
        "attention": null, "opened_at": "2024-11-25T09:00:00Z", "closed_at": null, "closed_by": null,
        "closure_reason": null, "previous_id": null, "unread": 0, "can_reply": true, "assigned_to": null,
        "snoozed_until": null, "tags": []});
    assert_eq!(started, expected);

    app.message_becomes(&sam, 1, "delivered").await;
    let sent = app.gateway.sent_to(STRANGER).await;
    assert_eq!(sent.len(), 1);
    assert_eq!((&sent[0]["from"], &sent[0]["body"]), (&json!(COLLECTIONS_NUMBER), &json!("Please call us.")));
    let message = &sam.messages(1).await[0];
    assert_eq!(message["sender"], json!({"kind": "account", "id": SAM.1, "name": "Sam"}));
    let seen = sam.conversation(1).await;
    assert_eq!(
        (&seen["consent"], &seen["permitted_actions"]),
        (&Value::Null, &json!(["reply", "close", "assign", "tag"]))
    );
    assert_eq!(app.database.count("events", "kind = 'message_queued' AND conversation_id = 1"), 1);
}

async fn a_pending_conversation_is_listed_as_pending_and_not_in_the_queue(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let started = started(&sam, ad_hoc_to(STRANGER)).await;
    let list = async |status: &str| {
        sam.get(&format!("/conversations?team_id={COLLECTIONS}&status={status}")).await.items()
    };
    assert_eq!(list("pending").await, [started]);
    assert!(list("open").await.is_empty());
    assert!(list("closed").await.is_empty());
    let queue = sam.get("/queue").await.expect(200);
    for section in queue["sections"].as_array().unwrap() {
        assert_eq!(section["items"], json!([]));
        assert_eq!(section["counts"], json!({"agent": 0, "customer": 0, "unassigned": 0, "snoozed": 0}));
    }
}

async fn the_customers_reply_moves_the_conversation_into_the_queue(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let started = started(&sam, ad_hoc_to(STRANGER)).await;
    app.advance(TimeDelta::minutes(5));
    assert_eq!(app.inbound(STRANGER, "Identity is this?").await, id_of(&started));
    let queue = queue(&sam, COLLECTIONS).await;
    assert_eq!(queue.len(), 1);
    for (name, value) in [
        ("id", started["id"].clone()),
        ("status", json!("open")),
        ("origin", json!("outbound")),
        ("next_action", json!("agent")),
        ("waiting_since", json!("2024-11-25T09:05:00Z")),
        ("last_message_at", json!("2024-11-25T09:05:00Z")),
        ("opened_at", json!("2024-11-25T09:00:00Z")),
        ("unread", json!(1)),
    ] {
        assert_eq!(queue[0][name], value, "{name}");
    }
    let pending = format!("/conversations?team_id={COLLECTIONS}&status=pending");
    assert!(sam.get(&pending).await.items().is_empty());
}

async fn a_customer_of_the_daily_file_is_named(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let maria = started(&sam, ad_hoc_to(MARIA)).await;
    assert_eq!((&maria["ref"], &maria["name"]), (&json!("A-10021"), &json!("Maria Jones")));
    // Two customers share the number, so the conversation names neither.
    let shared = started(&sam, ad_hoc_to(SHARED)).await;
    assert_eq!((&shared["ref"], &shared["name"]), (&Value::Null, &Value::Null));
}

async fn a_second_message_joins_the_pending_conversation(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let first = started(&sam, ad_hoc_to(STRANGER)).await;
    app.advance(TimeDelta::minutes(1));
    let mut again = ad_hoc_to("+44 (0)7700 900456");
    again["body"] = json!("Are you there?");
    assert_eq!(id_of(&started(&sam, again).await), id_of(&first));
    // A reply on the conversation's page joins it too.
    sam.create_reply(id_of(&first), "Hello?").await;
    assert_eq!(sam.conversation(id_of(&first)).await["status"], "pending");
    app.message_becomes(&sam, 3, "delivered").await;
    let sent = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(sent, ["Please call us.", "Are you there?", "Hello?"]);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
}

async fn an_open_conversation_is_returned_instead_of_starting_another(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let open = app.inbound(STRANGER, "Hello").await;
    for from in [Value::Null, json!(COLLECTIONS_NUMBER)] {
        let mut new = ad_hoc_to("07700900456");
        new["from"] = from;
        let problem = sam.post("/conversations", new).await.problem(ConversationOpen);
        assert_eq!(problem["conversation_id"], open);
    }
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
}

async fn an_open_conversation_on_any_of_the_teams_numbers_is_returned(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let open = app.inbound_to("+447700900004", STRANGER, "Hello").await;
    for from in [Value::Null, json!(CLAIMS_NUMBER), json!("+447700900004")] {
        let new = json!({"team_id": CLAIMS, "number": STRANGER, "body": "Hi", "from": from});
        let problem = admin.post("/conversations", new).await.problem(ConversationOpen);
        assert_eq!(problem["conversation_id"], open);
    }
}

async fn another_teams_open_conversation_does_not_block_an_ad_hoc_message(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let open = app.inbound(STRANGER, "Hello").await;
    let started = started(&sam, json!({"team_id": SUPPORT, "number": STRANGER, "body": "Hi"})).await;
    assert_ne!(id_of(&started), open);
    assert_eq!(started["team_number"], SUPPORT_NUMBER);
    assert_eq!(started["previous_id"], Value::Null);
}

async fn a_new_conversation_links_to_the_closed_one(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = app.inbound(STRANGER, "Hello").await;
    assert_eq!(sam.close(before).await.status, 201);
    app.advance(TimeDelta::minutes(1));
    let started = started(&sam, ad_hoc_to(STRANGER)).await;
    assert_eq!((&started["previous_id"], &started["status"]), (&json!(before), &json!("pending")));
    assert_eq!(sam.conversation(before).await["status"], "closed");
}

async fn a_pending_conversation_can_be_closed(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let first = id_of(&started(&sam, ad_hoc_to(STRANGER)).await);
    assert_eq!(sam.close(first).await.expect(201)["status"], "closed");
    app.advance(TimeDelta::minutes(1));
    let inbound = app.inbound(STRANGER, "I was away").await;
    let seen = sam.conversation(inbound).await;
    assert_eq!((&seen["origin"], &seen["previous_id"]), (&json!("inbound"), &json!(first)));
}

async fn a_failed_ad_hoc_message_needs_attention_and_stays_out_of_the_queue(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "error", "code": 21211})).await;
    let sam = app.signed_in(SAM).await;
    let started = started(&sam, ad_hoc_to(STRANGER)).await;
    app.message_becomes(&sam, 1, "failed").await;
    let seen = sam.conversation(id_of(&started)).await;
    assert_eq!((&seen["status"], &seen["next_action"]), (&json!("pending"), &json!("customer")));
    assert_eq!(seen["attention"]["code"], "not_delivered");
    assert!(queue(&sam, COLLECTIONS).await.is_empty());
}

async fn an_opted_out_number_is_refused_with_the_date_and_nothing_is_stored(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = app.inbound(STRANGER, "STOP").await;
    assert_eq!(sam.close(before).await.status, 201);
    app.advance(TimeDelta::days(1));
    let sam = app.signed_in(SAM).await;
    let detail =
        sam.post("/conversations", ad_hoc_to(STRANGER)).await.problem(NumberOptedOut)["detail"].clone();
    let detail = detail.as_str().unwrap();
    for part in ["+44 7700 900456", "+44 7700 900001", "25 November 2024, 09:00 UTC"] {
        assert!(detail.contains(part), "{detail}");
    }
    assert_eq!(app.database.count("conversations", "1 = 1"), 1);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 0);
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    // The opt-out holds for one team number only.
    started(&sam, json!({"team_id": SUPPORT, "number": STRANGER, "body": "Hi"})).await;
}

async fn a_customer_who_opts_out_while_the_conversation_is_pending_gets_no_more_messages(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let pending = id_of(&started(&sam, ad_hoc_to(STRANGER)).await);
    app.message_becomes(&sam, 1, "delivered").await;
    let note = json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_out",
        "note": "Told us by phone."});
    sam.post("/consents", note).await.expect(201);
    let seen = sam.conversation(pending).await;
    assert_eq!(
        (&seen["status"], &seen["permitted_actions"]),
        (&json!("pending"), &json!(["close", "assign", "tag"]))
    );
    assert_eq!(seen["attention"]["code"], "opted_out");
    let problem = sam.post("/conversations", ad_hoc_to(STRANGER)).await.problem(NumberOptedOut);
    assert!(problem["detail"].as_str().unwrap().contains("Sam"), "{problem}");
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 1);
}

async fn the_template_of_an_ad_hoc_message_is_stored(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut new = ad_hoc_to(STRANGER);
    new["template_id"] = json!(THANKS);
    let started = started(&sam, new).await;
    assert_eq!(sam.messages(id_of(&started)).await[0]["template_id"], THANKS);
}
