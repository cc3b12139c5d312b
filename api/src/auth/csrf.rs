//! The CSRF token of a session: derived from its id, so that it needs no storage and no other session's token fits.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use subtle::ConstantTimeEq;

use super::TokenKeys;
use crate::error::ApiError;

/// The header in which it comes back.
pub(super) const HEADER: &str = "X-CSRF-Token";

/// The token that state-changing requests of this session send.
pub(super) fn csrf_token(keys: &TokenKeys, session: i64) -> Result<String, ApiError> {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(keys.secret()).map_err(|error| ApiError::internal(&error))?;
    mac.update(format!("csrf:{session}").as_bytes());
    Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// Whether this is that session's token; takes as long either way.
pub(super) fn matches(keys: &TokenKeys, session: i64, given: &str) -> Result<bool, ApiError> {
    Ok(csrf_token(keys, session)?.as_bytes().ct_eq(given.as_bytes()).into())
}
