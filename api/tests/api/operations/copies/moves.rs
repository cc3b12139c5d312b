//! `sms-chat move` copies every row in every direction, and the target works like the source.

use serde_json::json;

use super::filled::{contents, fails, filled, migrated, move_args, succeeds};
use crate::support::{
    Client, Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
};

/// Makes a test for each direction of each function.
macro_rules! in_every_direction {
    ($($name:ident,)*) => {$(
        mod $name {
            use crate::support::Kind::{Postgres, Sqlite};

            #[test]
            fn from_sqlite_to_postgres() {
                super::$name(Sqlite, Postgres);
            }

            #[test]
            fn from_postgres_to_sqlite() {
                super::$name(Postgres, Sqlite);
            }

            #[test]
            fn from_sqlite_to_sqlite() {
                super::$name(Sqlite, Sqlite);
            }

            #[test]
            fn from_postgres_to_postgres() {
                super::$name(Postgres, Postgres);
            }
        }
    )*};
}

in_every_direction![every_row_is_moved_and_the_target_works_like_the_source,];

fn every_row_is_moved_and_the_target_works_like_the_source(from: Kind, to: Kind) {
    let (source, target) = (filled(from), TestDatabase::empty(to));
    let before = contents(&source);
    let bytes = (from == Kind::Sqlite).then(|| std::fs::read(source.file()).unwrap());

    let out = succeeds(&target, &move_args(&source, &target));
    let messages = before["messages"].len();
    let line = out.lines().find(|line| line.trim_start().starts_with("messages ")).unwrap();
    assert!(line.contains(&format!(" {messages} rows ")), "{line}");
    assert!(out.contains("the same hash in both databases"), "{out}");

    let after = contents(&target);
    for (table, rows) in &before {
        assert_eq!(&after[table], rows, "{table}");
    }
    assert_eq!(contents(&source), before, "the source has the same rows as before");
    if let Some(bytes) = bytes {
        assert!(std::fs::read(source.file()).unwrap() == bytes, "the source's file is untouched");
    }
    assert_eq!(
        schema(&target),
        schema(&migrated(to)),
        "the schema and the triggers are those of a new database"
    );
    the_rules_of_the_database_hold(&source, &target);
    the_server_works(&target);
}

fn schema(database: &TestDatabase) -> Vec<String> {
    database.strings(match database.kind {
        Kind::Sqlite => {
            "SELECT type || ' ' || name || ': ' || coalesce(sql, '') AS value FROM sqlite_schema ORDER BY 1"
        }
        Kind::Postgres => {
            "SELECT relname || ' ' || tgname || ' ' || tgenabled::text AS value
             FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid WHERE NOT tgisinternal
             UNION SELECT tablename::text FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        }
    })
}

fn the_rules_of_the_database_hold(source: &TestDatabase, target: &TestDatabase) {
    for refused in [
        "UPDATE conversations SET name = 'x' WHERE status = 'closed'",
        "DELETE FROM conversation_tags",
        "DELETE FROM consents",
    ] {
        assert!(target.run(refused).is_err(), "{refused}");
    }
    // The tag with the highest id was deleted. Its id is not given out again.
    let insert = "INSERT INTO tags (name, colour, position) VALUES ('new', 'red', 3)";
    for database in [source, target] {
        database.run(insert).unwrap();
    }
    let newest = "SELECT max(id) FROM tags";
    assert_eq!(target.integer(newest), source.integer(newest));
    target.run("INSERT INTO rejected_messages (reason, received_at) SELECT reason, received_at FROM rejected_messages").unwrap();
    if target.kind == Kind::Sqlite {
        target.run("INSERT INTO conversation_texts_index (conversation_texts_index, rank) VALUES ('integrity-check', 1)").unwrap();
        assert_eq!(target.integer("SELECT count(*) FROM pragma_foreign_key_check"), 0);
    }
}

fn the_server_works(target: &TestDatabase) {
    let server = ServerProcess::start(sms_chat(&target.url, &["serve", "--gateway", "simulator"]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let anonymous = Client::of(&server.url);
        let sign_in = json!({"email": "bo@example.com", "password": "sms-chat-demo"});
        let session = anonymous.post("/sessions", sign_in).await.expect(201);
        let bo = anonymous.with_token(session["access_token"].as_str().unwrap());
        bo.get("/queue").await.expect(200);
        let name =
            target.strings("SELECT name AS value FROM conversations WHERE team_id = 1 AND name IS NOT NULL");
        let term = name[0].split(' ').next().unwrap();
        assert!(!bo.get(&format!("/search?q={term}")).await.items().is_empty(), "{term} is found");
    });
}

#[test]
fn a_dry_run_counts_the_rows_and_changes_nothing() {
    let (source, target) = (filled(Kind::Sqlite), TestDatabase::empty(Kind::Postgres));
    let missing = TestDatabase::empty(Kind::Sqlite);
    for target in [&target, &missing] {
        let out = succeeds(target, &[&move_args(&source, target)[..], &["--dry-run"]].concat());
        let rows: usize = contents(&source)
            .iter()
            .filter(|(table, _)| !table.ends_with("_counts"))
            .map(|(_, rows)| rows.len())
            .sum();
        assert!(out.contains(&format!("{rows} rows of ")), "{out}");
        assert!(out.ends_with("Nothing was changed.\n"), "{out}");
    }
    assert_eq!(target.integer("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 0);
    assert!(!missing.file().exists());
    let taken = filled(Kind::Sqlite);
    let refused = fails(&taken, &[&move_args(&source, &taken)[..], &["--dry-run"]].concat());
    assert!(refused.contains("already has rows in the table"), "{refused}");
}

#[test]
fn a_failed_analysis_of_the_new_rows_does_not_make_a_move_fail() {
    let (source, target) = (filled(Kind::Sqlite), migrated(Kind::Postgres));
    let refuse = "CREATE FUNCTION refuse_analysis(id BIGINT) RETURNS BIGINT IMMUTABLE LANGUAGE plpgsql AS
            $$ BEGIN IF current_query() LIKE 'VACUUM%' THEN RAISE 'no room'; END IF; RETURN id; END $$;
         CREATE INDEX refusing ON templates (refuse_analysis(id))";
    target.run(refuse).unwrap();
    let out = succeeds(&target, &move_args(&source, &target));
    assert!(
        out.contains("PostgreSQL could not analyse the new rows: no room. Run VACUUM (ANALYZE) in "),
        "{out}"
    );
    assert_eq!(contents(&target), contents(&source));
    succeeds(&target, &["migrate"]);
}
