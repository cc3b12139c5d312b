//! The members of teams: lists them for their colleagues, adds and removes them.

use chrono::{DateTime, Utc};
use shared::{
    account::{AccountDetail, AccountName},
    ids::{AccountId, TeamId},
};

use super::{
    change::{detail, record_change},
    queries,
};
use crate::{
    accounts::{self, change::ManageAccountError},
    auth::{Authority, LookupError, TeamScope},
    db::{DbConnection, DbError, Lock},
    events,
};

/// Why a membership was not changed.
#[derive(Debug, thiserror::Error)]
pub enum MembershipError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// The caller may not change the account.
    #[error(transparent)]
    Account(#[from] ManageAccountError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Adds an account to a team, or removes it. Returns the account as it was.
///
/// # Errors
/// [`MembershipError`].
pub fn set_member(
    conn: &mut DbConnection,
    authority: &Authority,
    id: TeamId,
    account: AccountId,
    belongs: bool,
    now: DateTime<Utc>,
) -> Result<AccountDetail, MembershipError> {
    conn.advisory_lock(Lock::Accounts)?;
    detail(conn, authority.scope(), id)?;
    let member = accounts::change::find_manageable(conn, authority, account)?;
    if belongs {
        accounts::queries::insert_member(conn, id, account)?;
    } else {
        accounts::queries::delete_member(conn, id, account)?;
    }
    events::queries::insert_of_account(conn, Some(account), now)?;
    record_change(conn, id, now)?;
    Ok(member)
}

/// Returns the enabled members of a team, by name.
///
/// # Errors
/// [`LookupError`].
pub fn colleagues(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: TeamId,
) -> Result<Vec<AccountName>, LookupError> {
    queries::require(conn, scope, id)?;
    Ok(queries::colleagues(conn, id)?)
}
