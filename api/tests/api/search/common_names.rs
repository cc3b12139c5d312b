//! Searching for a name that thousands of conversations have: complete and newest first.

use chrono::TimeDelta;
use serde_json::Value;

use crate::{
    search::terms::{conversation_named, found},
    support::{
        Kind, TestApp,
        fixtures::{COLLECTIONS, SAM},
        on_both_databases, statements,
    },
};

on_both_databases![
    a_common_name_is_found_newest_first_at_any_age,
    a_common_name_is_found_first_where_the_customer_has_just_written,
    short_words_narrow_a_common_name,
    the_texts_are_sampled_once_in_ten_minutes,
];

pub(crate) fn ids(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|conversation| conversation["id"].as_i64().unwrap()).collect()
}

/// Returns the id of the closed conversation at a place, the newest first.
pub(crate) const fn closed_id(place: i64) -> i64 {
    1_000_000 - place
}

/// Inserts closed conversations of Collections at the places after `from`: at least an hour old, each a second older
/// than the one before, with numbers from +447910000001 + `from`. Their search texts are those of an earlier version,
/// which only lower-cased them.
pub(crate) fn insert_closed(app: &TestApp, from: i64, count: i64, name: &str) {
    insert_closed_before(app, closed_id(from), from, count, name);
}

/// Inserts the same, with the ids before `id`.
pub(crate) fn insert_closed_before(app: &TestApp, id: i64, from: i64, count: i64, name: &str) {
    let at = app.clock.now() - TimeDelta::hours(1);
    let (numbers, at) = match app.database.kind {
        Kind::Sqlite => (
            format!(
                "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {count}) SELECT n FROM s) AS s"
            ),
            format!("{} - ({from} + n) * 1000000", at.timestamp_micros()),
        ),
        Kind::Postgres => (
            format!("generate_series(1, {count}) AS s(n)"),
            format!("to_timestamp({} - ({from} + n))", at.timestamp()),
        ),
    };
    app.database
        .run(&format!(
            "INSERT INTO conversations (id, team_id, team_number, number, name, status, origin, waiting_since,
                 opened_at, closed_at, closed_by, closure_reason_id, closure_reason, active_at)
             SELECT {id} - n, {COLLECTIONS}, '+447700900001', '+4479' || (10000000 + {from} + n), '{name}',
                 'closed', 'inbound', {at}, {at}, {at}, 'Sam', 1, 'Done', {at} FROM {numbers};
             INSERT INTO conversation_texts (conversation_id, text)
             SELECT id, number || '\n' || lower(name) FROM conversations WHERE id >= {id} - {count} AND id < {id}"
        ))
        .unwrap();
}

async fn a_common_name_is_found_newest_first_at_any_age(app: TestApp) {
    insert_closed(&app, 0, 6_000, "Ann Smith");
    let sam = app.signed_in(SAM).await;
    let first = sam.get("/search?q=smith").await.expect(200);
    assert_eq!(ids(&first), (1..=50).map(closed_id).collect::<Vec<_>>(), "the matches are recent");
    // Behind more conversations and ids than the search reads one by one.
    insert_closed(&app, 6_000, 2_500, "Jo Bloggs");
    insert_closed_before(&app, 500_000, 8_500, 6_000, "Al Miller");
    let mut page = sam.get("/search?q=miller&limit=200").await.expect(200);
    let mut found = ids(&page);
    while found.len() < 2_400 {
        let cursor = page["next_cursor"].as_str().unwrap();
        page = sam.get(&format!("/search?q=miller&limit=200&cursor={cursor}")).await.expect(200);
        found.extend(ids(&page));
    }
    let newest: Vec<i64> = (1..=2_400).map(|place| 500_000 - place).collect();
    assert_eq!(found, newest, "the matches are older than the scanned part");
}

async fn a_common_name_is_found_first_where_the_customer_has_just_written(app: TestApp) {
    // Its id is lower than all others, and its activity is newer.
    let smith = conversation_named(&app, 1, "Ann Smith").await;
    insert_closed(&app, 0, 6_000, "Ann Smith");
    let sam = app.signed_in(SAM).await;
    let page = sam.get("/search?q=smith&limit=3").await.expect(200);
    assert_eq!(ids(&page), [smith, closed_id(1), closed_id(2)]);
}

async fn short_words_narrow_a_common_name(app: TestApp) {
    let jo = conversation_named(&app, 1, "Jo Smith").await;
    let li = conversation_named(&app, 2, "Li Smithson").await;
    let sam = app.signed_in(SAM).await;
    // Once with few conversations of this name, once with so many that they are not all sorted.
    for (from, count) in [(0, 10), (10, 6_000)] {
        insert_closed(&app, from, count, "Ann Smith");
        for (typed, expected) in [
            ("smith j", jo),
            ("j smith", jo),
            ("jo smith", jo),
            ("smith li", li),
            ("smith 2 l", li),
            ("7700901001 s", jo),
        ] {
            assert_eq!(found(&sam, typed).await, [expected], "{typed} of {count}");
        }
        assert_eq!(found(&sam, "smith q").await, [0_i64; 0], "of {count}");
    }
}

async fn the_texts_are_sampled_once_in_ten_minutes(app: TestApp) {
    insert_closed(&app, 0, 6_000, "Ann Smith");
    let sam = app.signed_in(SAM).await;
    let samples = async || {
        statements::start_recording(&app.database.url);
        for term in ["smith", "ann", "7910"] {
            sam.get(&format!("/search?q={term}")).await.expect(200);
        }
        let sent = statements::recorded_counts(&app.database.url);
        let samples = sent.iter().filter(|(statement, _)| statement.contains("FROM sampled"));
        samples.map(|(_, count)| count).sum::<usize>()
    };
    assert_eq!(samples().await, 1);
    assert_eq!(samples().await, 0);
    app.clock.advance(TimeDelta::minutes(10));
    assert_eq!(samples().await, 1);
}
