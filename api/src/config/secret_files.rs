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
    /// Returns the URL of the database from its setting or its file. Reads no other file.
    pub(super) fn database_url(&self) -> Result<Option<String>, SettingError> {
        const VARIABLES: [&str; 2] = ["SMS_CHAT_DATABASE_URL", "SMS_CHAT_DATABASE_URL_FILE"];
        let set = non_empty(&self.database_url);
        match non_empty(&self.secret_files.database_url_file) {
            Some(path) => read(path, set.is_some(), VARIABLES).map(Some),
            None => Ok(set.map(str::to_owned)),
        }
    }

    /// Returns the settings with the contents of the secret files.
    pub(super) fn with_secret_files(&self) -> Result<Self, SettingError> {
        let mut args = Self { database_url: self.database_url()?, ..self.clone() };
        let files = &self.secret_files;
        macro_rules! secret {
            ($field:ident, $file:ident, $variable:literal) => {
                (&mut args.$field, &files.$file, [$variable, concat!($variable, "_FILE")])
            };
        }
        for (value, file, variables) in [
            secret!(jwt_secret, jwt_secret_file, "SMS_CHAT_JWT_SECRET"),
            secret!(twilio_auth_token, twilio_auth_token_file, "TWILIO_AUTH_TOKEN"),
            secret!(
                twilio_auth_token_secondary,
                twilio_auth_token_secondary_file,
                "TWILIO_AUTH_TOKEN_SECONDARY"
            ),
            secret!(gateway_signing_key, gateway_signing_key_file, "SMS_CHAT_GATEWAY_SIGNING_KEY"),
            secret!(
                gateway_signing_key_secondary,
                gateway_signing_key_secondary_file,
                "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY"
            ),
            secret!(metrics_token, metrics_token_file, "SMS_CHAT_METRICS_TOKEN"),
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

    type FileOf = fn(&mut SecretFileArgs) -> &mut Option<String>;
    type ValueOf = fn(&SettingArgs) -> &Option<String>;

    const SECRETS: [(&str, FileOf, ValueOf); 7] = [
        ("SMS_CHAT_DATABASE_URL", |files| &mut files.database_url_file, |args| &args.database_url),
        ("SMS_CHAT_JWT_SECRET", |files| &mut files.jwt_secret_file, |args| &args.jwt_secret),
        ("TWILIO_AUTH_TOKEN", |files| &mut files.twilio_auth_token_file, |args| &args.twilio_auth_token),
        (
            "TWILIO_AUTH_TOKEN_SECONDARY",
            |files| &mut files.twilio_auth_token_secondary_file,
            |args| &args.twilio_auth_token_secondary,
        ),
        (
            "SMS_CHAT_GATEWAY_SIGNING_KEY",
            |files| &mut files.gateway_signing_key_file,
            |args| &args.gateway_signing_key,
        ),
        (
            "SMS_CHAT_GATEWAY_SIGNING_KEY_SECONDARY",
            |files| &mut files.gateway_signing_key_secondary_file,
            |args| &args.gateway_signing_key_secondary,
        ),
        ("SMS_CHAT_METRICS_TOKEN", |files| &mut files.metrics_token_file, |args| &args.metrics_token),
    ];

    #[test]
    fn each_secret_is_read_from_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = SettingArgs::default();
        for (variable, file_of, _) in SECRETS {
            let path = folder.path().join(variable);
            fs::write(&path, format!("the {variable}\n")).unwrap();
            *file_of(&mut args.secret_files) = Some(path.to_str().unwrap().to_owned());
        }
        let read = args.with_secret_files().unwrap();
        for (variable, file_of, value_of) in SECRETS {
            assert_eq!(value_of(&read), &Some(format!("the {variable}")));
            let mut missing = SettingArgs::default();
            *file_of(&mut missing.secret_files) = Some("/nowhere".to_owned());
            let error = missing.with_secret_files().unwrap_err().to_string();
            assert!(error.starts_with(&format!("{variable}_FILE cannot be read")), "{error}");
        }
    }

    #[test]
    fn the_url_of_the_database_is_read_without_the_other_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("url");
        fs::write(&path, "sqlite://a.db\n").unwrap();
        let mut args = with_file("/missing");
        args.secret_files.database_url_file = path.to_str().map(str::to_owned);
        assert_eq!(crate::config::database_url(&args).unwrap().to_string(), "sqlite://a.db");
        assert!(args.with_secret_files().is_err());
        args.secret_files.database_url_file = Some("/missing".into());
        let problem = crate::config::database_url(&args).unwrap_err().to_string();
        assert!(problem.starts_with("SMS_CHAT_DATABASE_URL_FILE cannot be read from "), "{problem}");
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
