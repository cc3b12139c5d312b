//! Runs the database migrations. Each migration has a script for both databases, `migrations/{sqlite,postgres}`; the
//! scripts are embedded in the binary.

use diesel::{
    migration::{Migration, MigrationSource},
    pg::Pg,
    sqlite::Sqlite,
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose, on_each},
    files,
    text_query::TextQuery,
    transfer,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
/// Lets only one replica migrate at a time. The number is arbitrary.
const LOCK: &str = "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock(7061931)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7061931)";

/// A connection for migrations.
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Migrations {
    conn: DbConnection,
}

impl Migrations {
    /// Connects to the database. Creates a missing SQLite file.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub fn on(url: &DatabaseUrl) -> Result<Self, DbError> {
        if let DatabaseUrl::Sqlite(path) = url {
            files::prepare(path).map_err(|error| DbError::Unreachable(error.to_string()))?;
        }
        let conn = Connections { url: url.clone(), purpose: Purpose::Write }
            .establish()
            .map_err(|error| DbError::Unreachable(error.to_string()))?;
        Ok(Self { conn })
    }

    /// Migrates on a connection that is already open.
    pub(super) fn on_connection(conn: DbConnection) -> Self {
        Self { conn }
    }

    /// Returns the connection.
    pub(super) fn into_connection(self) -> DbConnection {
        self.conn
    }

    /// Runs all pending migrations and returns their number. Of several processes, one at a time runs them; the others
    /// wait.
    ///
    /// # Errors
    /// When a migration fails: the migrations before it stay applied. `NewerSchema` when the database has a migration
    /// that this program does not know, `UnfinishedMove` when a move into the database is unfinished.
    pub fn run(&mut self) -> Result<usize, DbError> {
        transfer::refuse_unfinished(&mut self.conn)?;
        if matches!(self.conn, DbConnection::Postgres(_)) {
            self.conn.batch(LOCK)?;
        }
        let ran = self.run_locked();
        if matches!(self.conn, DbConnection::Postgres(_)) {
            let unlocked = self.conn.batch(UNLOCK);
            // The error of the migration is the cause.
            return ran.and_then(|ran| unlocked.map(|()| ran));
        }
        ran
    }

    fn run_locked(&mut self) -> Result<usize, DbError> {
        self.refuse_newer()?;
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.run_pending_migrations(scripts).map(|ran| ran.len()))
            .map_err(|error| DbError::Unreachable(format!("a migration failed: {error}")))
    }

    /// Returns the number of pending migrations.
    ///
    /// # Errors
    /// When the applied migrations cannot be read. `NewerSchema` when the database has a migration that this program
    /// does not know.
    pub fn missing(&mut self) -> Result<usize, DbError> {
        self.refuse_newer()?;
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.pending_migrations(scripts).map(|pending| pending.len()))
            .map_err(unreadable)
    }

    /// Refuses a database that a newer version has migrated: this version does not know what its columns mean.
    fn refuse_newer(&mut self) -> Result<(), DbError> {
        match SchemaState::of(&mut self.conn)?.unknown {
            Some(version) => Err(DbError::NewerSchema(version)),
            None => Ok(()),
        }
    }

    fn scripts(&self) -> EmbeddedMigrations {
        match self.conn {
            DbConnection::Postgres(_) => POSTGRES,
            DbConnection::Sqlite(_) => SQLITE,
        }
    }

    /// Reverts all migrations, newest first, and returns their number. For tests.
    ///
    /// # Errors
    /// When a migration fails.
    pub fn revert_all(&mut self) -> Result<usize, DbError> {
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.revert_all_migrations(scripts).map(|reverted| reverted.len()))
            .map_err(|error| DbError::Unreachable(format!("a migration could not be reverted: {error}")))
    }
}

/// The migrations of a database, compared with those of this program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct SchemaState {
    /// The newest applied migration. `None` if the database has none of this program's migrations.
    pub(super) newest: Option<String>,
    /// Number of migrations of this program that were not applied.
    pub(super) pending: usize,
    /// The newest applied migration that this program does not know.
    pub(super) unknown: Option<String>,
}

impl SchemaState {
    /// Reads the applied migrations. Changes nothing, unlike [`Migrations::missing`], which creates their table.
    pub(super) fn of(conn: &mut DbConnection) -> Result<Self, DbError> {
        let exists = match conn {
            DbConnection::Postgres(_) => "SELECT to_regclass('__diesel_schema_migrations')::text",
            DbConnection::Sqlite(_) => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name = '__diesel_schema_migrations'"
            }
        };
        let known = known(conn)?;
        if TextQuery::new(exists).value(conn)?.is_none() {
            return Ok(Self { newest: None, pending: known.len(), unknown: None });
        }
        let applied =
            TextQuery::new("SELECT version FROM __diesel_schema_migrations ORDER BY version").load(conn)?;
        let applied: Vec<String> =
            applied.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        let is_ours = applied.iter().any(|version| known.contains(version));
        Ok(Self {
            pending: known.iter().filter(|version| !applied.contains(version)).count(),
            unknown: applied.iter().rfind(|version| !known.contains(version)).cloned(),
            newest: applied.last().filter(|_| is_ours).cloned(),
        })
    }
}

/// Returns the versions of this program's migrations.
fn known(conn: &DbConnection) -> Result<Vec<String>, DbError> {
    let versions = match conn {
        DbConnection::Postgres(_) => MigrationSource::<Pg>::migrations(&POSTGRES)
            .map(|all| all.iter().map(|one| one.name().version().to_string()).collect::<Vec<_>>()),
        DbConnection::Sqlite(_) => MigrationSource::<Sqlite>::migrations(&SQLITE)
            .map(|all| all.iter().map(|one| one.name().version().to_string()).collect()),
    };
    versions.map_err(|error| DbError::Unreachable(format!("the migrations cannot be read: {error}")))
}

fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    DbError::Unreachable(format!("the applied migrations cannot be read: {error}"))
}
