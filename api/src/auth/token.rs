//! Access tokens (JWT, HS256, valid for 15 minutes) and refresh tokens (random, stored only as a hash).

use std::fmt::{self, Write};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac, digest::InvalidLength};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

/// Lifetime of an access token.
pub(crate) const ACCESS_MINUTES: i64 = 15;
/// Lifetime of a refresh token, long enough that an agent is still signed in after a weekend.
pub(crate) const REFRESH_DAYS: i64 = 14;
/// Maximum duration of a session, however often it is refreshed.
pub(crate) const SESSION_DAYS: i64 = 30;

/// Why an access token is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// It is malformed, or another secret signed it.
    #[error("The access token is not valid. Sign in to get a new one.")]
    Invalid,
    /// Its lifetime is over.
    #[error("The access token has expired. Refresh the session or sign in again.")]
    Expired,
}

/// Why a token or hash could not be computed with the server's secret.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The access token could not be encoded.
    #[error("the access token could not be signed: {0}")]
    Token(#[from] jsonwebtoken::errors::Error),
    /// The secret cannot be used as a key.
    #[error("the secret cannot be used as a key: {0}")]
    Key(#[from] InvalidLength),
}

/// The claims of an access token.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    /// The account's id, as text (RFC 7519, 4.1.2). Tokens of earlier versions contain a number.
    #[serde(serialize_with = "as_text", deserialize_with = "text_or_number")]
    pub(crate) sub: i64,
    /// The session's id.
    pub(crate) sid: i64,
    /// When it was issued, in seconds since 1970.
    pub(crate) iat: i64,
    /// When it expires, in seconds since 1970.
    pub(crate) exp: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn as_text<S: Serializer>(id: &i64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Given {
        Text(String),
        Number(i64),
    }
    match Given::deserialize(deserializer)? {
        Given::Text(text) => text.parse().map_err(de::Error::custom),
        Given::Number(id) => Ok(id),
    }
}

/// Signs and verifies access tokens.
#[derive(Clone)]
pub struct TokenKeys {
    encoding: EncodingKey,
    decoding: DecodingKey,
    secret: SecretString,
}

impl fmt::Debug for TokenKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenKeys")
    }
}

impl TokenKeys {
    /// Creates keys from the configured secret.
    #[must_use]
    pub fn new(secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        Self {
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
            secret: secret.clone(),
        }
    }

    /// Signs a token for a session that ends at `ends_at` at the latest, and returns when the token expires.
    pub(crate) fn sign(
        &self,
        account: i64,
        session: i64,
        now: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>), SigningError> {
        let expires_at = (now + TimeDelta::minutes(ACCESS_MINUTES)).min(ends_at);
        let claims = Claims { sub: account, sid: session, iat: now.timestamp(), exp: expires_at.timestamp() };
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding)?;
        Ok((token, expires_at))
    }

    /// Verifies a token's signature and expiry.
    pub(crate) fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims, TokenError> {
        let mut rules = Validation::new(Algorithm::HS256);
        // The library would use the system clock; the expiry is checked against `now` below.
        rules.validate_exp = false;
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &rules)
            .map_err(|_| TokenError::Invalid)?
            .claims;
        if claims.exp <= now.timestamp() {
            return Err(TokenError::Expired);
        }
        Ok(claims)
    }

    /// Returns a keyed hash (HMAC) of `text`, separate for each `purpose`. Only a server with the secret can compute
    /// it.
    pub(crate) fn keyed_hash(&self, purpose: &str, text: &str) -> Result<String, SigningError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret())?;
        mac.update(purpose.as_bytes());
        mac.update(b":");
        mac.update(text.as_bytes());
        Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// Returns a keyed hash of data that can contain a password. Without the secret, the password cannot be guessed
    /// from it.
    pub(crate) fn digest(&self, bytes: &[u8]) -> Result<String, SigningError> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret())?;
        mac.update(b"digest:");
        mac.update(bytes);
        Ok(URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// The secret, for CSRF tokens.
    pub(super) fn secret(&self) -> &[u8] {
        self.secret.expose_secret().as_bytes()
    }
}

/// Creates a refresh token of 256 random bits.
pub(crate) fn new_refresh_token() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>())
}

/// Returns the stored form of a secret token: its SHA-256 in hexadecimal. A fast hash is enough, because the token has
/// 256 random bits.
pub(crate) fn token_hash(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(secret: &str) -> TokenKeys {
        TokenKeys::new(&SecretString::from(secret))
    }

    #[test]
    fn a_token_is_valid_until_it_expires_and_only_with_the_secret_that_signed_it() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let keys_a = keys("one secret of the two that there are");
        let (token, expires_at) = keys_a.sign(7, 9, now, now + TimeDelta::days(SESSION_DAYS)).unwrap();
        assert_eq!(expires_at, now + TimeDelta::minutes(15));
        let claims = keys_a.verify(&token, expires_at - TimeDelta::seconds(1)).unwrap();
        assert_eq!((claims.sub, claims.sid), (7, 9));
        assert_eq!(keys_a.verify(&token, expires_at).unwrap_err(), TokenError::Expired);
        let keys_b = keys("the other secret of the two that there are");
        assert_eq!(keys_b.verify(&token, now).unwrap_err(), TokenError::Invalid);
    }

    #[test]
    fn the_subject_is_a_text_and_a_number_of_an_earlier_version_is_accepted() {
        let now = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let keys = keys("the secret of this and of the earlier version");
        let (token, _) = keys.sign(7, 9, now, now + TimeDelta::days(1)).unwrap();
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let payload: serde_json::Value = serde_json::from_slice(&payload).unwrap();
        assert_eq!(payload["sub"], "7");
        let earlier = serde_json::json!({"sub": 7, "sid": 9, "iat": 1_800_000_000, "exp": 1_800_000_900});
        let earlier = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &earlier, &keys.encoding).unwrap();
        assert_eq!(keys.verify(&earlier, now).unwrap().sub, 7);
    }

    #[test]
    fn refresh_tokens_are_random_and_stored_as_a_hash() {
        let (one, other) = (new_refresh_token(), new_refresh_token());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43, "256 bits");
        assert_eq!(
            token_hash("abc"),
            // FIPS 180-4, the example of SHA-256.
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
