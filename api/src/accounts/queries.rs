//! Accounts and memberships in the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    account::{Permission, Role},
    ids::{AccountId, TeamId},
};

use crate::db::{
    DbConnection, DbError, Moment, Words, on_each,
    schema::{accounts, team_members, teams},
};

/// Makes an account; `None` when the e-mail address is taken.
pub(crate) fn insert(
    conn: &mut DbConnection,
    email: &str,
    display_name: &str,
    role: Role,
    permissions: &BTreeSet<Permission>,
    password_hash: &str,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, DbError> {
    let values = (
        accounts::email.eq(email),
        accounts::display_name.eq(display_name),
        accounts::role.eq(Words(role)),
        accounts::permissions.eq(Words(permissions.clone())),
        accounts::password_hash.eq(password_hash),
        accounts::created_at.eq(Moment(now)),
    );
    let id: Option<i64> = on_each!(conn, |c| diesel::insert_into(accounts::table)
        .values(values)
        .on_conflict_do_nothing()
        .returning(accounts::id)
        .get_result(c)
        .optional())?;
    Ok(id.map(AccountId))
}

/// Makes an account a member of a team.
pub(crate) fn insert_member(
    conn: &mut DbConnection,
    team: TeamId,
    account: AccountId,
) -> Result<(), DbError> {
    let values = (team_members::team_id.eq(team.0), team_members::account_id.eq(account.0));
    on_each!(conn, |c| diesel::insert_into(team_members::table)
        .values(values)
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(())
}

/// Shuts an account out.
pub(crate) fn disable(
    conn: &mut DbConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(accounts::table.find(account.0))
        .set(accounts::disabled_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}

/// Whether there is any account.
pub(crate) fn any(conn: &mut DbConnection) -> Result<bool, DbError> {
    let id: Option<i64> = on_each!(conn, |c| accounts::table.select(accounts::id).first(c).optional())?;
    Ok(id.is_some())
}

pub(super) fn team_by_name(conn: &mut DbConnection, name: &str) -> Result<Option<TeamId>, DbError> {
    let id: Option<i64> =
        on_each!(conn, |c| teams::table.filter(teams::name.eq(name)).select(teams::id).first(c).optional())?;
    Ok(id.map(TeamId))
}

/// The password hashes of those accounts among `emails` that exist.
pub(super) fn password_hashes(
    conn: &mut DbConnection,
    emails: &[&str],
) -> Result<Vec<(String, String)>, DbError> {
    Ok(on_each!(conn, |c| accounts::table
        .filter(accounts::email.eq_any(emails))
        .select((accounts::email, accounts::password_hash))
        .load(c))?)
}
