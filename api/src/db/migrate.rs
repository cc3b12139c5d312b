//! Runs the database migrations. Each migration has a script for both databases, `migrations/{sqlite,postgres}`; the
//! scripts are embedded in the binary.

use diesel::{
    backend::Backend,
    migration::{self, MigrationSource},
};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose, on_each},
    files,
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

    /// Runs all pending migrations and returns their number. Of several processes, one at a time runs them; the others
    /// wait.
    ///
    /// # Errors
    /// When a migration fails: the migrations before it stay applied. `NewerSchema` when the database has a migration
    /// that this program does not know.
    pub fn run(&mut self) -> Result<usize, DbError> {
        if matches!(self.conn, DbConnection::Postgres(_)) {
            self.conn.batch(LOCK)?;
        }
        let ran = self.run_locked();
        if matches!(self.conn, DbConnection::Postgres(_)) {
            self.conn.batch(UNLOCK)?;
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
        let scripts = self.scripts();
        match on_each!(&mut self.conn, |conn| newest_unknown(conn, &scripts)).map_err(unreadable)? {
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

fn unreadable(error: Box<dyn std::error::Error + Send + Sync>) -> DbError {
    DbError::Unreachable(format!("the applied migrations cannot be read: {error}"))
}

/// Returns the newest applied migration that is not among the scripts.
fn newest_unknown<D: Backend>(
    conn: &mut impl MigrationHarness<D>,
    scripts: &EmbeddedMigrations,
) -> migration::Result<Option<String>> {
    let scripts = MigrationSource::<D>::migrations(scripts)?;
    let known: Vec<String> = scripts.iter().map(|script| script.name().version().to_string()).collect();
    let applied = conn.applied_migrations()?;
    Ok(applied.iter().map(ToString::to_string).filter(|version| !known.contains(version)).max())
}
