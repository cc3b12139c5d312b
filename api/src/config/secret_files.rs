//! Secrets in files: for each secret setting `NAME`, the setting `NAME_FILE` names a file that contains it. Service
//! managers and orchestrators provide secrets as files, because other processes can read environment variables.

use std::fs;

use super::{SettingArgs, SettingError, values::non_empty};

/// The files that contain secrets.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct SecretFileArgs {
    /// The file that contains `SMS_CHAT_DATABASE_URL`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_DATABASE_URL_FILE",
        alias = "sms-chat-database-url-file",
        value_name = "FILE"
    )]
    pub database_url_file: Option<String>,
    /// The file that contains `SMS_CHAT_JWT_SECRET`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_JWT_SECRET_FILE",
        alias = "sms-chat-jwt-secret-file",
        value_name = "FILE"
    )]
    pub jwt_secret_file: Option<String>,
    /// The file that contains `TWILIO_AUTH_TOKEN`.
    #[arg(long, global = true, env = "TWILIO_AUTH_TOKEN_FILE", value_name = "FILE")]
    pub twilio_auth_token_file: Option<String>,
    /// The file that contains `TWILIO_AUTH_TOKEN_SECONDARY`.
    #[arg(long, global = true, env = "TWILIO_AUTH_TOKEN_SECONDARY_FILE", value_name = "FILE")]
    pub twilio_auth_token_secondary_file: Option<String>,
    /// The file that contains `SMS_CHAT_GATEWAY_SIGNING_KEY`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_SIGNING_KEY_FILE",
        alias = "sms-chat-gateway-signing-key-file",
        value_name = "FILE"
    )]
    pub gateway_signing_key_file: Option<String>,
    /// The file that contains `SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY_FILE",
        alias = "sms-chat-gateway-signing-key-secondary-file",
        value_name = "FILE"
    )]
    pub gateway_signing_key_secondary_file: Option<String>,
    /// The file that contains `SMS_CHAT_METRICS_TOKEN`.
    #[arg(
        long,
        global = true,
        env = "SMS_CHAT_METRICS_TOKEN_FILE",
        alias = "sms-chat-metrics-token-file",
        value_name = "FILE"
    )]
    pub metrics_token_file: Option<String>,
}

impl SettingArgs {
    /// Returns the settings with the contents of the secret files.
    pub(super) fn with_secret_files(&self) -> Result<Self, SettingError> {
        let mut args = self.clone();
        let files = &self.secret_files;
        for (value, file, variables) in [
            (
                &mut args.database_url,
                &files.database_url_file,
                ["SMS_CHAT_DATABASE_URL", "SMS_CHAT_DATABASE_URL_FILE"],
            ),
            (
                &mut args.jwt_secret,
                &files.jwt_secret_file,
                ["SMS_CHAT_JWT_SECRET", "SMS_CHAT_JWT_SECRET_FILE"],
            ),
            (
                &mut args.twilio_auth_token,
                &files.twilio_auth_token_file,
                ["TWILIO_AUTH_TOKEN", "TWILIO_AUTH_TOKEN_FILE"],
            ),
            (
                &mut args.twilio_auth_token_secondary,
                &files.twilio_auth_token_secondary_file,
                ["TWILIO_AUTH_TOKEN_SECONDARY", "TWILIO_AUTH_TOKEN_SECONDARY_FILE"],
            ),
            (
                &mut args.gateway_signing_key,
                &files.gateway_signing_key_file,
                ["SMS_CHAT_GATEWAY_SIGNING_KEY", "SMS_CHAT_GATEWAY_SIGNING_KEY_FILE"],
            ),
            (
                &mut args.gateway_signing_key_secondary,
                &files.gateway_signing_key_secondary_file,
                ["SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY", "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY_FILE"],
            ),
            (
                &mut args.metrics_token,
                &files.metrics_token_file,
                ["SMS_CHAT_METRICS_TOKEN", "SMS_CHAT_METRICS_TOKEN_FILE"],
            ),
        ] {
            if let Some(path) = non_empty(file) {
                *value = Some(read(path, non_empty(value).is_some(), variables)?);
            }
        }
        Ok(args)
    }
}

/// Reads a secret, without the line break at its end. An empty file is an error: the server would run without the secret.
fn read(path: &str, is_set: bool, [name, variable]: [&'static str; 2]) -> Result<String, SettingError> {
    let error = |problem| SettingError { variable, problem, example: "/run/secrets/secret" };
    if is_set {
        return Err(error(format!("is set, and so is {name}; set only one of them")));
    }
    let text =
        fs::read_to_string(path).map_err(|fault| error(format!("cannot be read from {path}: {fault}")))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(error(format!("names the file {path}, which is empty"))),
        secret => Ok(secret.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_file(path: &str) -> SettingArgs {
        let secret_files = SecretFileArgs { jwt_secret_file: Some(path.into()), ..SecretFileArgs::default() };
        SettingArgs { secret_files, ..SettingArgs::default() }
    }

    #[test]
    fn a_secret_is_read_from_its_file_without_the_line_break_at_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        for text in ["one secret ", "one secret \n", "one secret \r\n"] {
            fs::write(&path, text).unwrap();
            let args = with_file(path.to_str().unwrap()).with_secret_files().unwrap();
            assert_eq!(args.jwt_secret.as_deref(), Some("one secret "));
        }
    }

    #[test]
    fn a_missing_or_empty_file_and_a_secret_that_is_set_twice_are_errors() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let path = path.to_str().unwrap();
        let problem = |args: SettingArgs| args.with_secret_files().unwrap_err().to_string();
        assert!(problem(with_file(path)).starts_with("SMS_CHAT_JWT_SECRET_FILE cannot be read from "));
        fs::write(path, "\n").unwrap();
        assert!(problem(with_file(path)).contains("which is empty"));
        fs::write(path, "hidden").unwrap();
        let twice = problem(SettingArgs { jwt_secret: Some("hidden".into()), ..with_file(path) });
        assert!(twice.contains("and so is SMS_CHAT_JWT_SECRET") && !twice.contains("hidden"), "{twice}");
        let unset = with_file("").with_secret_files().unwrap();
        assert_eq!(unset.jwt_secret, None, "an empty variable counts as not set");
    }
}
