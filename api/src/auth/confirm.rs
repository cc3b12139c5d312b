//! Requires the current password for a change of the password or e-mail address, so that an unattended or stolen
//! session is not enough to take over an account.

use secrecy::SecretString;
use shared::{
    account::Account,
    audit_entry::{AuditAction, AuditSubjectKind},
};

use super::{
    Authenticator, PasswordError,
    audit_log::AuditEvent,
    queries,
    throttle::{Key, Throttled},
};
use crate::db::DbError;

/// Why a caller's current password is not confirmed.
#[derive(Debug, thiserror::Error)]
pub enum ConfirmError {
    /// The request does not contain it.
    #[error("Enter your current password.")]
    Missing,
    /// It is wrong, or was changed meanwhile.
    #[error("This is not your current password.")]
    Wrong,
    /// Too many attempts of the session have failed.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The password cannot be verified at the moment.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Checks the current password of the caller's own account. Returns the password's hash; the transaction of the change
/// must check that the account still has it ([`queries::has_password_hash`]). Failed attempts are limited per session.
///
/// # Errors
/// [`ConfirmError`].
pub(crate) async fn confirm_password(
    auth: &Authenticator,
    account: &Account,
    session: i64,
    current: Option<String>,
) -> Result<String, ConfirmError> {
    let Some(current) = current.filter(|current| !current.is_empty()) else {
        return Err(ConfirmError::Missing);
    };
    let attempt = auth.throttle.attempt(vec![Key::Session(session)], auth.clock.monotonic())?;
    let checked = async {
        let id = account.id;
        let hash = auth.db.read(move |conn| queries::password_hash(conn, id)).await?;
        let is_right = auth.passwords.verify(SecretString::from(current), hash.clone()).await?;
        Ok::<_, ConfirmError>(hash.filter(|_| is_right))
    };
    match checked.await {
        Ok(Some(hash)) => {
            attempt.succeeded();
            Ok(hash)
        }
        Ok(None) => {
            let refused = |action| {
                let event = AuditEvent::new(action, account).subject(AuditSubjectKind::Session, session);
                event.write(&auth.db, auth.clock.now())
            };
            refused(AuditAction::CurrentPasswordWrong).await;
            if attempt.reaches_limit() {
                refused(AuditAction::LockedOut).await;
            }
            Err(ConfirmError::Wrong)
        }
        Err(error) => {
            attempt.withdraw();
            Err(error)
        }
    }
}
