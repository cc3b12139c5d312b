//! A private database for each test: a copy of one that has the schema and the world already.

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

/// Where the tests' PostgreSQL cluster is.
const VARIABLE: &str = "SMS_CHAT_TEST_POSTGRES_URL";

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Postgres,
}

/// A moment as it stands in SQL.
pub(crate) fn moment(kind: Kind, time: DateTime<Utc>) -> String {
    match kind {
        Kind::Sqlite => time.timestamp_micros().to_string(),
        Kind::Postgres => format!("'{}'", time.to_rfc3339()),
    }
}

/// A database that only one test knows. Goes with it.
pub(crate) struct TestDatabase {
    pub(crate) kind: Kind,
    /// As in `SMS_CHAT_DATABASE_URL`.
    pub(crate) url: String,
    // The SQLite file's folder.
    folder: Option<tempfile::TempDir>,
    // PostgreSQL takes its time to connect, so once must do; SQLite does not, and would keep its log open.
    postgres: RefCell<Option<PgConnection>>,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = sql_types::BigInt)]
    value: i64,
}

#[derive(QueryableByName)]
struct Word {
    #[diesel(sql_type = sql_types::Text)]
    value: String,
}

impl TestDatabase {
    /// One with the schema and the world.
    pub(crate) fn with_world(kind: Kind) -> Self {
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

    /// One with nothing in it.
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
        let made = server().batch_execute(&format!("CREATE DATABASE {name} {options}"));
        made.expect("a private database");
        Self { kind: Kind::Postgres, url: on_cluster(&name), folder: None, postgres: RefCell::default() }
    }

    /// SQLite's file.
    pub(crate) fn file(&self) -> PathBuf {
        PathBuf::from(self.url.trim_start_matches("sqlite://"))
    }

    pub(crate) fn parsed_url(&self) -> DatabaseUrl {
        self.url.parse().expect("a database URL")
    }

    /// Runs statements past all of the desk's rules, as somebody with a shell would.
    pub(crate) fn run(&self, sql: &str) -> QueryResult<()> {
        match self.kind {
            Kind::Sqlite => sqlite(&self.file()).batch_execute(sql),
            Kind::Postgres => self.on_postgres(|conn| conn.batch_execute(sql)),
        }
    }

    /// The one number that a `SELECT` answers.
    pub(crate) fn number(&self, select: &str) -> i64 {
        let query = sql_query(format!("SELECT CAST(({select}) AS BIGINT) AS value"));
        let row: QueryResult<Number> = match self.kind {
            Kind::Sqlite => query.get_result(&mut sqlite(&self.file())),
            Kind::Postgres => self.on_postgres(|conn| query.get_result(conn)),
        };
        row.unwrap_or_else(|error| panic!("{select}: {error}")).value
    }

    /// The words that a `SELECT` of one column called `value` answers.
    pub(crate) fn words(&self, select: &str) -> Vec<String> {
        let query = sql_query(select);
        let rows: QueryResult<Vec<Word>> = match self.kind {
            Kind::Sqlite => query.get_results(&mut sqlite(&self.file())),
            Kind::Postgres => self.on_postgres(|conn| query.get_results(conn)),
        };
        let rows = rows.unwrap_or_else(|error| panic!("{select}: {error}"));
        rows.into_iter().map(|row| row.value).collect()
    }

    fn on_postgres<T>(&self, work: impl FnOnce(&mut PgConnection) -> T) -> T {
        let mut kept = self.postgres.borrow_mut();
        work(kept.get_or_insert_with(|| postgres(&self.url)))
    }

    /// How many rows of a table fulfil a condition.
    pub(crate) fn count(&self, table: &str, condition: &str) -> i64 {
        self.number(&format!("SELECT count(*) FROM {table} WHERE {condition}"))
    }

    /// A connection of one's own.
    pub(crate) fn sqlite(&self) -> SqliteConnection {
        sqlite(&self.file())
    }

    /// A connection of one's own, for more than one statement.
    pub(crate) fn postgres(&self) -> PgConnection {
        postgres(&self.url)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.folder.is_none() {
            self.postgres.take();
            let name = self.url.rsplit('/').next().unwrap_or_default();
            let gone = server().batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)"));
            if let Err(error) = gone {
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
    PgConnection::establish(url).expect("PostgreSQL")
}

/// The cluster's own database, from which others are made.
fn server() -> PgConnection {
    postgres(&cluster())
}

fn cluster() -> String {
    env::var(VARIABLE).unwrap_or_else(|_| {
        panic!(
            "{VARIABLE} is not set, and this test runs on PostgreSQL. `cargo xtask test` starts a PostgreSQL of the \
             tests' own and sets it; or set it to the URL of a superuser on a cluster that holds nothing of worth."
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

/// The name of a database with schema and world. It stays in the cluster, named for what is in it, so that the next
/// run finds it.
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
        server.batch_execute(&lock("lock")).expect("a turn");
        let known = sql_query(format!("SELECT count(*) AS value FROM pg_database WHERE datname = '{name}'"));
        let known: Number = known.get_result(&mut server).expect("a count");
        if known.value == 0 {
            let database = TestDatabase::on_server("");
            build(&database);
            let made = database.url.rsplit('/').next().unwrap_or_default();
            database.postgres.take();
            let rename = format!("ALTER DATABASE {made} RENAME TO {name}");
            server.batch_execute(&rename).expect("the template's name");
            std::mem::forget(database);
        }
        server.batch_execute(&lock("unlock")).expect("the end of the turn");
        name
    })
}

fn build(database: &TestDatabase) {
    let migrated = Migrations::on(&database.parsed_url()).and_then(|mut migrations| migrations.run());
    migrated.expect("the schema");
    database.run(&fixtures::world(database.kind)).expect("the world");
}

/// The migrations' `up.sql` and `down.sql`, in order.
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
