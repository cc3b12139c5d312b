//! How the gateway signs its webhooks. Twilio signs with the auth token. Gateways with the same protocol can have a
//! header and a key of their own (SignalWire: `X-SignalWire-Signature` and the signing key of the project).

use hyper::header::HeaderName;
use secrecy::SecretString;

use super::{SettingArgs, SettingError, Settings, values::non_empty};

const TWILIO: &str = "X-Twilio-Signature";

/// How the gateway signs its webhooks.
#[derive(Clone, Debug)]
pub struct WebhookSignature {
    /// The name of the header with the signature.
    pub header: String,
    /// The keys with which the gateway may sign, the current one first.
    pub keys: Vec<SecretString>,
}

impl Settings {
    /// How the gateway signs its webhooks. Without signing keys, it signs with the auth tokens.
    #[must_use]
    pub fn webhook_signature(&self) -> WebhookSignature {
        let signature = self.gateway.signature.clone();
        if !signature.keys.is_empty() {
            return signature;
        }
        let credentials = self.credentials();
        let keys = [Some(credentials.auth_token), credentials.secondary_auth_token].into_iter().flatten();
        WebhookSignature { keys: keys.collect(), ..signature }
    }
}

pub(super) fn read(args: &SettingArgs) -> Result<WebhookSignature, SettingError> {
    let header = non_empty(&args.gateway_signature_header).unwrap_or(TWILIO);
    if HeaderName::from_bytes(header.as_bytes()).is_err() {
        return Err(SettingError {
            variable: "SMS_CHAT_GATEWAY_SIGNATURE_HEADER",
            problem: format!("is {header:?}, which is not the name of a header"),
            example: "X-SignalWire-Signature",
        });
    }
    let key = non_empty(&args.gateway_signing_key);
    let secondary = non_empty(&args.gateway_signing_key_secondary);
    if key.is_none() && secondary.is_some() {
        return Err(SettingError {
            variable: "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY",
            problem: "is set without SMS_CHAT_GATEWAY_SIGNING_KEY".into(),
            example: "PSK_0123456789abcdef",
        });
    }
    let keys = [key, secondary].into_iter().flatten().map(SecretString::from).collect();
    Ok(WebhookSignature { header: header.to_owned(), keys })
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    fn settings(args: SettingArgs) -> Settings {
        Settings::from_args(&SettingArgs {
            jwt_secret: Some("0123456789abcdef".repeat(2)),
            twilio_account_sid: Some("AC0123456789abcdef0123456789abcdef".into()),
            twilio_auth_token: Some("token".into()),
            twilio_auth_token_secondary: Some("second token".into()),
            ..args
        })
        .unwrap()
    }

    fn signs(settings: &Settings) -> (String, Vec<String>) {
        let signature = settings.webhook_signature();
        (signature.header, signature.keys.iter().map(|key| key.expose_secret().to_owned()).collect())
    }

    #[test]
    fn signing_keys_replace_the_auth_tokens() {
        let (header, keys) = signs(&settings(SettingArgs::default()));
        assert_eq!(
            (header.as_str(), keys.as_slice()),
            ("X-Twilio-Signature", &["token".into(), "second token".into()][..])
        );
        let (header, keys) = signs(&settings(SettingArgs {
            gateway_signature_header: Some("X-SignalWire-Signature".into()),
            gateway_signing_key: Some("key".into()),
            ..SettingArgs::default()
        }));
        assert_eq!((header.as_str(), keys.as_slice()), ("X-SignalWire-Signature", &["key".into()][..]));
        let (_, keys) = signs(&settings(SettingArgs {
            gateway_signing_key: Some("key".into()),
            gateway_signing_key_secondary: Some("second key".into()),
            ..SettingArgs::default()
        }));
        assert_eq!(keys, ["key", "second key"]);
    }

    #[test]
    fn a_name_that_is_no_header_and_a_second_key_without_a_first_are_refused() {
        let problem = |args| read(&args).unwrap_err().to_string();
        let header =
            SettingArgs { gateway_signature_header: Some("X Signature".into()), ..SettingArgs::default() };
        assert!(problem(header).starts_with("SMS_CHAT_GATEWAY_SIGNATURE_HEADER is \"X Signature\""));
        let key =
            SettingArgs { gateway_signing_key_secondary: Some("secret".into()), ..SettingArgs::default() };
        let text = problem(key);
        assert!(
            text.starts_with("SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY is set without")
                && !text.contains("secret")
        );
    }
}
