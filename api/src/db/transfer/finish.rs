//! The end of a move: the sequences of ids, the tables of counts, and the statistics of PostgreSQL.

use std::collections::BTreeMap;

use super::{mark, tables::Table};
use crate::db::{DbConnection, DbError, text_query::TextQuery};

/// Fills the tables of counts, and returns the database to normal use.
pub(super) fn finish(source: &mut DbConnection, target: &mut DbConnection) -> Result<(), DbError> {
    let newest = newest_ids(source)?;
    target.transaction(|conn| {
        conn.batch(
            "INSERT INTO queue_counts (team_id, shard, agent, customer, snoozed)
             SELECT team_id, 0,
                 sum(CASE WHEN snoozed_until IS NULL AND next_action = 'agent' THEN 1 ELSE 0 END),
                 sum(CASE WHEN snoozed_until IS NULL AND next_action = 'customer' THEN 1 ELSE 0 END),
                 sum(CASE WHEN snoozed_until IS NOT NULL THEN 1 ELSE 0 END)
             FROM conversations WHERE status = 'open' GROUP BY team_id;
             INSERT INTO assigned_counts (team_id, account_id, open)
             SELECT team_id, assigned_to, count(*) FROM conversations
             WHERE status = 'open' AND snoozed_until IS NULL AND assigned_to IS NOT NULL
             GROUP BY team_id, assigned_to;",
        )?;
        set_sequences(conn, &newest)?;
        mark::remove(conn)
    })
}

/// Lets PostgreSQL plan its statements for the new rows.
pub(super) fn analyse(target: &mut DbConnection, tables: &[Table]) -> Result<(), DbError> {
    if let DbConnection::Postgres(_) = target {
        let names: Vec<String> = tables.iter().map(|table| format!("\"{}\"", table.name)).collect();
        target.batch(&format!("VACUUM (ANALYZE) {}", names.join(", ")))?;
    }
    Ok(())
}

/// Returns the newest id that each table has given out, also to rows that were deleted since.
fn newest_ids(conn: &mut DbConnection) -> Result<BTreeMap<String, i64>, DbError> {
    let select = match conn {
        DbConnection::Postgres(_) => {
            "SELECT table_name::text,
                 pg_sequence_last_value(pg_get_serial_sequence(quote_ident(table_name), 'id')::regclass)::text
             FROM information_schema.columns
             WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'"
        }
        DbConnection::Sqlite(_) => "SELECT name, CAST(seq AS TEXT) FROM sqlite_sequence",
    };
    let rows = TextQuery::new(select).load(conn)?;
    Ok(rows
        .into_iter()
        .filter_map(|row| match <[Option<String>; 2]>::try_from(row) {
            Ok([Some(table), Some(id)]) => Some((table, id.parse().ok()?)),
            _ => None,
        })
        .collect())
}

/// Lets new rows get ids after all those that the source has given out.
fn set_sequences(conn: &mut DbConnection, newest: &BTreeMap<String, i64>) -> Result<(), DbError> {
    let select = match conn {
        DbConnection::Postgres(_) => {
            "SELECT table_name::text FROM information_schema.columns
             WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES'"
        }
        DbConnection::Sqlite(_) => {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%'"
        }
    };
    let tables = TextQuery::new(select).load(conn)?;
    for table in tables.into_iter().filter_map(|row| row.into_iter().next().flatten()) {
        let highest = format!("SELECT CAST(max(id) AS TEXT) FROM \"{table}\"");
        let highest =
            TextQuery::new(&highest).value(conn)?.and_then(|id| id.parse().ok()).unwrap_or_default();
        let id: i64 = newest.get(&table).copied().unwrap_or_default().max(highest);
        if id > 0 {
            set_sequence(conn, &table, id)?;
        }
    }
    Ok(())
}

fn set_sequence(conn: &mut DbConnection, table: &str, id: i64) -> Result<(), DbError> {
    conn.batch(&match conn {
        DbConnection::Postgres(_) => {
            format!("SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), {id})")
        }
        DbConnection::Sqlite(_) => format!(
            "DELETE FROM sqlite_sequence WHERE name = '{table}';
             INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {id});"
        ),
    })
}
