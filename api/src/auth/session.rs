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
use crate::{db::Db, error::ApiError};

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
    if let Some(seconds) = throttle.wait(&email, address, now) {
        let detail = format!("Too many failed sign-ins. Try again in {seconds} s.");
        return Err(ApiError::new(ErrorCode::TooManyRequests, detail).retry_after(seconds));
    }
    let given = SecretString::from(sign_in.password);
    let wanted = email.clone();
    let account: Option<Account> = db
        .read(move |conn| {
            let row = queries::sign_in_row(conn, &wanted)?;
            let right = password::verify(&given, row.as_ref().map(|row| row.password_hash.as_str()));
            Ok::<_, ApiError>(row.filter(|row| right && !row.disabled).map(|row| row.account))
        })
        .await?;
    let Some(account) = account else {
        throttle.failed(&email, address, now);
        return Err(ApiError::new(
            ErrorCode::InvalidCredentials,
            "No account has this e-mail address and password. Check both, or ask an administrator.",
        ));
    };
    throttle.succeeded(&email);
    let refresh_token = new_refresh_token();
    let hash = token_hash(&refresh_token);
    let id = account.id;
    let session = db
        .write(move |conn| {
            let session = queries::insert_session(conn, id, now)?;
            queries::insert_refresh_token(conn, &hash, session, now, now + TimeDelta::days(REFRESH_DAYS))?;
            Ok::<_, ApiError>(session)
        })
        .await?;
    begun(keys, account, session, refresh_token, now)
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
                queries::revoke_session(conn, row.session, now)?;
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
    db.write(move |conn| Ok(queries::revoke_session(conn, session, now)?)).await
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
