//! What accounts have set for themselves. It is the same on all their devices.

pub(crate) mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    ids::AccountId,
    preferences::{Preferences, UNDO_SECONDS},
};

use crate::{
    accounts,
    auth::TeamScope,
    db::{DbConnection, DbError},
    events,
    fields::{Invalid, Validation},
    precondition::{Changed, Expected},
};

/// Why preferences were not stored.
#[derive(Debug, thiserror::Error)]
pub enum PreferencesError {
    /// The preferences have another version than the caller expects.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// A field is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns an account's preferences, without those for teams that it has left.
///
/// # Errors
/// Only database errors.
pub fn get(conn: &mut DbConnection, scope: &TeamScope, account: AccountId) -> Result<Preferences, DbError> {
    let mut preferences = queries::find(conn, account)?;
    preferences.muted.retain(|muted| scope.includes(muted.team_id));
    Ok(preferences)
}

/// Stores an account's preferences. An event names the account, for its other devices.
///
/// # Errors
/// [`PreferencesError`].
pub fn put(
    conn: &mut DbConnection,
    scope: &TeamScope,
    account: AccountId,
    expected: &Expected,
    new: &Preferences,
    now: DateTime<Utc>,
) -> Result<(), PreferencesError> {
    // Two requests of one account do not compare before either has stored.
    accounts::queries::lock(conn, account)?;
    expected.check(&get(conn, scope, account)?)?;
    let mut validation = Validation::default();
    if !UNDO_SECONDS.contains(&new.undo_seconds) {
        validation.reject("undo_seconds", "invalid", "Use 0, 5 or 10.");
    }
    if let Some(muted) = new.muted.iter().find(|muted| !scope.includes(muted.team_id)) {
        let message = format!("You are not in a team {}. Leave it out.", muted.team_id);
        validation.reject("muted", "unknown", message);
    }
    if new
        .muted
        .iter()
        .enumerate()
        .any(|(place, muted)| new.muted.iter().take(place).any(|other| other == muted))
    {
        validation.reject("muted", "duplicate", "Name each kind of a team once.");
    }
    validation.finish()?;
    queries::store(conn, account, new)?;
    Ok(events::queries::insert_of_account(conn, Some(account), now)?)
}
