//! The database itself: its migrations and the way back, what it enforces, and that nobody ever waits for a lock in
//! vain.

use std::collections::BTreeSet;

use api::db::{Db, DbError, Migrations};
use serde_json::json;

use crate::support::{
    Kind, TestApp,
    database::TestDatabase,
    fixtures::{ANN, COLLECTIONS, COLLECTIONS_NUMBER, PASSWORD, STRANGER, stranger},
    on_both_databases, run,
};

on_both_databases![
    reads_and_writes_at_once_all_succeed,
    the_rules_of_the_schema_are_enforced,
    what_a_failed_write_began_is_taken_back,
];

fn migrations_go_up_and_down_and_up_again(kind: Kind) {
    let database = TestDatabase::empty(kind);
    let mut migrations = Migrations::on(&database.parsed_url()).unwrap();
    let count = crate::support::database::scripts(kind).len() / 2;
    assert_eq!(migrations.run().unwrap(), count);
    let tables = tables(&database);
    assert_eq!(migrations.run().unwrap(), 0, "what has run does not run again");
    assert_eq!(migrations.revert_all().unwrap(), count);
    let left = self::tables(&database);
    assert!(left.iter().all(|table| table.starts_with("__diesel")), "{left:?}");
    assert_eq!(functions(&database), 0);
    assert_eq!(migrations.run().unwrap(), count);
    assert_eq!(self::tables(&database), tables);
}

#[test]
fn migrations_go_up_and_down_and_up_again_on_sqlite() {
    migrations_go_up_and_down_and_up_again(Kind::Sqlite);
}

#[test]
fn migrations_go_up_and_down_and_up_again_on_postgres() {
    migrations_go_up_and_down_and_up_again(Kind::Postgres);
}

fn tables(database: &TestDatabase) -> Vec<String> {
    database.words(match database.kind {
        Kind::Sqlite => {
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Kind::Postgres => "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    })
}

/// Functions that the migrations have made; SQLite has none.
fn functions(database: &TestDatabase) -> i64 {
    match database.kind {
        Kind::Sqlite => 0,
        Kind::Postgres => database.number("SELECT count(*) FROM pg_proc WHERE proname LIKE 'refuse%'"),
    }
}

/// Every column, and every index with its columns: `table.column`, `index: columns`. The text index is not the same thing
/// on both, and has tests of its own.
fn shape(database: &TestDatabase) -> BTreeSet<String> {
    let columns = match database.kind {
        Kind::Sqlite => {
            "SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk THEN ' NOT NULL' ELSE '' END AS value
             FROM sqlite_schema t, pragma_table_info(t.name) c
             WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name NOT LIKE '\\_\\_%' ESCAPE '\\'
                AND t.name NOT LIKE 'conversation_texts_index%'"
        }
        Kind::Postgres => {
            "SELECT table_name || '.' || column_name || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END AS value
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'"
        }
    };
    let indexes = match database.kind {
        Kind::Sqlite => {
            "SELECT i.name || ': ' || (SELECT group_concat(c.name) FROM pragma_index_info(i.name) c) AS value
             FROM sqlite_schema i WHERE i.type = 'index' AND i.sql IS NOT NULL"
        }
        Kind::Postgres => {
            "SELECT i.relname || ': ' || string_agg(a.attname, ',' ORDER BY array_position(x.indkey::int[], a.attnum::int))
                AS value
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey)
             WHERE i.relnamespace = 'public'::regnamespace AND i.relname NOT LIKE '%\\_pkey' AND i.relname NOT LIKE '%\\_key'
                AND i.relname <> 'conversation_texts_trigrams'
             GROUP BY i.relname"
        }
    };
    let mut shape = BTreeSet::from_iter(database.words(columns));
    shape.extend(database.words(indexes));
    shape
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let sqlite = shape(&TestDatabase::with_world(Kind::Sqlite));
    let postgres = shape(&TestDatabase::with_world(Kind::Postgres));
    let only_sqlite: Vec<_> = sqlite.difference(&postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(&sqlite).collect();
    assert!(only_sqlite.is_empty() && only_postgres.is_empty(), "{only_sqlite:#?} {only_postgres:#?}");
    assert!(sqlite.contains("conversations_queue: team_id,next_action,waiting_since,id"), "{sqlite:#?}");
    assert!(sqlite.contains("messages.body NOT NULL"), "{sqlite:#?}");
}

async fn the_rules_of_the_schema_are_enforced(app: TestApp) {
    app.text(STRANGER, "Hello").await;
    let again = format!(
        "INSERT INTO conversations (team_id, team_number, number, status, origin, next_action, waiting_since, opened_at)
         SELECT team_id, team_number, '{STRANGER}', 'pending', origin, next_action, waiting_since, opened_at
         FROM conversations"
    );
    for (sql, rule) in [
        (again.as_str(), "one live thread for two numbers"),
        ("UPDATE conversations SET status = 'lost'", "a status is one of three"),
        ("UPDATE conversations SET status = 'closed'", "who is closed has a reason, a time and a name"),
        ("UPDATE conversations SET closed_by = 'Ann'", "who is open has none"),
        ("UPDATE conversations SET next_action = NULL", "who is open has somebody to act"),
        ("UPDATE conversations SET team_id = 99", "a conversation has a team"),
        ("UPDATE messages SET conversation_id = 99", "a message has a conversation"),
        ("UPDATE messages SET status = 'lost'", "a message's status is one of seven"),
        ("UPDATE messages SET body = NULL", "a message has a body"),
        ("DELETE FROM conversations", "a conversation with messages stays"),
        ("DELETE FROM teams", "a team with numbers stays"),
        ("UPDATE accounts SET email = 'ann@example.com' WHERE id = 4", "an address signs in one account"),
        ("UPDATE accounts SET email = 'Ann@example.com' WHERE id = 3", "addresses are kept in lower case"),
        (
            "UPDATE daily_files SET is_current = (SELECT is_current FROM daily_files WHERE id = 2)",
            "one current file",
        ),
    ] {
        assert!(app.database.run(sql).is_err(), "{rule}: {sql}");
    }
}

async fn reads_and_writes_at_once_all_succeed(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..4 {
        conversations.push(app.text(&stranger(n), "Hello").await);
    }
    let mut work = tokio::task::JoinSet::new();
    for (n, conversation) in conversations.iter().copied().enumerate() {
        let (client, nobody) = (ann.clone(), app.nobody.clone());
        work.spawn(async move {
            for round in 0..10 {
                client.reply(conversation, &format!("Reply {round}")).await.expect(201);
                client.get("/queue").await.expect(200);
            }
        });
        let reader = ann.clone();
        work.spawn(async move {
            for _ in 0..20 {
                reader.conversation(conversation).await;
                reader.messages(conversation).await;
            }
        });
        work.spawn(async move {
            use crate::support::gateway::{MESSAGES, signed, text_form};
            for round in 0..10 {
                let sid = format!("SM{:032x}", 1000 + 100 * n + round);
                let form = text_form(&sid, &stranger(n), COLLECTIONS_NUMBER, "More");
                let answer = crate::support::Answer::to(signed(&nobody, MESSAGES, &form)).await;
                assert_eq!(answer.status, 200, "{}", answer.body);
            }
        });
        let nobody = app.nobody.clone();
        work.spawn(async move {
            for _ in 0..3 {
                let ann = json!({"email": ANN.email(), "password": PASSWORD});
                nobody.post("/sessions", ann).await.expect(201);
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    assert_eq!(app.database.count("messages", "direction = 'inbound'"), 44);
    assert_eq!(app.database.count("messages", "direction = 'outbound'"), 40);
    assert_eq!(app.database.count("conversations", "1 = 1"), 4);
}

async fn what_a_failed_write_began_is_taken_back(app: TestApp) {
    let db = Db::open(&app.database.parsed_url(), 2).unwrap();
    let insert = "INSERT INTO team_numbers (number, team_id) VALUES ('+447700900999', 1)";
    let kept = || app.database.count("team_numbers", "number = '+447700900999'");
    let run = move |conn: &mut api::db::DbConnection, sql: &str| -> Result<usize, DbError> {
        use diesel::RunQueryDsl;
        Ok(match conn {
            api::db::DbConnection::Postgres(conn) => diesel::sql_query(sql).execute(conn)?,
            api::db::DbConnection::Sqlite(conn) => diesel::sql_query(sql).execute(conn)?,
        })
    };
    let failed: Result<(), DbError> = db
        .write(move |conn| {
            run(conn, insert)?;
            Err(DbError::Busy)
        })
        .await;
    assert!(matches!(failed, Err(DbError::Busy)));
    assert_eq!(kept(), 0);

    let broken: Result<usize, DbError> = db
        .write(move |conn| {
            run(conn, insert)?;
            run(conn, "INSERT INTO nowhere VALUES (1)")
        })
        .await;
    assert!(matches!(broken, Err(DbError::Query(_))));
    assert_eq!(kept(), 0);

    let panicked: Result<(), DbError> = db
        .write(move |conn| {
            run(conn, insert)?;
            panic!("on purpose, in the middle of a write");
        })
        .await;
    assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
    assert_eq!(kept(), 0);
    // And the next one goes through, on however many connections there are.
    for _ in 0..3 {
        let read: Result<usize, DbError> = db.read(move |conn| run(conn, "SELECT 1")).await;
        read.unwrap();
    }
    db.write(move |conn| run(conn, insert)).await.unwrap();
    assert_eq!(kept(), 1);
}

#[test]
fn the_embedded_database_is_set_up_to_be_safe() {
    run(Kind::Sqlite, async |app: TestApp| {
        let mode = "SELECT journal_mode AS value FROM pragma_journal_mode";
        assert_eq!(app.database.words(mode), ["wal"]);
        // The connections of the desk itself, by the doors that it uses.
        let db = Db::open(&app.database.parsed_url(), 1).unwrap();
        let pragmas = |conn: &mut api::db::DbConnection| -> Result<Vec<i64>, DbError> {
            use diesel::{RunQueryDsl, sql_types::BigInt};
            let api::db::DbConnection::Sqlite(conn) = conn else { return Ok(Vec::new()) };
            ["synchronous", "foreign_keys", "query_only"]
                .iter()
                .map(|pragma| {
                    let select = format!("(SELECT {pragma} FROM pragma_{pragma})");
                    let value: i64 = diesel::select(diesel::dsl::sql::<BigInt>(&select)).get_result(conn)?;
                    Ok(value)
                })
                .collect()
        };
        const FULL: i64 = 2;
        assert_eq!(db.write(pragmas).await.unwrap(), [FULL, 1, 0]);
        assert_eq!(db.read(pragmas).await.unwrap()[2], 1, "what reads cannot write");
        assert_eq!(app.database.number("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        assert_eq!(app.database.count("team_members", &format!("team_id = {COLLECTIONS}")), 5);
    });
}
