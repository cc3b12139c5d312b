//! The database itself: its migrations in both directions, its constraints, and concurrent reads and writes.

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
    concurrent_reads_and_writes_all_succeed,
    the_constraints_of_the_schema_are_enforced,
    a_failed_write_is_rolled_back,
];

fn migrations_can_be_reverted_and_run_again(kind: Kind) {
    let database = TestDatabase::empty(kind);
    let mut migrations = Migrations::on(&database.parsed_url()).unwrap();
    let count = crate::support::database::scripts(kind).len() / 2;
    assert_eq!(migrations.run().unwrap(), count);
    let tables = tables(&database);
    assert_eq!(migrations.run().unwrap(), 0, "each migration runs once");
    assert_eq!(migrations.revert_all().unwrap(), count);
    let left = self::tables(&database);
    assert!(left.iter().all(|table| table.starts_with("__diesel")), "{left:?}");
    assert_eq!(functions(&database), 0);
    assert_eq!(migrations.run().unwrap(), count);
    assert_eq!(self::tables(&database), tables);
}

#[test]
fn migrations_can_be_reverted_and_run_again_on_sqlite() {
    migrations_can_be_reverted_and_run_again(Kind::Sqlite);
}

#[test]
fn migrations_can_be_reverted_and_run_again_on_postgres() {
    migrations_can_be_reverted_and_run_again(Kind::Postgres);
}

#[test]
fn the_error_of_a_migration_is_reported_when_the_connection_is_lost_too() {
    let database = TestDatabase::empty(Kind::Postgres);
    // Ends the connection at the first change of the schema.
    let trigger = "CREATE FUNCTION end_connection() RETURNS event_trigger LANGUAGE plpgsql AS
            $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); END $$;
         CREATE EVENT TRIGGER ending ON ddl_command_start EXECUTE FUNCTION end_connection()";
    database.run(trigger).unwrap();
    let error = Migrations::on(&database.parsed_url()).unwrap().run().unwrap_err().to_string();
    assert!(error.contains("a migration failed: "), "{error}");
}

fn tables(database: &TestDatabase) -> Vec<String> {
    database.strings(match database.kind {
        Kind::Sqlite => {
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
        }
        Kind::Postgres => "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
    })
}

/// The number of functions created by the migrations; SQLite has none.
fn functions(database: &TestDatabase) -> i64 {
    match database.kind {
        Kind::Sqlite => 0,
        Kind::Postgres => database
            .integer("SELECT count(*) FROM pg_proc WHERE proname LIKE 'refuse%' OR proname LIKE 'count\\_%'"),
    }
}

/// Returns every column and every index with its columns: `table.column`, `index: columns`. The text index and indexes of
/// expressions are left out, because they differ between the databases and have their own tests. So is the index of the
/// history, which only PostgreSQL needs.
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
            "SELECT i.name || ': ' || group_concat(c.name) AS value FROM sqlite_schema i, pragma_index_info(i.name) c
             WHERE i.type = 'index' AND i.sql IS NOT NULL AND c.name IS NOT NULL GROUP BY i.name"
        }
        Kind::Postgres => {
            "SELECT i.relname || ': ' || string_agg(a.attname, ',' ORDER BY array_position(x.indkey::int[], a.attnum::int))
                AS value
             FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = ANY (x.indkey)
             WHERE i.relnamespace = 'public'::regnamespace AND i.relname NOT LIKE '%\\_pkey' AND i.relname NOT LIKE '%\\_key'
                AND i.relname NOT IN ('conversation_texts_trigrams', 'conversations_history')
             GROUP BY i.relname"
        }
    };
    let mut shape = BTreeSet::from_iter(database.strings(columns));
    shape.extend(database.strings(indexes));
    shape
}

#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    let sqlite = shape(&TestDatabase::with_fixtures(Kind::Sqlite));
    let postgres = shape(&TestDatabase::with_fixtures(Kind::Postgres));
    let only_sqlite: Vec<_> = sqlite.difference(&postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(&sqlite).collect();
    assert!(only_sqlite.is_empty() && only_postgres.is_empty(), "{only_sqlite:#?} {only_postgres:#?}");
    assert!(sqlite.contains("conversations_queue: team_id,next_action,waiting_since,id"), "{sqlite:#?}");
    assert!(sqlite.contains("messages.body NOT NULL"), "{sqlite:#?}");
}

async fn the_constraints_of_the_schema_are_enforced(app: TestApp) {
    app.inbound(STRANGER, "Hello").await;
    let again = format!(
        "INSERT INTO conversations (team_id, team_number, number, status, origin, next_action, waiting_since, opened_at)
         SELECT team_id, team_number, '{STRANGER}', 'pending', origin, next_action, waiting_since, opened_at
         FROM conversations"
    );
    for (sql, rule) in [
        (again.as_str(), "one live conversation for two numbers"),
        ("UPDATE conversations SET status = 'lost'", "a status is one of three"),
        (
            "UPDATE conversations SET status = 'closed'",
            "a closed conversation has a reason, a time and a name",
        ),
        ("UPDATE conversations SET closed_by = 'Ann'", "an open conversation has none of these"),
        ("UPDATE conversations SET next_action = NULL", "an open conversation has a next action"),
        ("UPDATE conversations SET team_id = 99", "a conversation has a team"),
        ("UPDATE messages SET conversation_id = 99", "a message has a conversation"),
        ("UPDATE messages SET status = 'lost'", "a message's status is one of seven"),
        ("UPDATE messages SET body = NULL", "a message has a body"),
        ("DELETE FROM conversations", "a conversation with messages cannot be deleted"),
        ("DELETE FROM teams", "a team with numbers cannot be deleted"),
        ("UPDATE accounts SET email = 'ann@example.com' WHERE id = 4", "an e-mail address is unique"),
        (
            "UPDATE accounts SET email = 'Ann@example.com' WHERE id = 3",
            "e-mail addresses are stored in lower case",
        ),
        (
            "UPDATE daily_files SET is_current = (SELECT is_current FROM daily_files WHERE id = 2)",
            "one current file",
        ),
    ] {
        assert!(app.database.run(sql).is_err(), "{rule}: {sql}");
    }
}

async fn concurrent_reads_and_writes_all_succeed(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut conversations = Vec::new();
    for n in 0..4 {
        conversations.push(app.inbound(&stranger(n), "Hello").await);
    }
    let mut work = tokio::task::JoinSet::new();
    for (n, conversation) in conversations.iter().copied().enumerate() {
        let (client, anonymous) = (ann.clone(), app.anonymous.clone());
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
            use crate::support::gateway::{MESSAGES, message_form, signed};
            for round in 0..10 {
                let sid = format!("SM{:032x}", 1000 + 100 * n + round);
                let form = message_form(&sid, &stranger(n), COLLECTIONS_NUMBER, "More");
                let response = crate::support::ApiResponse::to(signed(&anonymous, MESSAGES, &form)).await;
                assert_eq!(response.status, 200, "{}", response.body);
            }
        });
        let anonymous = app.anonymous.clone();
        work.spawn(async move {
            for _ in 0..3 {
                let ann = json!({"email": ANN.email(), "password": PASSWORD});
                anonymous.post("/sessions", ann).await.expect(201);
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

async fn a_failed_write_is_rolled_back(app: TestApp) {
    let db = Db::open(&app.database.parsed_url(), 2).unwrap();
    let insert = "INSERT INTO team_numbers (number, team_id) VALUES ('+447700900999', 1)";
    let stored = || app.database.count("team_numbers", "number = '+447700900999'");
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
    assert_eq!(stored(), 0);

    let broken: Result<usize, DbError> = db
        .write(move |conn| {
            run(conn, insert)?;
            run(conn, "INSERT INTO nowhere VALUES (1)")
        })
        .await;
    assert!(matches!(broken, Err(DbError::Query(_))));
    assert_eq!(stored(), 0);

    let panicked: Result<(), DbError> = db
        .write(move |conn| {
            run(conn, insert)?;
            panic!("on purpose, in the middle of a write");
        })
        .await;
    assert!(matches!(panicked, Err(DbError::Panicked)), "{panicked:?}");
    assert_eq!(stored(), 0);
    // The next write succeeds on every connection.
    for _ in 0..3 {
        let read: Result<usize, DbError> = db.read(move |conn| run(conn, "SELECT 1")).await;
        read.unwrap();
    }
    db.write(move |conn| run(conn, insert)).await.unwrap();
    assert_eq!(stored(), 1);
}

#[test]
fn the_embedded_database_has_safe_settings() {
    run(Kind::Sqlite, async |app: TestApp| {
        let mode = "SELECT journal_mode AS value FROM pragma_journal_mode";
        assert_eq!(app.database.strings(mode), ["wal"]);
        // Connections opened as the server opens them.
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
        assert_eq!(db.read(pragmas).await.unwrap()[2], 1, "readers cannot write");
        assert_eq!(app.database.integer("SELECT count(*) FROM pragma_foreign_key_check"), 0);
        assert_eq!(app.database.count("team_members", &format!("team_id = {COLLECTIONS}")), 5);
    });
}
