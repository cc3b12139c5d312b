//! The table of preferences.

use diesel::{prelude::*, upsert::excluded};
use shared::{ids::AccountId, preferences::Preferences};

use crate::db::{DbConnection, DbError, on_each, schema::preferences};

/// Returns an account's preferences. What cannot be read has its default, so that the account can still work.
pub(crate) fn find(conn: &mut DbConnection, account: AccountId) -> Result<Preferences, DbError> {
    let fields: Option<String> = on_each!(conn, |c| preferences::table
        .find(account.0)
        .select(preferences::fields)
        .first(c)
        .optional())?;
    Ok(fields.and_then(|fields| serde_json::from_str(&fields).ok()).unwrap_or_default())
}

/// Stores an account's preferences in place of the earlier ones.
pub(super) fn store(conn: &mut DbConnection, account: AccountId, new: &Preferences) -> Result<(), DbError> {
    let fields = serde_json::to_string(new)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    let values = (preferences::account_id.eq(account.0), preferences::fields.eq(fields));
    on_each!(conn, |c| diesel::insert_into(preferences::table)
        .values(values)
        .on_conflict(preferences::account_id)
        .do_update()
        .set(preferences::fields.eq(excluded(preferences::fields)))
        .execute(c))?;
    Ok(())
}
