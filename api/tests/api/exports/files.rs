//! The files in CSV and NDJSON, which have the rows of the list on the screen.

use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    fixtures::{COLLECTIONS, COLLECTIONS_NUMBER, MARIA, SAM, STRANGER, stranger},
    on_both_databases,
};

on_both_databases![
    list_csv_and_ndjson_have_the_same_messages,
    list_csv_and_ndjson_have_the_same_conversations,
    a_file_has_all_rows_however_many_there_are,
    values_that_a_spreadsheet_would_run_are_escaped,
    a_file_is_compressed_for_a_client_that_accepts_it,
    a_file_of_an_empty_period_has_a_header_only,
];

/// Returns the rows of a CSV file by the names of their columns.
fn csv_rows(text: &str) -> Vec<Value> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| {
            header
                .iter()
                .zip(row.unwrap().iter())
                .map(|(name, cell)| (name.to_owned(), json!(cell)))
                .collect()
        })
        .collect()
}

async fn file(client: &Client, path: &str, format: &str) -> String {
    let answer = client.get(&format!("{path}&format={format}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let (content_type, extension) = match format {
        "csv" => ("text/csv; charset=utf-8", "csv"),
        _ => ("application/x-ndjson", "ndjson"),
    };
    assert_eq!(answer.header("content-type"), Some(content_type));
    let disposition = answer.header("content-disposition").unwrap();
    assert!(
        disposition.starts_with("attachment") && disposition.contains(&format!(".{extension}")),
        "{disposition}"
    );
    answer.body
}

/// Asserts that the list and both files have the same rows, and returns those of the list and of the CSV file.
async fn same_rows(client: &Client, path: &str) -> (Vec<Value>, Vec<Value>) {
    let listed = client.pages(&format!("{path}&limit=2")).await.concat();
    let lines = file(client, path, "ndjson").await;
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines, listed);
    let rows = csv_rows(&file(client, path, "csv").await);
    let ids =
        |rows: &[Value]| rows.iter().map(|row| row["id"].to_string().replace('"', "")).collect::<Vec<_>>();
    assert_eq!(ids(&rows), ids(&listed));
    (listed, rows)
}

const MESSAGES: &str = "/exports/messages?from=2024-11-25T00:00:00Z";
const CONVERSATIONS: &str = "/exports/conversations?from=2024-11-25T00:00:00Z";

async fn list_csv_and_ndjson_have_the_same_messages(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(MARIA, "Hello, \"Collections\"\nI need help").await;
    let reply = sam.create_reply(conversation, "Of course, Maria").await;
    sam.post(&format!("/conversations/{conversation}/notes"), json!({"body": "Called twice"}))
        .await
        .expect(201);
    app.inbound(STRANGER, "Who is this?").await;
    app.message_becomes(&sam, reply, "delivered").await;
    app.advance(chrono::TimeDelta::seconds(1));
    let (listed, rows) = same_rows(&sam, MESSAGES).await;
    assert_eq!(listed.len(), 4);
    let sent = &listed[1];
    let stored = &sam.messages(conversation).await[1];
    for field in [
        "id",
        "conversation_id",
        "direction",
        "sender",
        "body",
        "segments",
        "status",
        "created_at",
        "sent_at",
    ] {
        assert_eq!(sent[field], stored[field], "{field}");
    }
    for (field, value) in [
        ("team_number", json!(COLLECTIONS_NUMBER)),
        ("number", json!(MARIA)),
        ("ref", json!("A-10021")),
        ("name", json!("Maria Jones")),
        ("team_id", json!(COLLECTIONS)),
    ] {
        assert_eq!(sent[field], value, "{field}");
    }
    for (field, value) in [
        ("number", MARIA),
        ("ref", "A-10021"),
        ("direction", "outbound"),
        ("sender_kind", "account"),
        ("sender_name", "Sam"),
        ("body", "Of course, Maria"),
        ("status", "delivered"),
        ("created_at", "2024-11-25T09:00:00Z"),
        ("error_code", ""),
    ] {
        assert_eq!(rows[1][field], value, "{field}");
    }
    assert_eq!(rows[0]["body"], "Hello, \"Collections\"\nI need help");
    assert_eq!(rows[2]["direction"], "note");
}

async fn list_csv_and_ndjson_have_the_same_conversations(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let open = app.inbound(MARIA, "Hello").await;
    let closed = app.inbound(STRANGER, "Hello").await;
    assert_eq!(sam.close(closed).await.status, 201);
    let pending = sam
        .post("/conversations", json!({"team_id": COLLECTIONS, "number": stranger(1), "body": "Hello"}))
        .await
        .expect(201);
    app.advance(chrono::TimeDelta::seconds(1));
    let (listed, rows) = same_rows(&sam, CONVERSATIONS).await;
    assert_eq!(listed.len(), 3);
    assert_eq!(listed[2], pending);
    let of_list = sam.get(&format!("/conversations?team_id={COLLECTIONS}&status=open")).await.items();
    assert_eq!((&listed[0], &listed[0]["id"]), (&of_list[0], &json!(open)));
    assert_eq!((&rows[1]["status"], &rows[1]["closed_by"]), (&json!("closed"), &json!("Sam")));
    assert_eq!((&rows[0]["name"], &rows[0]["next_action"]), (&json!("Maria Jones"), &json!("agent")));
}

async fn a_file_has_all_rows_however_many_there_are(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    // All were written at the same time, so that the order is by id, across the slices that are read.
    app.database
        .run(&format!(
            "INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at)
             SELECT {conversation}, 'inbound', 'customer', 'Text', 1, 'gsm7', 'received', m.created_at
             FROM messages m, accounts a, accounts b, accounts c, teams d, teams e WHERE m.id = 1"
        ))
        .unwrap();
    app.advance(chrono::TimeDelta::seconds(1));
    let count = app.database.count("messages", "1 = 1");
    assert_eq!(count, 7 * 7 * 7 * 9 + 1);
    let rows = csv_rows(&file(&sam, MESSAGES, "csv").await);
    let ids: Vec<i64> = rows.iter().map(|row| row["id"].as_str().unwrap().parse().unwrap()).collect();
    assert_eq!(ids, (1..=count).collect::<Vec<_>>());
    let lines = file(&sam, MESSAGES, "ndjson").await;
    assert_eq!(i64::try_from(lines.lines().count()), Ok(count));
}

async fn values_that_a_spreadsheet_would_run_are_escaped(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(STRANGER, "=HYPERLINK(\"http://example.com\")").await;
    app.advance(chrono::TimeDelta::seconds(1));
    let rows = csv_rows(&file(&sam, MESSAGES, "csv").await);
    assert_eq!(rows[0]["body"], "'=HYPERLINK(\"http://example.com\")");
    assert_eq!(rows[0]["number"], STRANGER);
    let line: Value = serde_json::from_str(&file(&sam, MESSAGES, "ndjson").await).unwrap();
    assert_eq!(line["body"], "=HYPERLINK(\"http://example.com\")");
}

async fn a_file_is_compressed_for_a_client_that_accepts_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(STRANGER, "Hello").await;
    let request = sam.request(reqwest::Method::GET, &format!("{MESSAGES}&format=csv"));
    let answer = request.header("Accept-Encoding", "gzip").send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip");
}

async fn a_file_of_an_empty_period_has_a_header_only(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    app.inbound(STRANGER, "Hello").await;
    let path = "/exports/messages?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z";
    let csv = file(&sam, path, "csv").await;
    assert!(csv.starts_with("id,conversation_id,team_id,") && csv.lines().count() == 1, "{csv}");
    assert_eq!(file(&sam, path, "ndjson").await, "");
    assert!(sam.get(path).await.items().is_empty());
}
