//! Signing in, staying signed in, signing out. A refresh token is good for one use; when one comes a second time,
//! somebody has a copy, and the whole session ends.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use shared::{
    ErrorCode,
    account::{Account, Session, SignIn},
};

use super::{
    SignInThrottle, TokenKeys, csrf, password, queries,
    token::{REFRESH_DAYS, new_refresh_token, token_hash},
};
use crate::{
    db::{Db, DbConnection, DbError},
    error::ApiError,
    events,
};

/// No account has a longer e-mail address (RFC 5321, 4.5.3.1.3), and nothing longer is remembered.
const LONGEST_EMAIL: usize = 254;

/// A session that has just begun or been refreshed.
pub(super) struct NewSession {
    pub(super) session: Session,
    pub(super) refresh_token: String,
}

/// Signs in with e-mail and password; `address` is where the request came from.
pub(super) async fn sign_in(
    db: &Db,
    keys: &TokenKeys,
    throttle: &SignInThrottle,
    sign_in: SignIn,
    address: &str,
    now: DateTime<Utc>,
) -> Result<NewSession, ApiError> {
    // PostgreSQL takes no NUL; nobody's address holds one.
    let email = sign_in.email.trim().to_lowercase().replace('\0', "\u{fffd}");
    if email.len() > LONGEST_EMAIL {
        return Err(invalid_credentials());
    }
    throttle.attempt(&email, address, now)?;
    let Some((account, hash)) = right_account(db, &email, SecretString::from(sign_in.password)).await? else {
        return Err(invalid_credentials());
    };
    throttle.succeeded(&email, address);
    let refresh_token = new_refresh_token();
    let token = token_hash(&refresh_token);
    let id = account.id;
    let session = db
        .write(move |conn| {
            // A password that was changed, or an account that was shut out, since it was looked at counts.
            if !queries::still_has(conn, id, &hash)? {
                return Err(invalid_credentials());
            }
            let session = queries::insert_session(conn, id, now)?;
            queries::insert_refresh_token(conn, &token, session, now, now + TimeDelta::days(REFRESH_DAYS))?;
            Ok::<_, ApiError>(session)
        })
        .await?;
    begun(keys, account, session, refresh_token, now)
}

/// The account with this e-mail address and password, which can sign in, and the hash that the password belongs to.
/// Takes as long for nobody as for anybody, and holds no connection meanwhile.
async fn right_account(
    db: &Db,
    email: &str,
    given: SecretString,
) -> Result<Option<(Account, String)>, ApiError> {
    let wanted = email.to_owned();
    let row = db.read(move |conn| queries::sign_in_row(conn, &wanted)).await?;
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let right = password::verify_aside(given, hash).await?;
    Ok(row.filter(|row| right && !row.disabled).map(|row| (row.account, row.password_hash)))
}

fn invalid_credentials() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidCredentials,
        "Wrong e-mail or password. Check both, or ask an administrator to set a new password.",
    )
}

/// Exchanges a refresh token for a new one and a new access token.
pub(super) async fn refresh(
    db: &Db,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<NewSession, ApiError> {
    let old_hash = token_hash(token);
    let refresh_token = new_refresh_token();
    let hash = token_hash(&refresh_token);
    // `None` is committed, not rolled back: ending the session of a token that came twice must stand.
    let refreshed = db
        .write(move |conn| {
            let Some(row) = queries::refresh_row(conn, &old_hash)? else {
                return Ok(None);
            };
            if row.used {
                end(conn, row.session, now)?;
                return Ok(None);
            }
            let Some((account, _)) = queries::live_session(conn, row.session)? else {
                return Ok(None);
            };
            if row.expires_at <= now {
                return Ok(None);
            }
            queries::use_refresh_token(conn, &old_hash, now)?;
            queries::insert_refresh_token(
                conn,
                &hash,
                row.session,
                now,
                now + TimeDelta::days(REFRESH_DAYS),
            )?;
            Ok::<_, ApiError>(Some((account, row.session)))
        })
        .await?;
    let Some((account, session)) = refreshed else {
        return Err(ApiError::new(ErrorCode::SessionExpired, "The session has ended. Sign in again."));
    };
    begun(keys, account, session, refresh_token, now)
}

/// Ends a session: neither its access token nor its refresh token is good any more.
pub(super) async fn sign_out(db: &Db, session: i64, now: DateTime<Utc>) -> Result<(), ApiError> {
    db.write(move |conn| Ok(end(conn, session, now)?)).await
}

/// Ends a session, and tells its live streams.
fn end(conn: &mut DbConnection, session: i64, now: DateTime<Utc>) -> Result<(), DbError> {
    match queries::revoke_session(conn, session, now)? {
        Some(account) => events::queries::insert_of_account(conn, Some(account), now),
        None => Ok(()),
    }
}

fn begun(
    keys: &TokenKeys,
    account: Account,
    session: i64,
    refresh_token: String,
    now: DateTime<Utc>,
) -> Result<NewSession, ApiError> {
    let (access_token, expires_at) = keys.sign(account.id.0, session, now)?;
    let csrf_token = csrf::csrf_token(keys, session)?;
    Ok(NewSession { session: Session { account, access_token, expires_at, csrf_token }, refresh_token })
}
