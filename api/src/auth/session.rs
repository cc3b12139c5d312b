//! Signing in and signing out.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use shared::{
    ErrorCode,
    account::{Account, Session, SignIn},
    clean::clean_code,
};

use super::{
    TokenKeys, csrf,
    device::Device,
    origin::Origin,
    queries::{self, SignInRow},
    security_log::SecurityEvent,
    throttle::Key,
    token::{REFRESH_DAYS, SESSION_DAYS, new_refresh_token, token_hash},
};
use crate::{
    db::{Db, DbConnection, DbError},
    desk::Desk,
    error::ApiError,
    events,
};

/// No account has a longer e-mail address (RFC 5321, 4.5.3.1.3), and nothing longer is remembered.
const LONGEST_EMAIL: usize = 254;

/// A session that has just begun or been refreshed.
pub(super) struct NewSession {
    pub(super) session: Session,
    pub(super) refresh_token: String,
    /// When the refresh token expires.
    pub(super) refresh_until: DateTime<Utc>,
    /// What the browser presents at the next sign-in; only after a sign-in.
    pub(super) device: Option<String>,
}

/// Signs in with e-mail and password.
pub(super) async fn sign_in(desk: &Desk, sign_in: SignIn, origin: &Origin) -> Result<NewSession, ApiError> {
    // PostgreSQL stores no NUL, so no address has one.
    let email = clean_code(&sign_in.email).to_lowercase().replace('\0', "\u{fffd}");
    if email.len() > LONGEST_EMAIL {
        return Err(invalid_credentials());
    }
    let device = Device::read(origin.device.as_deref());
    let keys = match device.id_for(&desk.keys, &email)? {
        Some(id) => vec![Key::Device(email.clone(), id.to_owned())],
        None => {
            let network = origin.address.into();
            vec![Key::Email(email.clone(), network), Key::Network(network), Key::EmailAnywhere(email.clone())]
        }
    };
    let attempt = desk.throttle.attempt(keys, desk.clock.monotonic())?;
    let (row, is_right) = match check(desk, &email, SecretString::from(sign_in.password)).await {
        Ok(checked) => checked,
        Err(error) => {
            attempt.withdraw();
            return Err(error);
        }
    };
    let known = row.as_ref().map(|row| row.account.id);
    let Some((account, hash)) =
        row.filter(|row| is_right && !row.disabled).map(|row| (row.account, row.password_hash))
    else {
        SecurityEvent::new("sign_in_refused").account(known).address(origin.address).log();
        if attempt.reaches_limit() {
            SecurityEvent::new("locked_out").account(known).address(origin.address).log();
        }
        return Err(invalid_credentials());
    };
    attempt.succeeded();
    let now = desk.clock.now();
    let refresh_token = new_refresh_token();
    let (token, id, origin_stored) = (token_hash(&refresh_token), account.id, origin.clone());
    let refresh_until = now + TimeDelta::days(REFRESH_DAYS);
    let session = desk
        .db
        .write(move |conn| {
            // The password may have been changed, or the account disabled, since the check.
            if !queries::still_has(conn, id, &hash)? {
                return Err(invalid_credentials());
            }
            let session = queries::insert_session(conn, id, &origin_stored, now)?;
            queries::insert_refresh_token(conn, &token, session, now, refresh_until)?;
            Ok::<_, ApiError>(session)
        })
        .await?;
    SecurityEvent::new("signed_in").account(id).session(session).address(origin.address).log();
    let device = Some(device.signed_in(&desk.keys, &email)?);
    let session = tokens(&desk.keys, account, session, now, now + TimeDelta::days(SESSION_DAYS))?;
    Ok(NewSession { session, refresh_token, refresh_until, device })
}

/// The account with this e-mail address, and whether the password is its own. Takes as long when there is no such
/// account, and holds no connection while it hashes.
async fn check(desk: &Desk, email: &str, given: SecretString) -> Result<(Option<SignInRow>, bool), ApiError> {
    let wanted = email.to_owned();
    let row = desk.db.read(move |conn| queries::sign_in_row(conn, &wanted)).await?;
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let is_right = desk.passwords.verify(given, hash).await?;
    Ok((row, is_right))
}

fn invalid_credentials() -> ApiError {
    ApiError::new(
        ErrorCode::InvalidCredentials,
        "Wrong e-mail or password. Check both, or ask an administrator to set a new password.",
    )
}

/// Ends a session: neither its access token nor its refresh token is good any more.
pub(super) async fn sign_out(db: &Db, session: i64, now: DateTime<Utc>) -> Result<(), ApiError> {
    let ended = db.write(move |conn| end(conn, session, now)).await?;
    if ended {
        SecurityEvent::new("signed_out").session(session).log();
    }
    Ok(())
}

/// Ends a session and its live streams. Returns whether it was live.
pub(super) fn end(conn: &mut DbConnection, session: i64, now: DateTime<Utc>) -> Result<bool, DbError> {
    let account = queries::revoke_session(conn, session, now)?;
    if account.is_some() {
        events::queries::insert_of_account(conn, account, now)?;
    }
    Ok(account.is_some())
}

/// An access token and a CSRF token for a session that ends at `ends_at` at the latest.
pub(super) fn tokens(
    keys: &TokenKeys,
    account: Account,
    session: i64,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<Session, ApiError> {
    let (access_token, expires_at) = keys.sign(account.id.0, session, now, ends_at)?;
    let csrf_token = csrf::csrf_token(keys, session)?;
    Ok(Session { account, access_token, expires_at, csrf_token })
}
