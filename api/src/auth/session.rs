//! Signing in and signing out.

use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use shared::{
    account::{Account, Session, SignIn},
    audit_entry::{AuditAction, AuditSubjectKind},
    clean::clean_code,
    ids::AccountId,
};

use super::{
    Authenticator, Caller, PasswordError, TokenKeys,
    audit_log::{AuditEvent, anonymous},
    csrf,
    device::Device,
    origin::Origin,
    queries::{self, SignInRow},
    throttle::{Key, Throttled},
    token::{REFRESH_DAYS, SESSION_DAYS, SigningError, new_refresh_token, token_hash},
};
use crate::{
    db::{Db, DbConnection, DbError},
    events,
};

/// Maximum length of an e-mail address (RFC 5321, 4.5.3.1.3). It also limits the memory of the sign-in throttle.
const MAX_EMAIL: usize = 254;

/// Why a sign-in is refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No enabled account has this e-mail address and password.
    #[error("Wrong e-mail or password. Check both, or ask an administrator to set a new password.")]
    InvalidCredentials,
    /// Too many sign-ins have failed.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The password cannot be verified at the moment.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// A token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// A session after sign-in or refresh.
pub(super) struct NewSession {
    pub(super) session: Session,
    pub(super) refresh_token: String,
    /// When the refresh token expires.
    pub(super) refresh_until: DateTime<Utc>,
    /// The device cookie for the browser's next sign-in. `None` after a refresh.
    pub(super) device: Option<String>,
}

/// Signs in with e-mail and password.
pub(super) async fn sign_in(
    auth: &Authenticator,
    sign_in: SignIn,
    origin: &Origin,
) -> Result<NewSession, SignInError> {
    // PostgreSQL refuses NUL in text, so no stored address contains one.
    let email = clean_code(&sign_in.email).to_lowercase().replace('\0', "\u{fffd}");
    if email.len() > MAX_EMAIL {
        return Err(SignInError::InvalidCredentials);
    }
    let device = Device::read(origin.device.as_deref());
    let keys = match device.id_for(&auth.keys, &email)? {
        Some(id) => vec![Key::Device(email.clone(), id.to_owned())],
        None => {
            let network = origin.address.into();
            vec![Key::Email(email.clone(), network), Key::Network(network), Key::EmailAnywhere(email.clone())]
        }
    };
    let attempt = auth.throttle.attempt(keys, auth.clock.monotonic())?;
    let (row, is_right) = match check(auth, &email, SecretString::from(sign_in.password)).await {
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
        refused(auth, AuditAction::SignInRefused, &email, known).await;
        if attempt.reaches_limit() {
            refused(auth, AuditAction::LockedOut, &email, known).await;
        }
        return Err(SignInError::InvalidCredentials);
    };
    attempt.succeeded();
    let now = auth.clock.now();
    let refresh_token = new_refresh_token();
    let (token, id, origin_stored) = (token_hash(&refresh_token), account.id, origin.clone());
    let signed_in = AuditEvent::new(AuditAction::SignedIn, &account);
    let refresh_until = now + TimeDelta::days(REFRESH_DAYS);
    let session = auth
        .db
        .write(move |conn| {
            // The password may have been changed, or the account disabled, since the check.
            if !queries::has_password_hash(conn, id, &hash)? {
                return Err(SignInError::InvalidCredentials);
            }
            let session = queries::insert_session(conn, id, &origin_stored, now)?;
            queries::insert_refresh_token(conn, &token, session, now, refresh_until)?;
            signed_in.subject(AuditSubjectKind::Session, session).record(conn, now)?;
            Ok::<_, SignInError>(session)
        })
        .await?;
    let device = Some(device.signed_in(&auth.keys, &email)?);
    let session = tokens(&auth.keys, account, session, now, now + TimeDelta::days(SESSION_DAYS))?;
    Ok(NewSession { session, refresh_token, refresh_until, device })
}

/// Writes a refusal to the audit log. `known` is the account with the e-mail address.
async fn refused(auth: &Authenticator, action: AuditAction, email: &str, known: Option<AccountId>) {
    let mut event = AuditEvent::new(action, anonymous(email));
    if let Some(account) = known {
        event = event.subject(AuditSubjectKind::Account, account.0);
    }
    event.write(&auth.db, auth.clock.now()).await;
}

/// Returns the account with this e-mail address, and whether the password is correct. An unknown address takes the same
/// time. No database connection is held while hashing.
async fn check(
    auth: &Authenticator,
    email: &str,
    given: SecretString,
) -> Result<(Option<SignInRow>, bool), SignInError> {
    let wanted = email.to_owned();
    let row = auth.db.read(move |conn| queries::sign_in_row(conn, &wanted)).await?;
    let hash = row.as_ref().map(|row| row.password_hash.clone());
    let is_right = auth.passwords.verify(given, hash).await?;
    Ok((row, is_right))
}

/// Ends a session. Its access token and its refresh token become invalid.
pub(super) async fn sign_out(
    db: &Db,
    caller: &Caller,
    session: i64,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let signed_out =
        AuditEvent::new(AuditAction::SignedOut, caller).subject(AuditSubjectKind::Session, session);
    db.write(move |conn| match end(conn, session, now)? {
        true => signed_out.record(conn, now),
        false => Ok(()),
    })
    .await
}

/// Ends a session and its live streams. Returns whether it was live.
pub(super) fn end(conn: &mut DbConnection, session: i64, now: DateTime<Utc>) -> Result<bool, DbError> {
    let account = queries::revoke_session(conn, session, now)?;
    if account.is_some() {
        events::queries::insert_of_account(conn, account, now)?;
    }
    Ok(account.is_some())
}

/// Creates an access token and a CSRF token. The access token expires at `ends_at` at the latest, when the session
/// ends.
pub(super) fn tokens(
    keys: &TokenKeys,
    account: Account,
    session: i64,
    now: DateTime<Utc>,
    ends_at: DateTime<Utc>,
) -> Result<Session, SigningError> {
    let (access_token, expires_at) = keys.sign(account.id.0, session, now, ends_at)?;
    let csrf_token = csrf::csrf_token(keys, session)?;
    Ok(Session { account, access_token, expires_at, csrf_token })
}
