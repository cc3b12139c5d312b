//! The program itself: its commands, their output and their exit codes.

use serde_json::json;

use crate::support::{
    Kind,
    command::{CommandOutput, ServerProcess, run_command, sms_chat},
    database::TestDatabase,
};

/// Makes a test for each database of each function; each test gets an empty database.
macro_rules! on_both_databases {
    ($($name:ident,)*) => {$(
        mod $name {
            use crate::support::{Kind, database::TestDatabase};

            #[test]
            fn on_sqlite() {
                super::$name(&TestDatabase::empty(Kind::Sqlite));
            }

            #[test]
            fn on_postgres() {
                super::$name(&TestDatabase::empty(Kind::Postgres));
            }
        }
    )*};
}

on_both_databases![
    migrate_runs_each_migration_once,
    a_newer_schema_is_refused,
    demo_fills_only_an_empty_database,
    an_account_is_created_with_the_password_from_standard_input,
    an_invalid_account_is_refused,
    a_server_with_the_demo_password_listens_only_on_loopback,
];

fn succeeds(database: &TestDatabase, args: &[&str], input: &str) -> String {
    let CommandOutput { code, out, err } = run_command(sms_chat(&database.url, args), input);
    assert_eq!((code, err.as_str()), (0, ""), "{args:?}: {out}");
    out
}

/// Asserts that a command fails with exit code 1 and one line on stderr, and returns that line.
fn fails(database: &TestDatabase, args: &[&str], input: &str) -> String {
    one_line(run_command(sms_chat(&database.url, args), input))
}

fn one_line(CommandOutput { code, out, err }: CommandOutput) -> String {
    assert_eq!((code, out.as_str()), (1, ""), "{err}");
    let line = err.strip_suffix('\n').unwrap();
    assert!(!line.contains('\n'), "{err}");
    line.strip_prefix("sms-chat: ").unwrap().to_owned()
}

fn migrate_runs_each_migration_once(database: &TestDatabase) {
    let scripts = crate::support::database::scripts(database.kind).len() / 2;
    let out = succeeds(database, &["migrate"], "");
    assert!(out.contains(&format!("{scripts} migrations run")), "{out}");
    assert!(succeeds(database, &["migrate"], "").contains("0 migrations run"));
}

fn a_newer_schema_is_refused(database: &TestDatabase) {
    succeeds(database, &["migrate"], "");
    database.run("INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000001')").unwrap();
    for command in ["serve", "migrate", "demo"] {
        let refused = fails(database, &[command], "");
        let expected = "the database was migrated by a newer version of sms-chat (migration 20991231000001); \
                        start that version or a newer one";
        assert_eq!(refused, expected, "{command}");
    }
    let CommandOutput { code, out, .. } = run_command(sms_chat(&database.url, &["doctor"]), "");
    assert_eq!(code, 1);
    assert!(out.contains("wrong        migrations: the database was migrated by a newer version"), "{out}");
}

fn demo_fills_only_an_empty_database(database: &TestDatabase) {
    let out = succeeds(database, &["demo"], "");
    assert!(out.contains("ann@example.com") && out.contains("sms-chat-demo"), "{out}");
    assert!(database.count("conversations", "1 = 1") > 50);
    let refused = fails(database, &["demo"], "");
    assert!(refused.starts_with("the database is not empty"), "{refused}");
    assert_eq!(database.count("accounts", "1 = 1"), 6);
}

const ACCOUNT: [&str; 8] =
    ["account", "create", "--email", "New@Example.com", "--name", "New One", "--role", "supervisor"];

fn concat(args: &[&'static str], more: &[&'static str]) -> Vec<&'static str> {
    [args, more].concat()
}

fn an_account_is_created_with_the_password_from_standard_input(database: &TestDatabase) {
    succeeds(database, &["demo"], "");
    let args = concat(&ACCOUNT, &["--team", "Support", "--team", "Claims", "--password-stdin"]);
    let out = succeeds(database, &args, "a password of many words\r\nnot this line\n");
    assert_eq!(out, "New@Example.com can sign in now.\n");
    let refused = fails(database, &args, "a password of many words\n");
    assert_eq!(refused, "An account with new@example.com already exists.");

    let server = ServerProcess::start(sms_chat(&database.url, &["serve"]));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let anonymous = crate::support::Client::of(&server.url);
        let sign_in = json!({"email": "new@example.com", "password": "a password of many words"});
        let session = anonymous.post("/sessions", sign_in).await.expect(201);
        let new = anonymous.with_token(session["access_token"].as_str().unwrap());
        let me = new.get("/me").await.expect(200);
        assert_eq!(me["account"]["display_name"], "New One");
        assert_eq!(me["account"]["role"], "supervisor");
        assert_eq!(me["permissions"].as_array().unwrap().len(), 7);
        let teams: Vec<_> = me["teams"].as_array().unwrap().iter().map(|team| &team["name"]).collect();
        assert_eq!(teams, ["Claims", "Support"]);
    });
}

fn an_invalid_account_is_refused(database: &TestDatabase) {
    succeeds(database, &["migrate"], "");
    let password = "a password of many words\n";
    let stdin = concat(&ACCOUNT, &["--password-stdin"]);
    let changed = |place: usize, word: &'static str| {
        let mut args = stdin.clone();
        args[place] = word;
        args
    };
    for (args, input, fault) in [
        (changed(3, "nobody"), password, "email: Enter an e-mail address, e.g. ann@example.com."),
        (changed(3, "a b@example.com"), password, "email: Enter an e-mail address"),
        (changed(3, "@example.com"), password, "email: Enter an e-mail address"),
        (changed(5, "  "), password, "display_name: Enter a name."),
        (stdin.clone(), "short\n", "password: Use at least 8 characters"),
        (stdin.clone(), "newone2024\n", "password: This password is easy to guess"),
        (stdin.clone(), "", "password: Use at least 8 characters"),
        (concat(&stdin, &["--team", "Nowhere"]), password, "There is no team \"Nowhere\""),
    ] {
        let refused = fails(database, &args, input);
        assert!(refused.starts_with(fault), "{refused}");
    }
    assert_eq!(database.count("accounts", "1 = 1"), 0);
}

fn a_server_with_the_demo_password_listens_only_on_loopback(database: &TestDatabase) {
    succeeds(database, &["demo"], "");
    let refused = fails(database, &["serve", "--listen", "0.0.0.0:0"], "");
    assert!(refused.contains("still has the demo password"), "{refused}");
    assert!(refused.contains("SMS_CHAT_LISTEN"), "{refused}");
}

#[test]
fn wrong_usage_exits_with_2_and_help_with_0() {
    for args in [
        vec![],
        vec!["fly"],
        vec!["serve", "--nonsense"],
        vec!["migrate", "now"],
        vec!["account"],
        ACCOUNT.to_vec(),
        vec!["account", "create", "--email", "a@example.com"],
        concat(&ACCOUNT, &["--password-stdin", "--role", "king"]),
    ] {
        let CommandOutput { code, out, err } = run_command(sms_chat("sqlite://unused.db", &args), "");
        assert_eq!((code, out.as_str()), (2, ""), "{args:?}");
        assert!(err.contains("Usage:"), "{err}");
    }
    for args in
        [vec!["--help"], vec!["serve", "--help"], vec!["account", "create", "--help"], vec!["--version"]]
    {
        let CommandOutput { code, err, .. } = run_command(sms_chat("sqlite://unused.db", &args), "");
        assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
    }
    for command in ["serve", "migrate", "demo"] {
        let help = run_command(sms_chat("sqlite://unused.db", &[command, "--help"]), "").out;
        assert!(help.contains("Example: `sms-chat") || command == "demo", "{help}");
        assert!(help.contains("SMS_CHAT_DATABASE_URL"), "{help}");
    }
}

#[test]
fn an_invalid_setting_is_reported_in_one_line_that_names_it() {
    let database = TestDatabase::empty(Kind::Sqlite);
    for (name, value) in [
        ("SMS_CHAT_DATABASE_URL", "mysql://nowhere"),
        ("SMS_CHAT_DATABASE_CONNECTIONS", "none"),
        ("SMS_CHAT_LISTEN", "8080"),
        ("SMS_CHAT_PUBLIC_URL", "desk.example.com"),
        ("SMS_CHAT_TRUSTED_PROXIES", "proxy.example.com"),
        ("SMS_CHAT_JWT_SECRET", "short"),
        ("SMS_CHAT_GATEWAY", "pigeon"),
        ("SMS_CHAT_GATEWAY_TIMEOUT", "0"),
        ("SMS_CHAT_GIVE_UP_HOURS", "never"),
        ("SMS_CHAT_SIMULATOR_LISTEN", "here"),
        ("SMS_CHAT_RATE_LIMIT", "-1"),
        ("SMS_CHAT_LOG", "a=b=c"),
        ("TWILIO_API_URL", "api.twilio.com"),
        ("TWILIO_AUTH_TOKEN", "without its account"),
        ("TWILIO_AUTH_TOKEN_SECONDARY", "without the first"),
        ("SMS_CHAT_REPAIR_SECONDS", "often"),
        ("SMS_CHAT_PUBLIC_URL", "https://user:pass@desk.example.com"),
        ("SMS_CHAT_PUBLIC_URL", "https://desk.example.com:65536"),
        ("SMS_CHAT_PUBLIC_URL", "https:///x"),
        ("SMS_CHAT_LISTEN", "127.0.0.1:65536"),
        ("SMS_CHAT_JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ("SMS_CHAT_SIMULATOR_LISTEN", "0.0.0.0:0"),
        ("SMS_CHAT_METRICS", "maybe"),
        ("SMS_CHAT_METRICS_TOKEN", "short"),
        ("SMS_CHAT_API_DOCS", "yes"),
        ("SMS_CHAT_CORS_ORIGINS", "https://crm.example.com/app"),
    ] {
        let mut command = sms_chat(&database.url, &["serve"]);
        command.env(name, value);
        let line = one_line(run_command(command, ""));
        let named = if name == "TWILIO_AUTH_TOKEN" { "TWILIO_ACCOUNT_SID" } else { name };
        assert!(line.starts_with(named), "{line}");
        assert!(line.contains("; for example: "), "{line}");
        assert!(
            name != "SMS_CHAT_JWT_SECRET" || !line.contains("short\""),
            "secrets are not printed: {line}"
        );
    }
    assert!(!database.file().exists(), "no database was created");
}

#[test]
fn a_startup_failure_names_the_setting_to_check() {
    let database = TestDatabase::empty(Kind::Sqlite);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = fails(&database, &["serve", "--listen", &address], "");
    assert!(line.contains(&address) && line.contains("SMS_CHAT_LISTEN"), "{line}");

    let unreachable = "postgres://desk:secret-word@127.0.0.1:1/desk";
    let line = one_line(run_command(sms_chat(unreachable, &["serve"]), ""));
    assert!(line.contains("SMS_CHAT_DATABASE_URL"), "{line}");
    assert!(!line.contains("secret-word"), "{line}");

    std::fs::write(database.file(), "this is no database, but a text that somebody has put in its place")
        .unwrap();
    let line = fails(&database, &["migrate"], "");
    assert!(line.contains("not a database"), "{line}");
}

#[test]
fn the_openapi_document_is_printed_without_any_settings() {
    let CommandOutput { code, out, err } = run_command(sms_chat("nonsense://", &["openapi"]), "");
    assert_eq!((code, err.as_str()), (0, ""));
    let printed: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(printed["info"]["title"], "SMS Chat");
}
