//! Passwords: Argon2id with the parameters of the OWASP password storage guide (19 MiB, 2 passes, 1 lane), which are
//! the crate's defaults.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use secrecy::{ExposeSecret, SecretString};

use crate::error::ApiError;

/// Verified against when there is no such account, so that both refusals take as long.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$c21zLWNoYXQtbm9ib2R5$y0QmYQ1l5uS5gGdD3sbmkgxAEmGbqO5j8GxDFx7Wm2M";

/// The hash to store, as a PHC string.
///
/// # Errors
/// When the machine gives no randomness.
pub(crate) fn hash(password: &SecretString) -> Result<String, argon2::password_hash::Error> {
    Ok(Argon2::default().hash_password(password.expose_secret().as_bytes())?.to_string())
}

/// The same, off the HTTP workers and off the one thread that writes: it takes tens of milliseconds.
///
/// # Errors
/// When the machine gives no randomness.
pub(crate) async fn hash_aside(password: SecretString) -> Result<String, ApiError> {
    tokio::task::spawn_blocking(move || hash(&password))
        .await
        .map_err(|error| ApiError::internal(&error))?
        .map_err(|error| ApiError::internal(&error))
}

/// Whether the password belongs to the hash; `None` for an account that does not exist. Takes tens of milliseconds:
/// never on an HTTP worker.
pub(crate) fn verify(password: &SecretString, hash: Option<&str>) -> bool {
    let Ok(parsed) = PasswordHash::new(hash.unwrap_or(NOBODY)) else {
        return false;
    };
    let right = Argon2::default().verify_password(password.expose_secret().as_bytes(), &parsed).is_ok();
    right && hash.is_some()
}

/// The same, off the HTTP workers, while no database connection is held.
///
/// # Errors
/// When the machine has no thread for it.
pub(crate) async fn verify_aside(password: SecretString, hash: Option<String>) -> Result<bool, ApiError> {
    tokio::task::spawn_blocking(move || verify(&password, hash.as_deref()))
        .await
        .map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_belongs_to_a_hash() {
        let right = SecretString::from("correct horse");
        let kept = hash(&right).unwrap();
        assert!(kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(verify(&right, Some(&kept)));
        assert!(!verify(&SecretString::from("correct house"), Some(&kept)));
        assert!(!verify(&right, None));
        assert!(PasswordHash::new(NOBODY).is_ok(), "nobody's password takes as long as anybody's");
    }
}
