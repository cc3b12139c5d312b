//! A move knows every table and every column of both databases.

use std::collections::BTreeSet;

use api::db::transfer::{LEFT_OUT, REBUILT, TEXT_INDEX, copied};

use super::filled::migrated;
use crate::support::{Kind, database::TestDatabase};

fn a_move_knows_every_table_and_column(kind: Kind) {
    let database = migrated(kind);
    let tables = copied();
    for table in names(&database) {
        let is_known = tables.iter().any(|known| known.name == table)
            || REBUILT.contains(&table.as_str())
            || LEFT_OUT.contains(&table.as_str())
            || (kind == Kind::Sqlite && table.starts_with(TEXT_INDEX));
        assert!(is_known, "add the table {table} to api/src/db/transfer/tables.rs");
    }
    for table in &tables {
        let known: BTreeSet<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
        let real = BTreeSet::from_iter(columns(&database, table.name));
        assert_eq!(known, real, "the columns of {} in api/src/db/schema.rs", table.name);
        assert_eq!(primary_key(&database, table.name), table.key, "the primary key of {}", table.name);
    }
}

#[test]
fn a_move_knows_every_table_and_column_on_sqlite() {
    a_move_knows_every_table_and_column(Kind::Sqlite);
}

#[test]
fn a_move_knows_every_table_and_column_on_postgres() {
    a_move_knows_every_table_and_column(Kind::Postgres);
}

fn names(database: &TestDatabase) -> Vec<String> {
    database.strings(match database.kind {
        Kind::Sqlite => {
            "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        }
        Kind::Postgres => "SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'",
    })
}

fn columns(database: &TestDatabase, table: &str) -> Vec<String> {
    database.strings(&match database.kind {
        Kind::Sqlite => format!("SELECT name AS value FROM pragma_table_info('{table}')"),
        Kind::Postgres => format!(
            "SELECT column_name::text AS value FROM information_schema.columns
             WHERE table_schema = 'public' AND table_name = '{table}'"
        ),
    })
}

fn primary_key(database: &TestDatabase, table: &str) -> Vec<String> {
    database.strings(&match database.kind {
        Kind::Sqlite => {
            format!("SELECT name AS value FROM pragma_table_info('{table}') WHERE pk > 0 ORDER BY pk")
        }
        Kind::Postgres => format!(
            "SELECT a.attname::text AS value FROM pg_index i
             JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
             WHERE i.indrelid = '{table}'::regclass AND i.indisprimary
             ORDER BY array_position(i.indkey::int[], a.attnum::int)"
        ),
    })
}
