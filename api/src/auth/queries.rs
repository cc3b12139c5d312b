//! Accounts, sessions and refresh tokens in the database.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    account::{Account, Permission, Role},
    ids::{AccountId, TeamId},
};

use crate::db::{
    DbConnection, DbError, Moment, Words, for_update, on_each,
    schema::{accounts, refresh_tokens, sessions, team_members},
};

/// What signing in needs to know of an account.
pub(super) struct SignInRow {
    pub(super) account: Account,
    pub(super) password_hash: String,
    pub(super) disabled: bool,
}

type AccountColumns = (i64, String, String, Words<Role>);

fn account((id, email, display_name, Words(role)): AccountColumns) -> Account {
    Account { id: AccountId(id), email, display_name, role }
}

const ACCOUNT: (accounts::id, accounts::email, accounts::display_name, accounts::role) =
    (accounts::id, accounts::email, accounts::display_name, accounts::role);

pub(super) fn sign_in_row(conn: &mut DbConnection, email: &str) -> Result<Option<SignInRow>, DbError> {
    let row: Option<(AccountColumns, String, Option<Moment>)> = on_each!(conn, |c| accounts::table
        .filter(accounts::email.eq(email))
        .select((ACCOUNT, accounts::password_hash, accounts::disabled_at))
        .first(c)
        .optional())?;
    Ok(row.map(|(columns, password_hash, disabled_at)| SignInRow {
        account: account(columns),
        password_hash,
        disabled: disabled_at.is_some(),
    }))
}

pub(super) fn insert_session(
    conn: &mut DbConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<i64, DbError> {
    Ok(on_each!(conn, |c| diesel::insert_into(sessions::table)
        .values((sessions::account_id.eq(account.0), sessions::created_at.eq(Moment(now))))
        .returning(sessions::id)
        .get_result(c))?)
}

pub(super) fn insert_refresh_token(
    conn: &mut DbConnection,
    token_hash: &str,
    session: i64,
    now: DateTime<Utc>,
    expires_at: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::insert_into(refresh_tokens::table)
        .values((
            refresh_tokens::token_hash.eq(token_hash),
            refresh_tokens::session_id.eq(session),
            refresh_tokens::issued_at.eq(Moment(now)),
            refresh_tokens::expires_at.eq(Moment(expires_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// A refresh token as it is kept.
pub(super) struct RefreshRow {
    pub(super) session: i64,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) used: bool,
}

/// The refresh token with this hash, locked until the transaction ends.
pub(super) fn refresh_row(conn: &mut DbConnection, token_hash: &str) -> Result<Option<RefreshRow>, DbError> {
    let row: Option<(i64, Moment, Option<Moment>)> = for_update!(
        conn,
        refresh_tokens::table.filter(refresh_tokens::token_hash.eq(token_hash)).select((
            refresh_tokens::session_id,
            refresh_tokens::expires_at,
            refresh_tokens::used_at,
        )),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(|(session, Moment(expires_at), used)| RefreshRow {
        session,
        expires_at,
        used: used.is_some(),
    }))
}

pub(super) fn use_refresh_token(
    conn: &mut DbConnection,
    token_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(refresh_tokens::table.find(token_hash))
        .set(refresh_tokens::used_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}

pub(super) fn revoke_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(sessions::table.find(session))
        .filter(sessions::revoked_at.is_null())
        .set(sessions::revoked_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}

/// The account of a session that stands: not revoked, and the account not disabled.
pub(super) fn live_session(
    conn: &mut DbConnection,
    session: i64,
) -> Result<Option<(Account, BTreeSet<Permission>)>, DbError> {
    let row: Option<(AccountColumns, Words<BTreeSet<Permission>>)> = on_each!(conn, |c| accounts::table
        .inner_join(sessions::table.on(sessions::account_id.eq(accounts::id)))
        .filter(sessions::id.eq(session))
        .filter(sessions::revoked_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .select((ACCOUNT, accounts::permissions))
        .first(c)
        .optional())?;
    Ok(row.map(|(columns, Words(permissions))| (account(columns), permissions)))
}

/// The teams that an account is a member of.
pub(super) fn memberships(conn: &mut DbConnection, account: AccountId) -> Result<Vec<TeamId>, DbError> {
    let ids: Vec<i64> = on_each!(conn, |c| team_members::table
        .filter(team_members::account_id.eq(account.0))
        .select(team_members::team_id)
        .load(c))?;
    Ok(ids.into_iter().map(TeamId).collect())
}
