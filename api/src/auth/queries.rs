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
    AsText, DbConnection, DbError, Timestamp, for_update, on_each,
    schema::{accounts, api_key_teams, api_keys, refresh_tokens, sessions, team_members, teams},
};

/// An account as needed for sign-in.
pub(super) struct SignInRow {
    pub(super) account: Account,
    pub(super) password_hash: String,
    pub(super) disabled: bool,
}

type AccountColumns = (i64, String, String, AsText<Role>);

fn account((id, email, display_name, AsText(role)): AccountColumns) -> Account {
    Account { id: AccountId(id), email, display_name, role }
}

const ACCOUNT: (accounts::id, accounts::email, accounts::display_name, accounts::role) =
    (accounts::id, accounts::email, accounts::display_name, accounts::role);

/// Returns the account with this e-mail address.
pub(super) fn sign_in_row(conn: &mut DbConnection, email: &str) -> Result<Option<SignInRow>, DbError> {
    let row: Option<(AccountColumns, String, Option<Timestamp>)> = on_each!(conn, |c| accounts::table
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

/// Whether the account still has this password hash and is not disabled. Locks the row until the transaction ends.
pub(crate) fn has_password_hash(
    conn: &mut DbConnection,
    id: AccountId,
    password_hash: &str,
) -> Result<bool, DbError> {
    let row: Option<(String, Option<Timestamp>)> = for_update!(
        conn,
        accounts::table
            .filter(accounts::id.eq(id.0))
            .select((accounts::password_hash, accounts::disabled_at)),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.is_some_and(|(current, disabled_at)| current == password_hash && disabled_at.is_none()))
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
            sessions::created_at.eq(Timestamp(now)),
            sessions::last_used_at.eq(Timestamp(now)),
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
            refresh_tokens::issued_at.eq(Timestamp(now)),
            refresh_tokens::expires_at.eq(Timestamp(expires_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// A stored refresh token.
pub(super) struct RefreshRow {
    pub(super) session: i64,
    pub(super) expires_at: DateTime<Utc>,
    pub(super) used_at: Option<DateTime<Utc>>,
}

/// Returns the refresh token with this hash, and locks it until the transaction ends.
pub(super) fn refresh_row(conn: &mut DbConnection, token_hash: &str) -> Result<Option<RefreshRow>, DbError> {
    let row: Option<(i64, Timestamp, Option<Timestamp>)> = for_update!(
        conn,
        refresh_tokens::table.filter(refresh_tokens::token_hash.eq(token_hash)).select((
            refresh_tokens::session_id,
            refresh_tokens::expires_at,
            refresh_tokens::used_at,
        )),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(|(session, Timestamp(expires_at), used)| RefreshRow {
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
        .set(refresh_tokens::used_at.eq(Timestamp(now)))
        .execute(c))?;
    Ok(())
}

/// Revokes a session. Returns its account, or `None` if the session does not exist or was already revoked.
pub(super) fn revoke_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<Option<AccountId>, DbError> {
    let not_revoked = sessions::table.filter(sessions::id.eq(session)).filter(sessions::revoked_at.is_null());
    let account: Option<i64> = on_each!(conn, |c| diesel::update(not_revoked)
        .set(sessions::revoked_at.eq(Timestamp(now)))
        .returning(sessions::account_id)
        .get_result(c)
        .optional())?;
    Ok(account.map(AccountId))
}

/// Records that a session was used.
pub(super) fn touch_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(sessions::table.find(session))
        .set(sessions::last_used_at.eq(Timestamp(now)))
        .execute(c))?;
    Ok(())
}

/// A live session with its account.
pub(super) struct LiveSession {
    pub(super) account: Account,
    pub(super) permissions: BTreeSet<Permission>,
    pub(super) created_at: DateTime<Utc>,
    pub(super) last_used_at: DateTime<Utc>,
}

/// Returns the session if it is live: not revoked, younger than [`SESSION_DAYS`], and its account not disabled.
pub(super) fn live_session(
    conn: &mut DbConnection,
    session: i64,
    now: DateTime<Utc>,
) -> Result<Option<LiveSession>, DbError> {
    let row: Option<(AccountColumns, AsText<BTreeSet<Permission>>, Timestamp, Timestamp)> =
        on_each!(conn, |c| accounts::table
            .inner_join(sessions::table.on(sessions::account_id.eq(accounts::id)))
            .filter(sessions::id.eq(session))
            .filter(sessions::revoked_at.is_null())
            .filter(sessions::created_at.gt(Timestamp(now - TimeDelta::days(SESSION_DAYS))))
            .filter(accounts::disabled_at.is_null())
            .select((ACCOUNT, accounts::permissions, sessions::created_at, sessions::last_used_at))
            .first(c)
            .optional())?;
    Ok(row.map(|(columns, AsText(permissions), Timestamp(created_at), Timestamp(last_used_at))| {
        LiveSession { account: account(columns), permissions, created_at, last_used_at }
    }))
}

/// A session as shown to its owner.
#[derive(Queryable, Selectable)]
#[diesel(table_name = sessions)]
pub(super) struct SessionRow {
    pub(super) id: i64,
    pub(super) created_at: Timestamp,
    pub(super) last_used_at: Timestamp,
    pub(super) user_agent: String,
    pub(super) address: String,
}

/// Returns an account's live sessions that can still be refreshed, newest first, starting after the session `after`.
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
        .filter(sessions::created_at.gt(Timestamp(now - TimeDelta::days(SESSION_DAYS))))
        .filter(sessions::last_used_at.gt(Timestamp(now - TimeDelta::days(REFRESH_DAYS))))
        .order(sessions::id.desc())
        .limit(limit)
        .select(SessionRow::as_select())
        .load(c))?)
}

/// Returns the password hash of an account that is not disabled.
pub(super) fn password_hash(conn: &mut DbConnection, id: AccountId) -> Result<Option<String>, DbError> {
    Ok(on_each!(conn, |c| accounts::table
        .filter(accounts::id.eq(id.0))
        .filter(accounts::disabled_at.is_null())
        .select(accounts::password_hash)
        .first(c)
        .optional())?)
}

/// Deletes refresh tokens that expired before `until`, and sessions whose maximum duration ended before it and that
/// have no token left.
pub(crate) fn delete_expired(conn: &mut DbConnection, until: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::delete(refresh_tokens::table)
        .filter(refresh_tokens::expires_at.le(Timestamp(until)))
        .execute(c))?;
    let with_tokens = refresh_tokens::table.select(refresh_tokens::session_id);
    on_each!(conn, |c| diesel::delete(sessions::table)
        .filter(sessions::created_at.le(Timestamp(until - TimeDelta::days(SESSION_DAYS))))
        .filter(sessions::id.ne_all(with_tokens))
        .execute(c))?;
    Ok(())
}

/// Revokes an account's sessions: all of them, or all except one.
pub(crate) fn revoke_sessions(
    conn: &mut DbConnection,
    account: AccountId,
    except: Option<i64>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let sessions = sessions::table
        .filter(sessions::account_id.eq(account.0))
        .filter(sessions::id.ne(except.unwrap_or_default()))
        .filter(sessions::revoked_at.is_null());
    on_each!(conn, |c| diesel::update(sessions).set(sessions::revoked_at.eq(Timestamp(now))).execute(c))?;
    Ok(())
}

/// Returns the teams that an account may access: all for an admin, otherwise those that it is a member of.
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

/// The teams of a scope.
pub(crate) fn team_ids(conn: &mut DbConnection, scope: &TeamScope) -> Result<Vec<TeamId>, DbError> {
    match scope {
        TeamScope::Only(teams) => Ok(teams.clone()),
        TeamScope::Every => {
            let ids: Vec<i64> = on_each!(conn, |c| teams::table.select(teams::id).load(c))?;
            Ok(ids.into_iter().map(TeamId).collect())
        }
    }
}

/// An API key as needed for a request.
pub(super) struct ApiKeyRow {
    pub(super) name: ApiKeyName,
    pub(super) permissions: BTreeSet<Permission>,
    pub(super) teams: Vec<TeamId>,
    /// When the presented secret was last used.
    pub(super) last_used_at: Option<DateTime<Utc>>,
    /// When the presented secret stops working.
    pub(super) expires_at: Option<DateTime<Utc>>,
}

/// Returns the API key whose present or previous secret has this hash, unless the key was revoked.
pub(super) fn live_api_key(conn: &mut DbConnection, key_hash: &str) -> Result<Option<ApiKeyRow>, DbError> {
    /// When a secret was last used, and when it expires.
    type Times = (Option<Timestamp>, Option<Timestamp>);
    type Columns = (i64, String, AsText<BTreeSet<Permission>>, String, Times, Times);
    let row: Option<Columns> = on_each!(conn, |c| api_keys::table
        .filter(api_keys::key_hash.eq(key_hash).or(api_keys::previous_hash.eq(key_hash)))
        .filter(api_keys::revoked_at.is_null())
        .select((
            api_keys::id,
            api_keys::name,
            api_keys::permissions,
            api_keys::key_hash,
            (api_keys::last_used_at, api_keys::expires_at),
            (api_keys::previous_used_at, api_keys::previous_expires_at),
        ))
        .first(c)
        .optional())?;
    let Some((id, name, AsText(permissions), present_hash, present, previous)) = row else {
        return Ok(None);
    };
    let teams: Vec<i64> = on_each!(conn, |c| api_key_teams::table
        .filter(api_key_teams::api_key_id.eq(id))
        .select(api_key_teams::team_id)
        .load(c))?;
    let (last_used_at, expires_at) = if present_hash == key_hash { present } else { previous };
    Ok(Some(ApiKeyRow {
        name: ApiKeyName { id: ApiKeyId(id), name },
        permissions,
        teams: teams.into_iter().map(TeamId).collect(),
        last_used_at: last_used_at.map(DateTime::from),
        expires_at: expires_at.map(DateTime::from),
    }))
}

/// Records the use of an API key by the secret with this hash.
pub(super) fn record_api_key_use(
    conn: &mut DbConnection,
    key_hash: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let used = Timestamp(now);
    on_each!(conn, |c| diesel::update(api_keys::table.filter(api_keys::key_hash.eq(key_hash)))
        .set(api_keys::last_used_at.eq(used))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(api_keys::table.filter(api_keys::previous_hash.eq(key_hash)))
        .set((api_keys::last_used_at.eq(used), api_keys::previous_used_at.eq(used)))
        .execute(c))?;
    Ok(())
}
