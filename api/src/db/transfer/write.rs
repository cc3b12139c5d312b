//! Stores rows with their ids, without running the triggers that are for new rows.

use chrono::{DateTime, SecondsFormat};
use diesel::{
    PgConnection, QueryResult, RunQueryDsl, SqliteConnection,
    pg::Pg,
    query_builder::{AstPass, QueryFragment, QueryId},
    sql_types::{Array, Nullable, Text},
    sqlite::Sqlite,
};

use super::{
    TransferError,
    columns::ColumnKind,
    mark::{self, Mark},
    tables::{Table, WITHOUT_TRIGGERS},
};
use crate::db::{
    DbConnection, DbError,
    text_query::{TextQuery, TextRow},
};

/// Number of rows in a statement on SQLite. With 32 columns, it has a tenth of the values that SQLite allows.
const ROWS: usize = 100;

/// Stores rows and the progress of their table in one transaction. Returns the progress.
pub(super) fn store(
    conn: &mut DbConnection,
    table: &Table,
    mut rows: Vec<TextRow>,
    before: &Mark,
) -> Result<Mark, TransferError> {
    let Some(last) = rows.last().map(|row| table.key_of(row)) else { return Ok(before.clone()) };
    let first = rows.first().map(|row| table.key_of(row)).unwrap_or_default();
    if matches!(conn, DbConnection::Postgres(_)) {
        prepare_for_postgres(table, &mut rows)?;
    }
    let after = Mark {
        last_key: serde_json::to_string(&last).unwrap_or_default(),
        copied: before.copied + u64::try_from(rows.len()).unwrap_or_default(),
        is_complete: false,
    };
    conn.transaction(|conn| {
        let stored = insert_without_triggers(conn, table, &rows);
        stored.map_err(|error| TransferError::Write {
            table: table.name,
            first: first.join(", "),
            last: last.join(", "),
            error,
        })?;
        mark::advance(conn, table, before, &after)
    })?;
    Ok(after)
}

/// Refuses what PostgreSQL cannot store, and writes times in its format.
fn prepare_for_postgres(table: &Table, rows: &mut [TextRow]) -> Result<(), TransferError> {
    for row in rows {
        let key = table.key_of(row).join(", ");
        for (column, value) in table.columns.iter().zip(row) {
            let (table, column_name) = (table.name, column.name);
            match (column.kind, value) {
                (ColumnKind::Timestamp, Some(micros)) => {
                    let time = micros.parse().ok().and_then(DateTime::from_timestamp_micros);
                    let invalid =
                        || TransferError::InvalidTime { table, key: key.clone(), column: column_name };
                    *micros = time.ok_or_else(invalid)?.to_rfc3339_opts(SecondsFormat::Micros, true);
                }
                (_, Some(text)) if text.contains('\0') => {
                    return Err(TransferError::NulCharacter { table, key, column: column_name });
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// Switches the triggers off and on again in the transaction, so that an interruption leaves them as they were.
fn insert_without_triggers(conn: &mut DbConnection, table: &Table, rows: &[TextRow]) -> Result<(), DbError> {
    if !WITHOUT_TRIGGERS.contains(&table.name) {
        return insert(conn, table, rows);
    }
    if let DbConnection::Postgres(_) = conn {
        conn.batch(&format!("ALTER TABLE \"{}\" DISABLE TRIGGER USER", table.name))?;
        insert(conn, table, rows)?;
        return conn.batch(&format!("ALTER TABLE \"{}\" ENABLE TRIGGER USER", table.name));
    }
    let select =
        "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = {} ORDER BY rowid";
    let triggers: Vec<TextRow> = TextQuery::new(select).bind(Some(table.name)).load(conn)?;
    for name in triggers.iter().filter_map(|trigger| trigger.first().cloned().flatten()) {
        conn.batch(&format!("DROP TRIGGER \"{name}\""))?;
    }
    insert(conn, table, rows)?;
    for sql in triggers.iter().filter_map(|trigger| trigger.get(1).cloned().flatten()) {
        conn.batch(&sql)?;
    }
    Ok(())
}

fn insert(conn: &mut DbConnection, table: &Table, rows: &[TextRow]) -> Result<(), DbError> {
    let sql = InsertSql::new(conn, table);
    match conn {
        DbConnection::Postgres(conn) => insert_into_postgres(conn, &sql, table, rows),
        DbConnection::Sqlite(conn) => insert_into_sqlite(conn, &sql, rows),
    }
}

/// The parts of an INSERT.
struct InsertSql {
    table: &'static str,
    columns: String,
    /// The value of each column: on PostgreSQL a column of the arrays, on SQLite the text before and after the bind.
    values: Vec<String>,
}

impl InsertSql {
    fn new(conn: &DbConnection, table: &Table) -> Self {
        let names: Vec<String> = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
        let values = table.columns.iter().enumerate().map(|(place, column)| {
            let text = match conn {
                DbConnection::Postgres(_) => format!("c{place}"),
                DbConnection::Sqlite(_) => "{}".to_owned(),
            };
            column.write(conn, &text)
        });
        Self { table: table.name, columns: names.join(", "), values: values.collect() }
    }
}

/// One statement with an array for each column.
fn insert_into_postgres(
    conn: &mut PgConnection,
    sql: &InsertSql,
    table: &Table,
    rows: &[TextRow],
) -> Result<(), DbError> {
    let column = |place| rows.iter().map(|row| row.get(place).and_then(Option::as_deref)).collect();
    let arrays: Vec<Vec<Option<&str>>> = (0..table.columns.len()).map(column).collect();
    ArrayInsert { sql, arrays }.execute(conn)?;
    Ok(())
}

struct ArrayInsert<'a> {
    sql: &'a InsertSql,
    arrays: Vec<Vec<Option<&'a str>>>,
}

impl QueryFragment<Pg> for ArrayInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let InsertSql { table, columns, values } = self.sql;
        // One identity column is GENERATED ALWAYS.
        out.push_sql(&format!("INSERT INTO \"{table}\" ({columns}) OVERRIDING SYSTEM VALUE SELECT "));
        out.push_sql(&values.join(", "));
        out.push_sql(" FROM unnest(");
        for (place, array) in self.arrays.iter().enumerate() {
            out.push_sql(if place == 0 { "" } else { ", " });
            out.push_bind_param::<Array<Nullable<Text>>, _>(array)?;
        }
        let names: Vec<String> = (0..self.arrays.len()).map(|place| format!("c{place}")).collect();
        out.push_sql(&format!(") AS rows ({})", names.join(", ")));
        Ok(())
    }
}

impl QueryId for ArrayInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<PgConnection> for ArrayInsert<'_> {}

fn insert_into_sqlite(conn: &mut SqliteConnection, sql: &InsertSql, rows: &[TextRow]) -> Result<(), DbError> {
    for rows in rows.chunks(ROWS) {
        RowInsert { sql, rows }.execute(conn)?;
    }
    Ok(())
}

struct RowInsert<'a> {
    sql: &'a InsertSql,
    rows: &'a [TextRow],
}

impl QueryFragment<Sqlite> for RowInsert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        let InsertSql { table, columns, values } = self.sql;
        out.push_sql(&format!("INSERT INTO \"{table}\" ({columns}) VALUES "));
        for (place, row) in self.rows.iter().enumerate() {
            out.push_sql(if place == 0 { "(" } else { ", (" });
            for (place, (value, text)) in row.iter().zip(values).enumerate() {
                let (before, after) = text.split_once("{}").unwrap_or_default();
                out.push_sql(if place == 0 { "" } else { ", " });
                out.push_sql(before);
                out.push_bind_param::<Nullable<Text>, _>(value)?;
                out.push_sql(after);
            }
            out.push_sql(")");
        }
        Ok(())
    }
}

impl QueryId for RowInsert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<SqliteConnection> for RowInsert<'_> {}
