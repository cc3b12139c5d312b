//! Requires the current password for a change of the password or e-mail address, so that an unattended or stolen
//! session is not enough to take over an account.

use secrecy::SecretString;
use shared::{ErrorCode, account::Account};

use super::{Authenticator, queries, security_log::SecurityEvent, throttle::Key};
use crate::error::ApiError;

/// Checks the current password of the caller's own account. Returns the password's hash; the transaction of the change
/// must check that the account still has it ([`queries::still_has`]). Failed attempts are limited per session.
///
/// # Errors
/// `validation_failed` for the field `current_password`; `too_many_requests`; `busy`.
pub(crate) async fn confirm_password(
    auth: &Authenticator,
    account: &Account,
    session: i64,
    current: Option<String>,
) -> Result<String, ApiError> {
    let Some(current) = current.filter(|current| !current.is_empty()) else {
        let message = "Enter your current password.";
        return Err(ApiError::field(ErrorCode::ValidationFailed, "current_password", "required", message));
    };
    let attempt = auth.throttle.attempt(vec![Key::Session(session)], auth.clock.monotonic())?;
    let checked = async {
        let id = account.id;
        let hash = auth.db.read(move |conn| queries::password_hash(conn, id)).await?;
        let is_right = auth.passwords.verify(SecretString::from(current), hash.clone()).await?;
        Ok::<_, ApiError>(hash.filter(|_| is_right))
    };
    match checked.await {
        Ok(Some(hash)) => {
            attempt.succeeded();
            Ok(hash)
        }
        Ok(None) => {
            SecurityEvent::new("current_password_wrong").account(account.id).session(session).log();
            if attempt.reaches_limit() {
                SecurityEvent::new("locked_out").account(account.id).session(session).log();
            }
            Err(wrong_password())
        }
        Err(error) => {
            attempt.withdraw();
            Err(error)
        }
    }
}

/// Returns the problem for a wrong current password, or one that was changed meanwhile.
pub(crate) fn wrong_password() -> ApiError {
    let message = "This is not your current password.";
    ApiError::field(ErrorCode::ValidationFailed, "current_password", "wrong", message)
}
