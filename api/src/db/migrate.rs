//! Brings a database to the present schema. The scripts come in pairs, `migrations/{sqlite,postgres}`, and are part of
//! the binary.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{
    DatabaseUrl, DbConnection, DbError,
    connection::{Connections, Purpose, on_each},
    files,
};

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");
/// Serialises replicas that start together; the number is arbitrary and only ours.
const LOCK: &str = "SELECT pg_advisory_lock(7061931)";
const UNLOCK: &str = "SELECT pg_advisory_unlock(7061931)";

/// A connection that may change the schema.
#[expect(missing_debug_implementations, reason = "a connection has none")]
pub struct Migrations {
    conn: DbConnection,
}

impl Migrations {
    /// Connects.
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

    /// Runs what has not run yet, and answers how many that were.
    ///
    /// # Errors
    /// When a script fails; those before it stand.
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

    /// How many have not run yet.
    ///
    /// # Errors
    /// When the database does not say.
    pub fn missing(&mut self) -> Result<usize, DbError> {
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.pending_migrations(scripts).map(|missing| missing.len()))
            .map_err(|error| DbError::Unreachable(format!("its migrations cannot be read: {error}")))
    }

    fn scripts(&self) -> EmbeddedMigrations {
        match self.conn {
            DbConnection::Postgres(_) => POSTGRES,
            DbConnection::Sqlite(_) => SQLITE,
        }
    }

    /// Takes every migration back, newest first. For tests of the pairs.
    ///
    /// # Errors
    /// When a script fails.
    pub fn revert_all(&mut self) -> Result<usize, DbError> {
        let scripts = self.scripts();
        on_each!(&mut self.conn, |conn| conn.revert_all_migrations(scripts).map(|gone| gone.len()))
            .map_err(|error| DbError::Unreachable(format!("a migration cannot be taken back: {error}")))
    }
}
