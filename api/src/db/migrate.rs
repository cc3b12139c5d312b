//! Runs the database migrations. Each migration has a script for both databases, `migrations/{sqlite,postgres}`; the
//! scripts are embedded in the binary.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose, on_each},
    files,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
/// Lets only one replica migrate at a time. The number is arbitrary.
const LOCK: &str = "SELECT pg_advisory_lock(7061931)";
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

    /// Runs all pending migrations and returns their number.
    ///
    /// # Errors
    /// When a migration fails. The migrations before it stay applied.
    pub fn run(&mut self) -> Result<usize, DbError> {
        if matches!(self.conn, DbConnection::Postgres(_)) {
            self.conn.batch(LOCK)?;
        }
        let scripts = self.scripts();
        let ran = on_each!(&mut self.conn, |conn| conn.run_pending_migrations(scripts).map(|ran| ran.len()));
        if matches!(self.conn, DbConnection::Postgres(_)) {
            self.conn.batch(UNLOCK)?;
        }
        ran.map_err(|error| DbError::Unreachable(format!("a migration failed: {error}")))
    }

    /// Returns the number of pending migrations.
    ///
    /// # Errors
    /// When the applied migrations cannot be read.
    pub fn missing(&mut self) -> Result<usize, DbError> {
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.pending_migrations(scripts).map(|pending| pending.len()))
            .map_err(|error| DbError::Unreachable(format!("the applied migrations cannot be read: {error}")))
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
