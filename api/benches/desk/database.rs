//! Databases of the benchmark, and SQL that is run in them beside the server.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use api::db::DatabaseUrl;
use diesel::{
    Connection, PgConnection, QueryableByName, RunQueryDsl, SqliteConnection, connection::SimpleConnection,
    sql_query, sql_types::BigInt,
};

/// Maximum time that background tasks of a new server may take.
const BACKGROUND_TIMEOUT: Duration = Duration::from_secs(1200);

/// A database that is deleted when it is dropped.
pub(crate) struct Separate {
    pub(crate) url: DatabaseUrl,
    name: String,
    beside: DatabaseUrl,
}

impl Separate {
    /// Creates a database beside another one.
    pub(crate) fn create(name: &str, beside: &DatabaseUrl) -> Result<Self> {
        let url = match beside {
            DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(path.with_file_name(format!("{name}.db"))),
            DatabaseUrl::Postgres(url) => {
                PgConnection::establish(url)?.batch_execute(&format!("CREATE DATABASE {name}"))?;
                let (server, _) = url.rsplit_once('/').context("the URL names no database")?;
                DatabaseUrl::Postgres(format!("{server}/{name}"))
            }
        };
        Ok(Self { url, name: name.to_owned(), beside: beside.clone() })
    }

    fn delete(&self) -> Result<()> {
        match (&self.url, &self.beside) {
            (DatabaseUrl::Sqlite(path), _) => {
                for suffix in ["db", "db-wal", "db-shm"] {
                    match std::fs::remove_file(path.with_extension(suffix)) {
                        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                            return Err(error.into());
                        }
                        _ => {}
                    }
                }
            }
            (_, beside) => execute(beside, &format!("DROP DATABASE {} WITH (FORCE)", self.name))?,
        }
        Ok(())
    }
}

impl Drop for Separate {
    fn drop(&mut self) {
        if let Err(error) = self.delete() {
            eprintln!("the database {} stays: {error}", self.name);
        }
    }
}

/// Runs statements, on SQLite in one transaction.
pub(crate) fn execute(url: &DatabaseUrl, sql: &str) -> Result<()> {
    match url {
        DatabaseUrl::Sqlite(path) => {
            let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
            conn.batch_execute("PRAGMA busy_timeout = 60000")?;
            conn.batch_execute(&format!("BEGIN IMMEDIATE; {sql}; COMMIT;"))?;
        }
        DatabaseUrl::Postgres(url) => PgConnection::establish(url)?.batch_execute(sql)?,
    }
    Ok(())
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Counts the rows of `from`: a table, with a condition or without.
pub(crate) fn count(url: &DatabaseUrl, from: &str) -> Result<i64> {
    let query = sql_query(format!("SELECT count(*) AS count FROM {from}"));
    let row: Count = match url {
        DatabaseUrl::Sqlite(path) => {
            query.get_result(&mut SqliteConnection::establish(&path.to_string_lossy())?)?
        }
        DatabaseUrl::Postgres(url) => query.get_result(&mut PgConnection::establish(url)?)?,
    };
    Ok(row.count)
}

/// Waits until the server that runs on this database has checked all search texts, which it does after its first
/// start.
pub(crate) fn wait_for_background_tasks(url: &DatabaseUrl) -> Result<()> {
    let started = Instant::now();
    while count(url, "search_folding WHERE version > 0 AND before_id IS NULL")? == 0 {
        ensure!(started.elapsed() < BACKGROUND_TIMEOUT, "the search texts are still being checked");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
