//! Finding conversations by number, reference or name (rule 12). `fold` says what is the same to a search, [`term`]
//! reads what was typed; `sqlite` and `postgres` know their databases' text indexes.

pub(crate) mod fold;
mod postgres;
mod queries;
pub mod routes;
mod sqlite;
pub mod term;

pub use queries::{Wanted, find};

use crate::db::{Db, DbError};

/// Folds every conversation's text anew, a batch at a time: after a migration, which can only fill them in as SQL can.
///
/// # Errors
/// Only faults of the database.
pub async fn refold(db: &Db) -> Result<(), DbError> {
    let mut last = Some(0);
    while let Some(after) = last {
        last = db.write(move |conn| queries::refold(conn, after)).await?;
    }
    Ok(())
}
