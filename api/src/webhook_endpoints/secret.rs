//! Secrets of endpoints, by the Standard Webhooks specification: `whsec_` and the base64 of random bytes. They are stored
//! as they are, because an HMAC needs the secret itself.

use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The prefix of every secret.
const PREFIX: &str = "whsec_";
/// How long the previous secret signs too, after a rotation.
pub(crate) const OVERLAP: TimeDelta = TimeDelta::hours(24);

/// Returns a new secret.
pub(super) fn generate() -> String {
    format!("{PREFIX}{}", STANDARD.encode(rand::random::<[u8; 32]>()))
}

/// The secrets of an endpoint that sign now.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    pub(crate) current: SecretString,
    pub(crate) previous: Option<(SecretString, DateTime<Utc>)>,
}

impl Secrets {
    /// Returns the header `webhook-signature`: a signature by each secret that is valid now, separated by spaces.
    pub(crate) fn signatures(
        &self,
        webhook_id: &str,
        timestamp: i64,
        body: &str,
        now: DateTime<Utc>,
    ) -> String {
        let previous = self.previous.iter().filter(|(_, until)| *until > now).map(|(secret, _)| secret);
        let signing = std::iter::once(&self.current).chain(previous);
        let signatures = signing.filter_map(|secret| signature(secret, webhook_id, timestamp, body));
        signatures.collect::<Vec<_>>().join(" ")
    }
}

fn signature(secret: &SecretString, webhook_id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.expose_secret().strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{webhook_id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn a_signature_is_the_one_of_the_reference_libraries() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    #[test]
    fn the_previous_secret_signs_until_its_time_has_passed() {
        let until = DateTime::UNIX_EPOCH + OVERLAP;
        let previous = Some((SecretString::from(generate()), until));
        let secrets = Secrets { current: SecretString::from(generate()), previous };
        let count = |now| secrets.signatures("msg_1", 0, "{}", now).split(' ').count();
        assert_eq!(count(until - TimeDelta::seconds(1)), 2);
        assert_eq!(count(until), 1);
    }
}
