//! A private database for each test, copied from a template that has the schema and the fixture data.

use std::{
    cell::RefCell,
    env,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use api::db::{DatabaseUrl, Migrations};
use chrono::{DateTime, Utc};
use diesel::{
    Connection, PgConnection, QueryResult, QueryableByName, RunQueryDsl, SqliteConnection,
    connection::SimpleConnection, sql_query, sql_types,
};

use super::fixtures;

/// The environment variable with the URL of the tests' PostgreSQL cluster.
const VARIABLE: &str = "SMS_CHAT_TEST_POSTGRES_URL";

/// The database on which a test runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A time as an SQL literal.
pub(crate) fn sql_timestamp(kind: Kind, time: DateTime<Utc>) -> String {
    match kind {
        Kind::Sqlite => time.timestamp_micros().to_string(),
        Kind::Postgres => format!("'{}'", time.to_rfc3339()),
    }
}

/// A private database, deleted when dropped.
pub(crate) struct TestDatabase {
    pub(crate) kind: Kind,
    /// The value of `SMS_CHAT_DATABASE_URL`.
    pub(crate) url: String,
    // The folder of the SQLite file.
    folder: Option<tempfile::TempDir>,
    // PostgreSQL connects slowly, so one connection is kept. SQLite connects fast, and a kept connection would keep its
    // write-ahead log open.
    postgres: RefCell<Option<PgConnection>>,
}

#[derive(QueryableByName)]
struct IntegerValue {
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct TextValue {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

impl TestDatabase {
    /// A database with the schema and the fixture data.
    pub(crate) fn with_fixtures(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let database = Self::empty(kind);
                std::fs::write(database.file(), sqlite_template()).expect("a copy of the template");
                database
            }
            Kind::Postgres => {
                Self::on_server(&format!("TEMPLATE {} STRATEGY FILE_COPY", postgres_template()))
            }
        }
    }

    /// A database without a schema.
    pub(crate) fn empty(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => {
                let folder = tempfile::tempdir().expect("a folder");
                Self {
                    kind,
                    url: format!("sqlite://{}", folder.path().join("desk.db").display()),
                    folder: Some(folder),
                    postgres: RefCell::default(),
                }
            }
            Kind::Postgres => Self::on_server(""),
        }
    }

    fn on_server(options: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let created = server().batch_execute(&format!("CREATE DATABASE {name} {options}"));
        created.expect("a private database");
        Self { kind: Kind::Postgres, url: on_cluster(&name), folder: None, postgres: RefCell::default() }
    }

    /// The SQLite file.
    pub(crate) fn file(&self) -> PathBuf {
        PathBuf::from(self.url.trim_start_matches("sqlite://"))
    }

    pub(crate) fn parsed_url(&self) -> DatabaseUrl {
        self.url.parse().expect("a database URL")
    }

    /// Runs statements directly, past all rules of the server.
    pub(crate) fn run(&self, sql: &str) -> QueryResult<()> {
        match self.kind {
            Kind::Sqlite => sqlite(&self.file()).batch_execute(sql),
            Kind::Postgres => self.on_postgres(|conn| conn.batch_execute(sql)),
        }
    }

    /// Returns the integer that a `SELECT` of one value yields.
    pub(crate) fn integer(&self, select: &str) -> i64 {
        let query = sql_query(format!("SELECT CAST(({select}) AS BIGINT) AS value"));
        let row: QueryResult<IntegerValue> = match self.kind {
            Kind::Sqlite => query.get_result(&mut sqlite(&self.file())),
            Kind::Postgres => self.on_postgres(|conn| query.get_result(conn)),
        };
        row.unwrap_or_else(|error| panic!("{select}: {error}")).value
    }

    /// Returns the column `value` of a `SELECT`.
    pub(crate) fn strings(&self, select: &str) -> Vec<String> {
        let query = sql_query(select);
        let rows: QueryResult<Vec<TextValue>> = match self.kind {
            Kind::Sqlite => query.get_results(&mut sqlite(&self.file())),
            Kind::Postgres => self.on_postgres(|conn| query.get_results(conn)),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{select}: {error}"));
        rows.into_iter().map(|row| row.value).collect()
    }

    /// Like [`integer`](Self::integer), with a connection of its own. `None` while the database does not answer.
    pub(crate) fn try_integer(&self, select: &str) -> Option<i64> {
        if self.kind == Kind::Sqlite {
            return Some(self.integer(select));
        }
        let query = sql_query(format!("SELECT CAST(({select}) AS BIGINT) AS value"));
        let mut conn = PgConnection::establish(&self.url).ok()?;
        Some(query.get_result::<IntegerValue>(&mut conn).ok()?.value)
    }

    /// Closes the test's own connection to PostgreSQL. The next query opens another one.
    pub(crate) fn disconnect(&self) {
        self.postgres.take();
    }

    /// Ends all connections to the database on PostgreSQL, as its restart does.
    pub(crate) fn end_connections(&self) {
        self.disconnect();
        let name = self.name();
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        server().batch_execute(&end).expect("no connections");
    }

    /// Ends all connections to the database on PostgreSQL, and refuses new ones until it is [opened](Self::open).
    pub(crate) fn close(&self) {
        self.alter("ALLOW_CONNECTIONS false");
        self.end_connections();
    }

    pub(crate) fn open(&self) {
        self.alter("ALLOW_CONNECTIONS true");
    }

    /// Changes the database on PostgreSQL for connections from now on.
    pub(crate) fn alter(&self, change: &str) {
        server().batch_execute(&format!("ALTER DATABASE {} {change}", self.name())).expect("a change");
    }

    fn name(&self) -> &str {
        self.url.rsplit('/').next().unwrap_or_default()
    }

    fn on_postgres<T>(&self, work: impl FnOnce(&mut PgConnection) -> T) -> T {
        let mut connection = self.postgres.borrow_mut();
        work(connection.get_or_insert_with(|| postgres(&self.url)))
    }

    /// Counts the rows of a table that meet a condition.
    pub(crate) fn count(&self, table: &str, condition: &str) -> i64 {
        self.integer(&format!("SELECT count(*) FROM {table} WHERE {condition}"))
    }

    /// A new connection to the SQLite database.
    pub(crate) fn sqlite(&self) -> SqliteConnection {
        sqlite(&self.file())
    }

    /// Locks a conversation on PostgreSQL, until the connection commits.
    pub(crate) fn lock(&self, conversation: i64) -> PgConnection {
        let mut conn = self.postgres();
        let lock = format!("BEGIN; SELECT 1 FROM conversations WHERE id = {conversation} FOR UPDATE");
        conn.batch_execute(&lock).expect("a lock");
        conn
    }

    /// Returns whether a request waits for a lock on PostgreSQL.
    pub(crate) fn has_waiting_request(&self) -> bool {
        let waiting = "SELECT count(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.integer(waiting) > 0
    }

    /// A new connection to the PostgreSQL database, for several statements.
    pub(crate) fn postgres(&self) -> PgConnection {
        postgres(&self.url)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.folder.is_none() {
            self.postgres.take();
            let name = self.name();
            let dropped = server().batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
            if let Err(error) = dropped {
                eprintln!("{name} stays: {error}");
            }
        }
    }
}

fn sqlite(file: &Path) -> SqliteConnection {
    let mut conn = SqliteConnection::establish(&file.to_string_lossy()).expect("SQLite");
    conn.batch_execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON;").expect("PRAGMAs");
    conn
}

fn postgres(url: &str) -> PgConnection {
    PgConnection::establish(url).expect("a connection to PostgreSQL")
}

/// Connects to the cluster's own database, in which others are created.
fn server() -> PgConnection {
    postgres(&cluster())
}

fn cluster() -> String {
    env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set, and this test runs on PostgreSQL. `cargo xtask test` starts a PostgreSQL of the \
             tests' own and sets it; or set it to the URL of a superuser on a cluster that holds nothing you need."
        )
    })
}

fn on_cluster(database: &str) -> String {
    let cluster = cluster();
    let (server, _) = cluster.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{database}")
}

fn sqlite_template() -> &'static [u8] {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let database = TestDatabase::empty(Kind::Sqlite);
        // Closing the last connection moves everything from the log into the file.
        build(&database);
        std::fs::read(database.file()).expect("the template")
    })
}

/// Returns the name of a template database with the schema and the fixture data. It is named after the hash of its
/// content and stays in the cluster for the next run.
fn postgres_template() -> &'static str {
    static TEMPLATE: OnceLock<String> = OnceLock::new();
    TEMPLATE.get_or_init(|| {
        let mut content = DefaultHasher::new();
        fixtures::fingerprint().hash(&mut content);
        for script in scripts(Kind::Postgres) {
            std::fs::read(script).expect("a migration").hash(&mut content);
        }
        let name = format!("template_{:016x}", content.finish());
        let mut server = server();
        let lock = |word: &str| format!("SELECT pg_advisory_{word}(7061932)");
        server.batch_execute(&lock("lock")).expect("the advisory lock is taken");
        let existing =
            sql_query(format!("SELECT count(*) AS value FROM pg_database WHERE datname = '{name}'"));
        let existing: IntegerValue = existing.get_result(&mut server).expect("a count");
        if existing.value == 0 {
            let database = TestDatabase::on_server("");
            build(&database);
            let created = database.name();
            database.postgres.take();
            let rename = format!("ALTER DATABASE {created} RENAME TO {name}");
            server.batch_execute(&rename).expect("the template's name");
            std::mem::forget(database);
        }
        server.batch_execute(&lock("unlock")).expect("the advisory lock is released");
        name
    })
}

fn build(database: &TestDatabase) {
    let migrated = Migrations::on(&database.parsed_url()).and_then(|mut migrations| migrations.run());
    migrated.expect("the schema");
    database.run(&fixtures::fixture_sql(database.kind)).expect("the fixture data");
}

/// The paths of the migrations' `up.sql` and `down.sql`, in order.
pub(crate) fn scripts(kind: Kind) -> Vec<PathBuf> {
    let folder = match kind {
        Kind::Sqlite => "sqlite",
        Kind::Postgres => "postgres",
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations").join(folder);
    let mut migrations: Vec<PathBuf> = std::fs::read_dir(root)
        .expect("the migrations")
        .map(|entry| entry.expect("a migration").path())
        .collect();
    migrations.sort();
    let halves =
        migrations.iter().flat_map(|migration| [migration.join("up.sql"), migration.join("down.sql")]);
    halves.collect()
}
