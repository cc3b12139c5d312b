//! Accounts, sessions and refresh tokens in the database.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use shared::{
    account::{Account, Permission, Role},
    api_key::ApiKeyName,
    ids::{AccountId, ApiKeyId, TeamId},
};

use super::{
    TeamScope,
    origin::Origin,
    token::{REFRESH_DAYS, SESSION_DAYS},
};
use crate::db::{
    DbConnection, DbError, Moment, Words, for_update, on_each,
    schema::{accounts, api_key_teams, api_keys, refresh_tokens, sessions, team_members},
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

/// What signing in needs to know of the account with this e-mail address.
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

/// Whether an account still has this password and can sign in; it stays so until the transaction ends.
pub(super) fn still_has(
    conn: &mut DbConnection,
    id: AccountId,
    password_hash: &str,
) -> Result<bool, DbError> {
    let row: Option<(String, Option<Moment>)> = for_update!(
        conn,
        accounts::table
            .filter(accounts::id.eq(id.0))
            .select((accounts::password_hash, accounts::disabled_at)),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.is_some_and(|(kept, disabled_at)| kept == password_hash && disabled_at.is_none()))
}

pub(super) fn insert_session(
    conn: &mut DbConnection,
    account: AccountId,
    origin: &Origin,
    now: DateTime<Utc>,
) -> Result<i64, DbError> {
    Ok(on_each!(conn, |c| diesel::insert_into(sessions::table)
        .values((
            sessions::account_id.eq(account.0),
            sessions::created_at.eq(Moment(now)),
            sessions::last_used_at.eq(Moment(now)),
            sessions::user_agent.eq(&origin.user_agent),
            sessions::address.eq(origin.address.to_string()),
        ))
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
    pub(super) used_at: Option<DateTime<Utc>>,
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
        used_at: used.map(DateTime::from),
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

/// Ends a session; answers whose it was, if it stood.
pub(super) fn revoke_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, DbError> {
    let standing = sessions::table.filter(sessions::id.eq(session)).filter(sessions::revoked_at.is_null());
    let account: Option<i64> = on_each!(conn, |c| diesel::update(standing)
        .set(sessions::revoked_at.eq(Moment(now)))
        .returning(sessions::account_id)
        .get_result(c)
        .optional())?;
    Ok(account.map(AccountId))
}

/// Notes that a session was used.
pub(super) fn touch_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(sessions::table.find(session))
        .set(sessions::last_used_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}

/// A session that is live, with its account.
pub(super) struct LiveSession {
    pub(super) account: Account,
    pub(super) permissions: BTreeSet<Permission>,
    pub(super) created_at: DateTime<Utc>,
}

/// The session, if it is live: not revoked, younger than its longest duration, and the account not disabled.
pub(super) fn live_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<Option<LiveSession>, DbError> {
    let row: Option<(AccountColumns, Words<BTreeSet<Permission>>, Moment)> =
        on_each!(conn, |c| accounts::table
            .inner_join(sessions::table.on(sessions::account_id.eq(accounts::id)))
            .filter(sessions::id.eq(session))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::created_at.gt(Moment(now - TimeDelta::days(SESSION_DAYS))))
            .filter(accounts::disabled_at.is_null())
            .select((ACCOUNT, accounts::permissions, sessions::created_at))
            .first(c)
            .optional())?;
    Ok(row.map(|(columns, Words(permissions), Moment(created_at))| LiveSession {
        account: account(columns),
        permissions,
        created_at,
    }))
}

/// A session as its owner sees it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    pub(super) id: i64,
    pub(super) created_at: Moment,
    pub(super) last_used_at: Moment,
    pub(super) user_agent: String,
    pub(super) address: String,
}

/// An account's live sessions that can still be refreshed, newest first, after one of them.
pub(super) fn live_sessions(
    conn: &mut DbConnection,
    account: AccountId,
    after: Option<i64>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<SessionRow>, DbError> {
    Ok(on_each!(conn, |c| sessions::table
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::id.lt(after.unwrap_or(i64::MAX)))
        .filter(sessions::revoked_at.is_null())
        .filter(sessions::created_at.gt(Moment(now - TimeDelta::days(SESSION_DAYS))))
        .filter(sessions::last_used_at.gt(Moment(now - TimeDelta::days(REFRESH_DAYS))))
        .order(sessions::id.desc())
        .limit(limit)
        .select(SessionRow::as_select())
        .load(c))?)
}

/// The password hash of an account that is not disabled.
pub(super) fn password_hash(conn: &mut DbConnection, id: AccountId) -> Result<Option<String>, DbError> {
    Ok(on_each!(conn, |c| accounts::table
        .filter(accounts::id.eq(id.0))
        .filter(accounts::disabled_at.is_null())
        .select(accounts::password_hash)
        .first(c)
        .optional())?)
}

/// Deletes refresh tokens that expired before `until`, and sessions that were created before it and have none left.
pub(crate) fn delete_expired(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(refresh_tokens::table)
        .filter(refresh_tokens::expires_at.le(Moment(until)))
        .execute(c))?;
    let with_tokens = refresh_tokens::table.select(refresh_tokens::session_id);
    on_each!(conn, |c| diesel::delete(sessions::table)
        .filter(sessions::created_at.le(Moment(until - TimeDelta::days(SESSION_DAYS))))
        .filter(sessions::id.ne_all(with_tokens))
        .execute(c))?;
    Ok(())
}

/// Ends an account's sessions, all of them or all but one.
pub(crate) fn revoke_sessions(
    conn: &mut DbConnection,
    account: AccountId,
    but: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let sessions = sessions::table
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::id.ne(but.unwrap_or_default()))
        .filter(sessions::revoked_at.is_null());
    on_each!(conn, |c| diesel::update(sessions).set(sessions::revoked_at.eq(Moment(now))).execute(c))?;
    Ok(())
}

/// The teams that an account acts in: every one for an admin, else those that it is a member of.
pub(super) fn scope(conn: &mut DbConnection, account: &Account) -> Result<TeamScope, DbError> {
    if account.role == Role::Admin {
        return Ok(TeamScope::Every);
    }
    let ids: Vec<i64> = on_each!(conn, |c| team_members::table
        .filter(team_members::account_id.eq(account.id.0))
        .select(team_members::team_id)
        .load(c))?;
    Ok(TeamScope::Only(ids.into_iter().map(TeamId).collect()))
}

/// An API key that stands, as a caller needs it.
pub(super) struct ApiKeyRow {
    pub(super) name: ApiKeyName,
    pub(super) permissions: BTreeSet<Permission>,
    pub(super) teams: Vec<TeamId>,
    pub(super) last_used_at: Option<DateTime<Utc>>,
}

/// The API key with this hash, unless it was revoked.
pub(super) fn live_api_key(conn: &mut DbConnection, key_hash: &str) -> Result<Option<ApiKeyRow>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| api_keys::table
        .filter(api_keys::key_hash.eq(key_hash))
        .select(api_keys::id)
        .first(c)
        .optional())?;
    id.map_or(Ok(None), |id| live_api_key_by_id(conn, ApiKeyId(id)))
}

/// The API key with this id, unless it was revoked.
pub(super) fn live_api_key_by_id(
    conn: &mut DbConnection,
    id: ApiKeyId,
) -> Result<Option<ApiKeyRow>, DbError> {
    let row: Option<(String, Words<BTreeSet<Permission>>, Option<Moment>)> =
        on_each!(conn, |c| api_keys::table
            .filter(api_keys::id.eq(id.0))
            .filter(api_keys::revoked_at.is_null())
            .select((api_keys::name, api_keys::permissions, api_keys::last_used_at))
            .first(c)
            .optional())?;
    let Some((name, Words(permissions), last_used_at)) = row else {
        return Ok(None);
    };
    let teams: Vec<i64> = on_each!(conn, |c| api_key_teams::table
        .filter(api_key_teams::api_key_id.eq(id.0))
        .select(api_key_teams::team_id)
        .load(c))?;
    Ok(Some(ApiKeyRow {
        name: ApiKeyName { id, name },
        permissions,
        teams: teams.into_iter().map(TeamId).collect(),
        last_used_at: last_used_at.map(DateTime::from),
    }))
}

pub(super) fn note_api_key_use(
    conn: &mut DbConnection,
    id: ApiKeyId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(api_keys::table.find(id.0))
        .set(api_keys::last_used_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}
