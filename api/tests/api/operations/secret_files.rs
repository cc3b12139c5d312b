//! Secrets in files: the server starts with them, and its output does not contain them.

use std::fs;

use crate::support::{
    Client, Kind,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
};

#[test]
fn a_server_starts_with_its_secrets_in_files() {
    let database = TestDatabase::empty(Kind::Postgres);
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, format!("{text}\n")).unwrap();
        path
    };
    let mut command = sms_chat("", &["serve"]);
    command
        .env_remove("SMS_CHAT_JWT_SECRET")
        .env("SMS_CHAT_DATABASE_URL_FILE", file("database_url", &database.url))
        .env("SMS_CHAT_JWT_SECRET_FILE", file("jwt_secret", "0123456789abcdef0123456789abcdef"))
        .env("SMS_CHAT_METRICS_TOKEN_FILE", file("metrics_token", "a token of the metrics"));
    let server = ServerProcess::start(command);
    let client = Client::of(&server.url);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(client.get("//health/ready").await.status, 200);
        assert_eq!(client.get("//metrics").await.status, 401);
        assert_eq!(client.with_token("a token of the metrics").get("//metrics").await.status, 200);
    });
}

#[test]
fn a_missing_secret_file_ends_the_command_with_one_line() {
    let mut command = sms_chat("", &["serve"]);
    command.env_remove("SMS_CHAT_JWT_SECRET").env("SMS_CHAT_JWT_SECRET_FILE", "/nonexistent/secret");
    let output = run_command(command, "");
    assert_eq!((output.code, output.out.as_str()), (1, ""));
    assert!(
        output.err.starts_with("sms-chat: SMS_CHAT_JWT_SECRET_FILE cannot be read from /nonexistent/secret")
    );
    assert_eq!(output.err.lines().count(), 1);
}
