//! The CSRF token of a session. It is derived from the session's id, so it needs no storage, and it is valid for no
//! other session.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::{TokenKeys, token::SigningError};

/// The request header that carries the token.
pub(super) const HEADER: &str = "X-CSRF-Token";

/// Returns the token that state-changing requests of this session must send.
pub(super) fn csrf_token(keys: &TokenKeys, session: i64) -> Result<String, SigningError> {
    let mut mac = Hmac::<Sha256>::new_from_slice(keys.secret())?;
    mac.update(format!("csrf:{session}").as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Whether this is the session's token. Compares in constant time.
pub(super) fn matches(keys: &TokenKeys, session: i64, given: &str) -> Result<bool, SigningError> {
    Ok(csrf_token(keys, session)?.as_bytes().ct_eq(given.as_bytes()).into())
}
