//! The queue: a section per team, in the order of rule 8, page by page.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::ErrorCode::{InvalidCursor, InvalidQuery};

use crate::support::{
    Client, TestApp,
    database::sql_timestamp,
    fixtures::{
        ADMIN, ANN, BO, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, MARIA, STRANGER, SUPPORT_NUMBER,
        start, stranger,
    },
    on_both_databases,
};

on_both_databases![
    the_queue_has_a_section_for_each_of_the_callers_teams_by_name,
    conversations_that_need_the_agent_come_first_and_the_oldest_on_top,
    ties_are_broken_by_id,
    any_mix_of_conversations_has_the_order_of_rule_8,
    only_open_conversations_are_in_the_queue,
    the_counts_include_all_pages,
    each_conversation_is_on_exactly_one_page,
    changes_between_two_pages_hide_no_unchanged_conversation,
    the_queues_cursor_continues_the_teams_list,
    conversations_of_earlier_days_stay_in_the_queue,
    a_limit_out_of_range_is_refused,
    a_forged_cursor_is_refused,
];

const LATEST: DateTime<Utc> = DateTime::<Utc>::MAX_UTC;
const EARLIEST: DateTime<Utc> = DateTime::<Utc>::MIN_UTC;

async fn section(client: &Client, index: usize) -> Value {
    client.get("/queue").await.expect(200)["sections"][index].clone()
}

fn ids(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

/// Returns the pages of a team's open conversations with this limit.
async fn pages(client: &Client, limit: usize) -> Vec<Vec<i64>> {
    let path = format!("/conversations?team_id={COLLECTIONS}&status=open&limit={limit}");
    client.pages(&path).await.into_iter().map(|page| ids(&Value::Array(page))).collect()
}

/// Inserts conversations of Collections: `(status, next action, minutes since the start)`, with ids from 1 in order.
fn insert_conversations(app: &TestApp, rows: &[(&str, Option<&str>, i64)]) {
    let kind = app.database.kind;
    let values: Vec<String> = rows
        .iter()
        .enumerate()
        .map(|(n, (status, action, minutes))| {
            let since = sql_timestamp(kind, start() + TimeDelta::minutes(*minutes));
            let action = action.map_or("NULL".to_owned(), |action| format!("'{action}'"));
            let closed = match *status {
                "closed" => format!("{since}, 'Ann', 2"),
                _ => "NULL, NULL, NULL".to_owned(),
            };
            let number = stranger(n);
            format!(
                "({COLLECTIONS}, '{COLLECTIONS_NUMBER}', '{number}', '{status}', 'inbound', {action}, {since},
                  {since}, {closed})"
            )
        })
        .collect();
    let sql = format!(
        "INSERT INTO conversations (team_id, team_number, number, status, origin, next_action, waiting_since,
            opened_at, closed_at, closed_by, closure_reason_id) VALUES {}",
        values.join(", ")
    );
    app.database.run(&sql).unwrap();
}

async fn the_queue_has_a_section_for_each_of_the_callers_teams_by_name(app: TestApp) {
    let collections = app.inbound(STRANGER, "Hello").await;
    let support = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    for (person, expected) in [
        (ANN, vec![("Collections", collections)]),
        (BO, vec![("Collections", collections), ("Support", support)]),
        (CY, vec![("Claims", claims)]),
        (ADMIN, vec![("Claims", claims), ("Collections", collections), ("Support", support)]),
    ] {
        let queue = app.signed_in(person).await.get("/queue").await.expect(200);
        let sections = queue["sections"].as_array().unwrap();
        let seen: Vec<(&str, i64)> = sections
            .iter()
            .map(|section| {
                assert_eq!(
                    section["counts"],
                    json!({"agent": 1, "customer": 0, "unassigned": 1, "snoozed": 0})
                );
                assert_eq!(section["next_cursor"], Value::Null);
                let [id] = ids(&section["items"]).try_into().unwrap();
                (section["team"]["name"].as_str().unwrap(), id)
            })
            .collect();
        assert_eq!(seen, expected);
    }
}

async fn conversations_that_need_the_agent_come_first_and_the_oldest_on_top(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..4 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
        app.advance(TimeDelta::minutes(1));
    }
    let [one, two, three, four] = conversations.try_into().unwrap();
    // The second is answered before the first, so it has waited longer for its customer.
    ann.create_reply(two, "Yes?").await;
    app.advance(TimeDelta::minutes(1));
    ann.create_reply(one, "Yes?").await;
    assert_eq!(ids(&section(&ann, 0).await["items"]), [three, four, two, one]);

    // A second message keeps the place; a message after a reply does not.
    app.inbound(&stranger(2), "Are you there?").await;
    assert_eq!(ids(&section(&ann, 0).await["items"]), [three, four, two, one]);
    app.inbound(&stranger(1), "It is me again").await;
    assert_eq!(ids(&section(&ann, 0).await["items"]), [three, four, two, one]);
    app.advance(TimeDelta::minutes(1));
    app.inbound(&stranger(0), "It is me, too").await;
    assert_eq!(ids(&section(&ann, 0).await["items"]), [three, four, two, one]);
    ann.create_reply(three, "Yes?").await;
    assert_eq!(ids(&section(&ann, 0).await["items"]), [four, two, one, three]);
}

async fn ties_are_broken_by_id(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..6 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
    }
    assert_eq!(ids(&section(&ann, 0).await["items"]), conversations);
    for conversation in conversations.iter().rev() {
        ann.create_reply(*conversation, "Yes?").await;
    }
    assert_eq!(ids(&section(&ann, 0).await["items"]), conversations);
    assert_eq!(pages(&ann, 4).await.concat(), conversations);
}

/// A pseudo-random mix, the same each time, with few distinct times and so many ties.
fn pseudo_random_rows(seed: usize) -> Vec<(&'static str, Option<&'static str>, i64)> {
    let kinds = [
        ("open", Some("agent")),
        ("open", Some("customer")),
        ("pending", Some("customer")),
        ("closed", None),
    ];
    let mut state = seed.wrapping_mul(0x9E37_79B9).wrapping_add(12_345);
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    (0..60)
        .map(|_| {
            let (status, action) = kinds[next(kinds.len())];
            (status, action, i64::try_from(next(7)).unwrap())
        })
        .collect()
}

async fn any_mix_of_conversations_has_the_order_of_rule_8(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut rows = Vec::new();
    for seed in 0..5 {
        rows.extend(pseudo_random_rows(seed));
    }
    insert_conversations(&app, &rows);
    let mut expected: Vec<(&str, i64, i64)> = (1..)
        .zip(&rows)
        .filter(|(_, row)| row.0 == "open")
        .map(|(id, row)| (row.1.unwrap(), row.2, id))
        .collect();
    // 'agent' sorts before 'customer'.
    expected.sort_unstable();
    let expected: Vec<i64> = expected.into_iter().map(|(_, _, id)| id).collect();
    for limit in [1, 2, 7, 50, 199, 200] {
        let pages = pages(&ann, limit).await;
        assert_eq!(pages.concat(), expected, "in pages of {limit}");
        let full = pages.iter().rev().skip(1);
        assert!(full.clone().all(|page| page.len() == limit), "only the last page may be short");
        assert!(!pages.last().unwrap().is_empty());
    }
}

async fn only_open_conversations_are_in_the_queue(app: TestApp) {
    insert_conversations(
        &app,
        &[("pending", Some("customer"), 0), ("closed", None, 0), ("open", Some("agent"), 0)],
    );
    let ann = app.signed_in(ANN).await;
    let section = section(&ann, 0).await;
    assert_eq!(ids(&section["items"]), [3]);
    assert_eq!(section["counts"], json!({"agent": 1, "customer": 0, "unassigned": 1, "snoozed": 0}));
    let list = async |status: &str| {
        let path = format!("/conversations?team_id={COLLECTIONS}&status={status}");
        ids(&ann.get(&path).await.expect(200)["items"])
    };
    assert_eq!(list("pending").await, [1]);
    assert_eq!(list("closed").await, [2]);
    assert_eq!(list("open").await, [3]);
}

async fn the_counts_include_all_pages(app: TestApp) {
    let mut rows = vec![("open", Some("agent"), 0); 5];
    rows.extend([("open", Some("customer"), 0); 3]);
    rows.extend([("pending", Some("customer"), 0), ("closed", None, 0)]);
    insert_conversations(&app, &rows);
    let ann = app.signed_in(ANN).await;
    let queue = ann.get("/queue?limit=2").await.expect(200);
    let section = &queue["sections"][0];
    assert_eq!(section["counts"], json!({"agent": 5, "customer": 3, "unassigned": 8, "snoozed": 0}));
    assert_eq!(ids(&section["items"]), [1, 2]);
    assert!(section["next_cursor"].is_string());
}

async fn each_conversation_is_on_exactly_one_page(app: TestApp) {
    insert_conversations(&app, &vec![("open", Some("agent"), 0); 10]);
    let ann = app.signed_in(ANN).await;
    let lengths = async |limit| pages(&ann, limit).await.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(lengths(4).await, [4, 4, 2]);
    assert_eq!(lengths(5).await, [5, 5], "no empty page at the end");
    assert_eq!(lengths(10).await, [10]);
    assert_eq!(lengths(11).await, [10]);
}

async fn changes_between_two_pages_hide_no_unchanged_conversation(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..10 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
        app.advance(TimeDelta::minutes(1));
    }
    let path = format!("/conversations?team_id={COLLECTIONS}&status=open&limit=4");
    let first = ann.get(&path).await.expect(200);
    // After the first page: one of its conversations gets a reply, its last one is closed, a later one gets a reply and
    // so moves to the end, and a new one is added.
    ann.create_reply(conversations[0], "Yes?").await;
    assert_eq!(ann.close(conversations[3]).await.status, 201);
    ann.create_reply(conversations[6], "Yes?").await;
    app.inbound(STRANGER, "Hello").await;

    let mut seen = ids(&first["items"]);
    let mut cursor = first["next_cursor"].as_str().map(str::to_owned);
    while let Some(next) = cursor {
        let page = ann.get(&format!("{path}&cursor={next}")).await.expect(200);
        seen.extend(ids(&page["items"]));
        cursor = page["next_cursor"].as_str().map(str::to_owned);
    }
    let unmoved: Vec<i64> = [1, 2, 4, 5, 7, 8, 9].map(|n| conversations[n]).to_vec();
    for conversation in unmoved {
        assert_eq!(seen.iter().filter(|id| **id == conversation).count(), 1);
    }
    let distinct: BTreeSet<i64> = seen.iter().copied().collect();
    assert_eq!(
        distinct.len(),
        11,
        "the moved conversations appear too, and the closed one was on the first page"
    );
}

async fn the_queues_cursor_continues_the_teams_list(app: TestApp) {
    insert_conversations(&app, &[("open", Some("customer"), 0); 5]);
    let ann = app.signed_in(ANN).await;
    let queue = ann.get("/queue?limit=3").await.expect(200);
    let cursor = queue["sections"][0]["next_cursor"].as_str().unwrap();
    let path = format!("/conversations?team_id={COLLECTIONS}&status=open&cursor={cursor}");
    assert_eq!(ids(&ann.get(&path).await.expect(200)["items"]), [4, 5]);
}

async fn conversations_of_earlier_days_stay_in_the_queue(app: TestApp) {
    let conversation = app.inbound(MARIA, "Hello").await;
    app.advance(TimeDelta::days(400));
    let ann = app.signed_in(ANN).await;
    let section = section(&ann, 0).await;
    assert_eq!(ids(&section["items"]), [conversation]);
    let shown = &section["items"][0];
    assert_eq!(shown["waiting_since"], "2024-11-25T09:00:00Z");
    assert_eq!((&shown["ref"], &shown["name"]), (&json!("A-10021"), &json!("Maria Jones")));
}

async fn a_limit_out_of_range_is_refused(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let list = format!("/conversations?team_id={COLLECTIONS}&status=open&limit=");
    for path in ["/queue?limit=", &list] {
        for limit in ["0", "201", "-1", "9223372036854775807"] {
            let refused = ann.get(&format!("{path}{limit}")).await;
            assert_eq!(refused.fault(InvalidQuery), ("limit".into(), "out_of_range".into()));
        }
        for limit in ["abc", "", "1.5", "9223372036854775808", "%00"] {
            ann.get(&format!("{path}{limit}")).await.problem(InvalidQuery);
        }
        for limit in ["1", "200"] {
            ann.get(&format!("{path}{limit}")).await.expect(200);
        }
    }
}

async fn a_forged_cursor_is_refused(app: TestApp) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

    let ann = app.signed_in(ANN).await;
    insert_conversations(&app, &[("open", Some("agent"), 0); 2]);
    let queue = ann.get("/queue?limit=1").await.expect(200);
    let valid = queue["sections"][0]["next_cursor"].as_str().unwrap().to_owned();
    let encoded = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let forged = [
        "abc".to_owned(),
        String::new(),
        "%00".to_owned(),
        format!("{valid}x"),
        encoded(json!({})),
        encoded(json!([1, 2])),
        encoded(json!({"next_action": "nobody", "waiting_since": "2024-11-25T09:00:00Z", "id": 1})),
    ];
    for status in ["open", "closed", "pending"] {
        let path = format!("/conversations?team_id={COLLECTIONS}&status={status}&cursor=");
        for cursor in &forged {
            let refused = ann.get(&format!("{path}{cursor}")).await;
            assert_eq!(refused.fault(InvalidCursor), ("cursor".into(), "invalid".into()));
        }
    }
    // Well-formed, but with a time outside the range of the databases.
    for (status, cursor) in [
        ("open", json!({"next_action": "agent", "waiting_since": LATEST, "id": 1})),
        ("open", json!({"next_action": "agent", "waiting_since": EARLIEST, "id": 1})),
        ("closed", json!({"at": LATEST, "id": 1})),
        ("pending", json!({"at": EARLIEST, "id": i64::MIN})),
    ] {
        let path = format!("/conversations?team_id={COLLECTIONS}&status={status}&cursor={}", encoded(cursor));
        ann.get(&path).await.problem(InvalidCursor);
    }
    // A cursor of another list is refused too.
    let path = format!("/conversations?team_id={COLLECTIONS}&status=closed&cursor={valid}");
    ann.get(&path).await.problem(InvalidCursor);
}
