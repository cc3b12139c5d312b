//! Query plans: with thousands of rows, every hot statement that the server sends uses an index, and the queue is read
//! from its index in order.

use std::collections::BTreeSet;

use api::db::{Db, DbConnection, DbError};
use chrono::TimeDelta;
use diesel::{QueryableByName, RunQueryDsl, connection::SimpleConnection, sql_query, sql_types::Text};
use serde_json::json;

use crate::support::{
    Kind, TestApp,
    database::{TestDatabase, sql_timestamp},
    fixtures::{ANN, COLLECTIONS, COLLECTIONS_NUMBER, SAM, STRANGER, start, stranger},
    on_both_databases, run, statements,
};

on_both_databases![
    no_hot_statement_reads_a_whole_table,
    each_way_to_search_uses_its_index,
    the_queue_is_read_from_its_index_in_order,
    threads_and_closed_conversations_are_read_from_their_indexes_in_order,
    a_page_of_the_history_is_read_from_its_indexes_in_order,
];

/// Tables that become large.
const LARGE: [&str; 7] =
    ["conversations", "conversation_texts", "messages", "customers", "events", "refresh_tokens", "consents"];

/// Inserts 6,000 conversations of Collections, most of them open, and 12,000 messages. Their ids are far apart, so that
/// searches take them for many more.
fn fill(database: &TestDatabase) {
    let now = sql_timestamp(database.kind, start());
    let later = sql_timestamp(database.kind, start() + TimeDelta::days(1));
    let (numbers, now) = match database.kind {
        Kind::Sqlite => {
            ("WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 6000)", now)
        }
        Kind::Postgres => ("WITH n(n) AS (SELECT generate_series(1, 6000))", format!("TIMESTAMPTZ {now}")),
    };
    let sql = format!(
        "INSERT INTO conversations (id, team_id, team_number, number, status, origin, next_action, waiting_since,
            opened_at, closed_at, closed_by, closure_reason_id)
         {numbers} SELECT 50 * n, {COLLECTIONS}, '{COLLECTIONS_NUMBER}', '+4478' || (10000000 + n),
            CASE WHEN n % 5 = 0 THEN 'closed' WHEN n % 5 = 1 THEN 'pending' ELSE 'open' END, 'inbound',
            CASE WHEN n % 5 = 0 THEN NULL WHEN n % 2 = 0 THEN 'agent' ELSE 'customer' END, {now}, {now},
            CASE WHEN n % 5 = 0 THEN {now} END, CASE WHEN n % 5 = 0 THEN 'Ann' END, CASE WHEN n % 5 = 0 THEN 2 END
         FROM n;
         INSERT INTO conversation_texts (conversation_id, text)
         SELECT id, number || ' customer ' || id FROM conversations
         WHERE id NOT IN (SELECT conversation_id FROM conversation_texts);
         UPDATE conversations SET active_at = waiting_since WHERE status <> 'closed';
         UPDATE conversations SET snoozed_until = {later} WHERE status = 'open' AND id % 450 = 0;
         INSERT INTO messages (conversation_id, direction, sender_kind, body, segments, encoding, status, created_at,
            gateway_id)
         SELECT c.id, 'inbound', 'customer', 'Hello', 1, 'gsm7', 'received', {now}, 'SX' || c.id || '-' || k.n
         FROM conversations c, (SELECT 1 AS n UNION ALL SELECT 2) k WHERE c.status <> 'closed';
         INSERT INTO events (kind, team_id, conversation_id, at)
         {numbers} SELECT 'message_received', {COLLECTIONS}, n, {now} FROM n;
         INSERT INTO consents (team_number, number, state, source, by_kind, created_at)
         {numbers} SELECT '{COLLECTIONS_NUMBER}', '+4478' || (10000000 + n), 'opted_out', 'keyword', 'customer', {now}
         FROM n;
         INSERT INTO customers (daily_file_id, number, line, ref, name, key_data)
         {numbers} SELECT 2, '+4478' || (10000000 + n), 100 + n, 'B-' || n, 'Customer ' || n, '[]' FROM n"
    );
    database.run(&sql).unwrap();
    // SQLite plans without statistics, PostgreSQL analyses its tables from time to time.
    if database.kind == Kind::Postgres {
        database.run("ANALYZE").unwrap();
    }
}

/// Fills the database, sends the usual requests of agents and the gateway, and returns the recorded statements.
async fn typical_statements(app: &TestApp) -> BTreeSet<String> {
    fill(&app.database);
    statements::start_recording(&app.database.url);
    // A server with new connections, which are all recorded.
    let server = app.replica(|_| {});
    let ann = server.signed_in(ANN).await;
    let conversation = app.inbound_at(&server.anonymous, STRANGER, "Hello").await;
    ann.get("/me").await.expect(200);
    let queue = ann.get("/queue?limit=5").await.expect(200);
    let next = queue["sections"][0]["next_cursor"].as_str().unwrap();
    for status in ["open", "snoozed", "closed", "pending"] {
        let path = format!("/conversations?team_id={COLLECTIONS}&status={status}&limit=5");
        let page = ann.get(&path).await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        ann.get(&format!("{path}&cursor={cursor}")).await.expect(200);
    }
    ann.get(&format!("/conversations?team_id={COLLECTIONS}&status=open&cursor={next}")).await.expect(200);
    for filter in ["none", "me"] {
        ann.get(&format!("/queue?assigned={filter}&limit=5")).await.expect(200);
    }
    ann.post("/queue/next", json!({})).await.expect(200);
    for rest in ["", "/messages", "/messages?before=99999", "/templates", "/key_data"] {
        ann.get(&format!("/conversations/{conversation}{rest}")).await.expect(200);
    }
    let messages = format!("/conversations/{conversation}/messages");
    let seen = ann.messages(conversation).await[0]["id"].clone();
    for query in [String::new(), format!("?before={seen}")] {
        ann.get(&format!("/conversations/{conversation}/history{query}")).await.expect(200);
    }
    let body = json!({"body": "Hi", "template_id": 1, "last_seen_message_id": seen});
    let reply =
        ann.request(reqwest::Method::POST, &messages).header("Idempotency-Key", "k1").json(&body).send();
    let reply: serde_json::Value = reply.await.unwrap().json().await.unwrap();
    app.message_becomes(&ann, reply["id"].as_i64().unwrap(), "delivered").await;
    assert_eq!(ann.close(conversation).await.status, 201);
    let sam = server.signed_in(SAM).await;
    sam.get(&format!("/numbers?team_id={COLLECTIONS}&input=07700900456")).await.expect(200);
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": stranger(1), "body": "Hello"});
    sam.post("/conversations", ad_hoc).await.expect(201);
    // A complete number, a complete reference, few matches, many matches, a term that is too short for the text index,
    // and two parts of which each trigram is frequent; each with other parameters.
    for term in ["07810 000100", "B-5", "901001", "customer", "78", "customer zz", "447810"] {
        for more in ["", "&status=open", "&limit=1", "&team_id=2"] {
            let path = format!("/search?q={term}{more}");
            let page = sam.get(&path).await.expect(200);
            if let Some(cursor) = page["next_cursor"].as_str() {
                sam.get(&format!("{path}&cursor={cursor}")).await.expect(200);
            }
        }
    }
    sam.get(&format!("/consents?number={}", stranger(1).replace('+', "%2B"))).await.expect(200);
    server.anonymous.get("//health/ready").await.expect(200);
    app.inbound_at(&server.anonymous, STRANGER, "Hello again").await;
    statements::recorded(&app.database.url)
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "detail")]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresLine {
    #[diesel(sql_type = Text)]
    #[diesel(column_name = "QUERY PLAN")]
    line: String,
}

/// Returns the plan of a prepared statement with unknown parameters.
fn plan(database: &TestDatabase, statement: &str) -> Vec<String> {
    match database.kind {
        Kind::Sqlite => {
            let lines: Vec<Line> = sql_query(format!("EXPLAIN QUERY PLAN {statement}"))
                .get_results(&mut database.sqlite())
                .unwrap();
            lines.into_iter().map(|line| line.detail).collect()
        }
        Kind::Postgres => {
            let mut conn = database.postgres();
            let values = (1..).take_while(|n| statement.contains(&format!("${n}"))).count();
            let nulls = vec!["NULL"; values].join(", ");
            let arguments = if values == 0 { String::new() } else { format!("({nulls})") };
            // Diesel sends the types of parameters. Without them, PREPARE takes those of the history's CASE for texts.
            let statement = statement.replace("THEN ($6)", "THEN ($6::timestamptz)");
            conn.batch_execute(&format!(
                "SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan; PREPARE hot AS {statement}"
            ))
            .unwrap_or_else(|error| panic!("{statement}: {error}"));
            let lines: Vec<PostgresLine> =
                sql_query(format!("EXPLAIN EXECUTE hot{arguments}")).get_results(&mut conn).unwrap();
            lines.into_iter().map(|line| line.line).collect()
        }
    }
}

/// Whether a line of a plan reads a large table completely.
fn is_full_scan(kind: Kind, line: &str) -> bool {
    LARGE.iter().any(|table| match kind {
        Kind::Sqlite => line == format!("SCAN {table}") || line.starts_with(&format!("SCAN {table} ")),
        Kind::Postgres => line.contains(&format!("Seq Scan on {table} ")),
    })
}

fn is_explained(statement: &str) -> bool {
    // For an INSERT, SQLite reports scans for deferred foreign keys, which the schema does not have.
    let is_insert = statement.contains("INSERT");
    ["SELECT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| statement.starts_with(verb))
        && !is_insert
        && !statement.contains("pg_advisory")
        && !statement.contains("set_config")
}

async fn no_hot_statement_reads_a_whole_table(app: TestApp) {
    let statements = typical_statements(&app).await;
    let explained: Vec<_> = statements.iter().filter(|statement| is_explained(statement)).collect();
    assert!(explained.len() > 25, "too few statements were recorded: {explained:#?}");
    for statement in explained {
        let plan = plan(&app.database, statement);
        let full_scan = plan.iter().find(|line| is_full_scan(app.database.kind, line));
        assert_eq!(full_scan, None, "{statement}\n{plan:#?}");
    }
}

/// Returns the statements that read a table in an order, except those about two numbers or a list of ids, which match
/// few rows.
fn ordered<'a>(statements: &'a BTreeSet<String>, table: &str, by: &str) -> Vec<&'a String> {
    let plain = |statement: &str| statement.replace(['`', '"'], "");
    let found: Vec<_> = statements
        .iter()
        .filter(|statement| {
            let statement = plain(statement);
            statement.contains(&format!("FROM {table} "))
                && statement.contains(&format!("ORDER BY {table}.{by}"))
                && !statement.contains("team_number =")
                && !statement.contains("team_number IN")
                && !statement.contains("conversations.id IN")
                && !statement.contains("conversations.id = ANY")
        })
        .collect();
    assert!(!found.is_empty(), "no statement orders by {by} in {statements:#?}");
    found
}

fn assert_sorted_by_index(app: &TestApp, statement: &str, index: &str) {
    let plan = plan(&app.database, statement);
    let text = plan.join("\n");
    assert!(text.contains(index), "{statement}\n{text}");
    let sorts = ["TEMP B-TREE", "Sort"];
    assert!(!sorts.iter().any(|word| text.contains(word)), "{statement}\n{text}");
    assert!(!plan.iter().any(|line| is_full_scan(app.database.kind, line)), "{statement}\n{text}");
}

async fn each_way_to_search_uses_its_index(app: TestApp) {
    let statements = typical_statements(&app).await;
    let ways = match app.database.kind {
        Kind::Sqlite => [
            ("conversations`.`number` IN", "conversations_number"),
            ("char(10)) - 1) = $1", "conversation_texts_reference"),
            ("number >= $", "conversations_number"),
            ("MATCH $1", "VIRTUAL TABLE"),
            (") AS newest ", "conversations_activity"),
        ],
        Kind::Postgres => [
            ("\"conversations\".\"number\" = ANY", "conversations_number"),
            ("split_part(text, chr(10), 2) = $1", "conversation_texts_reference"),
            ("number ~>=~ $", "conversations_number"),
            ("text LIKE $1", "conversation_texts_trigrams"),
            (") AS newest ", "conversations_activity"),
        ],
    };
    for (part, index) in ways {
        let found: Vec<_> = statements.iter().filter(|statement| statement.contains(part)).collect();
        assert!(!found.is_empty(), "{part}: {statements:#?}");
        for statement in found {
            let text = plan(&app.database, statement).join("\n");
            assert!(text.contains(index), "{statement}\n{text}");
        }
    }
}

/// A plan that was made for few rows stays in use when the tables have grown.
#[test]
fn a_new_desk_on_postgresql_reads_its_growing_tables_by_their_indexes() {
    run(Kind::Postgres, async |app: TestApp| {
        app.inbound(STRANGER, "Hello").await;
        app.database.run("ANALYZE").unwrap();
        let db = Db::open(&app.database.url.parse().unwrap(), 1).unwrap();
        for statement in [
            "SELECT * FROM events WHERE id > 1",
            "SELECT * FROM outbox WHERE due_at <= now() ORDER BY due_at",
        ] {
            let lines: Vec<PostgresLine> = db
                .read(move |conn| {
                    let DbConnection::Postgres(conn) = conn else {
                        unreachable!("the test is for PostgreSQL")
                    };
                    Ok::<_, DbError>(sql_query(format!("EXPLAIN {statement}")).get_results(conn)?)
                })
                .await
                .unwrap();
            let plan: Vec<String> = lines.into_iter().map(|line| line.line).collect();
            assert!(plan.iter().any(|line| line.contains("Index Scan")), "{plan:#?}");
        }
    });
}

async fn the_queue_is_read_from_its_index_in_order(app: TestApp) {
    let statements = typical_statements(&app).await;
    for statement in ordered(&statements, "conversations", "waiting_since") {
        assert_sorted_by_index(&app, statement, "conversations_queue");
    }
    let counted = statements.iter().map(|statement| statement.replace(['`', '"'], ""));
    let counted: Vec<_> =
        counted.filter(|statement| statement.contains("COUNT(*) FROM conversations")).collect();
    assert!(counted.is_empty(), "the counts are kept: {counted:#?}");
}

async fn threads_and_closed_conversations_are_read_from_their_indexes_in_order(app: TestApp) {
    let statements = typical_statements(&app).await;
    for (table, by, index) in [
        ("conversations", "closed_at", "conversations_"),
        ("conversations", "opened_at", "conversations_pending"),
        ("conversations", "snoozed_until", "conversations_snoozed"),
        ("messages", "created_at DESC", "messages_by_conversation"),
    ] {
        for statement in ordered(&statements, table, by) {
            assert_sorted_by_index(&app, statement, index);
        }
    }
}

async fn a_page_of_the_history_is_read_from_its_indexes_in_order(app: TestApp) {
    let statements = typical_statements(&app).await;
    let plain = |statement: &&String| statement.replace(['`', '"'], "");
    let pages: Vec<_> = statements
        .iter()
        .filter(|statement| {
            plain(statement).contains("ORDER BY conversations.id DESC, messages.created_at DESC")
        })
        .collect();
    assert_eq!(pages.len(), 1, "{statements:#?}");
    let text = plan(&app.database, pages[0]).join("\n");
    let index = match app.database.kind {
        Kind::Sqlite => "conversations_number (number=? AND rowid<?)",
        Kind::Postgres => "Index Scan Backward using conversations_history",
    };
    assert!(text.contains(index) && text.contains("messages_by_conversation"), "{text}");
    // PostgreSQL sorts only the messages of one conversation at a time.
    assert!(
        !text.contains("TEMP B-TREE") && !text.replace("Incremental Sort", "").contains("Sort  ("),
        "{text}"
    );
}
