//! Earlier daily files: the list, restoring one, and the number that is kept.

use serde_json::{Value, json};
use shared::ErrorCode;

use crate::support::{
    TestApp,
    daily_files::customers,
    eventually,
    fixtures::{COLLECTIONS, FORMER, MARIA, SAM},
    on_both_databases,
};

on_both_databases![
    an_earlier_file_can_be_restored,
    files_are_listed_page_by_page,
    thirty_files_and_the_current_one_are_kept,
];

async fn an_earlier_file_can_be_restored(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(FORMER, "Hello").await;
    let maria = app.inbound(MARIA, "Hello").await;
    let name_of = async |id: i64| sam.conversation(id).await["name"].clone();
    assert_eq!((name_of(conversation).await, name_of(maria).await), (Value::Null, json!("Maria Jones")));
    let restored = sam.restore(1).await.expect(201);
    let expected = json!({"id": 1, "file_date": "2024-11-24", "rows": 1, "accepted": 1, "rejected": [],
        "rejected_rows": 0, "added": 1, "changed": 0, "dropped": 3, "unchanged": 0, "columns": ["Balance"]});
    for (field, value) in expected.as_object().unwrap() {
        assert_eq!(&restored[field], value, "{field}");
    }
    assert_eq!(sam.current_file().await, 1);
    assert_eq!(name_of(conversation).await, "Fred Former");
    assert_eq!(name_of(maria).await, "Maria Jones", "the conversation keeps the last known name");
    let again = sam.restore(1).await.expect(201);
    assert_eq!((&again["added"], &again["dropped"]), (&json!(0), &json!(0)), "it is already current");
    let restored_again = sam.restore(2).await.expect(201);
    assert_eq!((&restored_again["added"], &restored_again["dropped"]), (&json!(3), &json!(1)));
    sam.restore(99).await.problem(ErrorCode::NotFound);
}

async fn files_are_listed_page_by_page(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for count in [1, 2, 3] {
        sam.import(customers(count)).await.expect(201);
    }
    let path = format!("/teams/{COLLECTIONS}/daily_files?limit=2");
    let (mut accepted, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = sam.get(&format!("{path}{cursor}")).await.expect(200);
        accepted
            .extend(page["items"].as_array().unwrap().iter().map(|file| file["accepted"].as_i64().unwrap()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    // The first two are the files of the fixture data.
    assert_eq!(accepted, [3, 2, 1, 3, 1]);
    sam.get(&format!("{path}&cursor=x")).await.problem(ErrorCode::InvalidCursor);
    sam.get(&format!("/teams/{COLLECTIONS}/daily_files?limit=0")).await.problem(ErrorCode::InvalidQuery);
}

async fn thirty_files_and_the_current_one_are_kept(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    sam.restore(1).await.expect(201);
    let insert = |id: i64| {
        let no = "(SELECT is_current FROM daily_files WHERE id = 2)";
        format!(
            "INSERT INTO daily_files (team_id, file_date, key_data_columns, is_current, created_at)
             SELECT {COLLECTIONS}, file_date, '[]', {no}, created_at FROM daily_files WHERE id = 2;
             INSERT INTO customers (daily_file_id, number, line, ref, name, key_data)
             VALUES ({id}, '{MARIA}', 2, 'A', 'B', '[]');"
        )
    };
    for id in 3..=40 {
        app.database.run(&insert(id)).unwrap();
    }
    let newest = sam.import(customers(2)).await.expect(201)["id"].as_i64().unwrap();
    let files = sam.daily_files().await;
    let ids: Vec<i64> = files.iter().map(|file| file["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (newest - 29..=newest).rev().collect::<Vec<_>>());
    let outdated = format!("id <= {}", newest - 30);
    eventually("the old files are deleted", async || {
        (app.database.count("daily_files", &outdated) == 0).then_some(())
    })
    .await;
    assert_eq!(app.database.count("customers", &format!("daily_file_{outdated}")), 0);
    sam.restore(1).await.problem(ErrorCode::NotFound);
    // The oldest remaining file becomes current, and so is kept although it would be next to be deleted.
    let oldest = newest - 29;
    sam.restore(oldest).await.expect(201);
    assert_eq!(sam.current_file().await, oldest);
    sam.restore(newest).await.expect(201);
    assert_eq!(sam.daily_files().await.len(), 30);
}
