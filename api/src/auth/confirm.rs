//! Asks for the current password before a change of what an account signs in with: a session alone, perhaps left open
//! or stolen, must not be enough to take an account over.

use secrecy::SecretString;
use shared::{ErrorCode, account::Account};

use super::{queries, security_log::SecurityEvent, throttle::Key};
use crate::{desk::Desk, error::ApiError};

/// Checks the current password of the caller's own account. Returns the hash it belongs to, which must still be the
/// account's ([`queries::still_has`]) in the transaction of the change. Guesses are counted per session.
///
/// # Errors
/// `validation_failed` for the field `current_password`; `too_many_requests`; `busy`.
pub(crate) async fn confirm_password(
    desk: &Desk,
    account: &Account,
    session: i64,
    current: Option<String>,
) -> Result<String, ApiError> {
    let Some(current) = current.filter(|current| !current.is_empty()) else {
        let message = "Enter your current password.";
        return Err(ApiError::field(ErrorCode::ValidationFailed, "current_password", "required", message));
    };
    let attempt = desk.throttle.attempt(vec![Key::Session(session)], desk.clock.monotonic())?;
    let checked = async {
        let id = account.id;
        let hash = desk.db.read(move |conn| queries::password_hash(conn, id)).await?;
        let right = desk.passwords.verify(SecretString::from(current), hash.clone()).await?;
        Ok::<_, ApiError>(hash.filter(|_| right))
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

/// The current password is not the given one, or not any more.
pub(crate) fn wrong_password() -> ApiError {
    let message = "This is not your current password.";
    ApiError::field(ErrorCode::ValidationFailed, "current_password", "wrong", message)
}
