//! `sms-chat doctor`: its findings, its advice and its exit codes.

use std::process::Command;

use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::support::{
    Kind,
    command::{CommandOutput, ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    fixtures::STRANGER,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
};

const CLAIMS: &str = "+447700900003";
const NUMBERS: [&str; 4] = ["+447700900001", "+447700900002", CLAIMS, "+447700900004"];

/// A demo database and a gateway outside the server.
struct Setup {
    database: TestDatabase,
    gateway: Gateway,
}

impl Setup {
    async fn on(kind: Kind) -> Self {
        let database = TestDatabase::empty(kind);
        assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
        let gateway = Gateway::start();
        gateway.set_numbers(&NUMBERS).await;
        Self { database, gateway }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = sms_chat(&self.database.url, args);
        command
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url())
            // The server must not repair before the doctor does.
            .env("SMS_CHAT_REPAIR_SECONDS", "0");
        command
    }

    fn serve(&self) -> ServerProcess {
        let server = ServerProcess::start(self.command(&["serve"]));
        self.gateway.deliver_to(&server.url);
        server
    }

    fn run_doctor(&self, server: &ServerProcess, change: impl FnOnce(&mut Command)) -> CommandOutput {
        let mut command = self.command(&["doctor"]);
        command.args(["--listen", address(server)]);
        change(&mut command);
        run_command(command, "")
    }
}

fn address(server: &ServerProcess) -> &str {
    server.url.trim_start_matches("http://")
}

fn run<T: Future<Output = ()>>(test: impl FnOnce(Setup) -> T, kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.unwrap().block_on(async { test(Setup::on(kind).await).await });
}

/// Returns the lines that begin with a word, without that word.
fn lines<'a>(output: &'a CommandOutput, word: &str) -> Vec<&'a str> {
    output.out.lines().filter_map(|line| line.strip_prefix(word)).map(str::trim_start).collect()
}

const CHECKS: [&str; 7] =
    ["configuration", "database", "migrations", "credentials", "clock", "public address", "numbers"];

#[track_caller]
fn assert_healthy(output: &CommandOutput) {
    assert_eq!((output.code, output.err.as_str()), (0, ""), "{}", output.out);
    let checked: Vec<&str> = lines(output, "ok").iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(checked, CHECKS, "{}", output.out);
}

#[track_caller]
fn assert_findings(output: &CommandOutput, expected: &[&str]) {
    let findings = lines(output, "wrong");
    assert_eq!((output.code, findings.len()), (1, expected.len()), "{output:?}");
    for (line, expected) in findings.iter().zip(expected) {
        assert!(line.contains(expected) && line.contains(" To fix it: "), "{line}");
    }
    assert!(output.err.starts_with("sms-chat: ") && output.err.ends_with("wrong\n"), "{output:?}");
    assert!(!output.out.contains(AUTH_TOKEN), "{output:?}");
}

#[test]
fn a_healthy_server_passes_every_check() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(
            async |setup: Setup| {
                let server = setup.serve();
                assert_healthy(&setup.run_doctor(&server, |_| {}));
                assert_eq!(setup.database.count("early_receipts", "1 = 1"), 0, "the check leaves no row");
            },
            kind,
        );
    }
}

#[test]
fn the_built_in_simulator_is_found_through_the_running_server() {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let server = ServerProcess::start(sms_chat(&database.url, &["serve"]));
    assert_healthy(&run_command(sms_chat(&database.url, &["doctor", "--listen", address(&server)]), ""));
    let repaired =
        run_command(sms_chat(&database.url, &["doctor", "--repair", "--listen", address(&server)]), "");
    assert_eq!(repaired.code, 0, "{repaired:?}");

    let listen = address(&server).to_owned();
    server.kill();
    let stopped = run_command(sms_chat(&database.url, &["doctor", "--listen", &listen]), "");
    assert_findings(&stopped, &["no server answers at"]);
    assert_eq!(lines(&stopped, "not checked").len(), 3, "{stopped:?}");
}

#[test]
fn each_finding_comes_with_its_remedy() {
    run(
        async |setup: Setup| {
            let server = setup.serve();
            let wrong_token = |command: &mut Command| {
                command.env("TWILIO_AUTH_TOKEN", "a token of before");
            };
            assert_findings(
                &setup.run_doctor(&server, wrong_token),
                &["refuses our credentials", "rejects the signature"],
            );
            let other_address = |command: &mut Command| {
                command.env(
                    "SMS_CHAT_PUBLIC_URL",
                    format!("http://localhost:{}", server.url.rsplit(':').next().unwrap()),
                );
            };
            let output = setup.run_doctor(&server, other_address);
            assert_findings(
                &output,
                &["rejects the signature", "not deliver", "not deliver", "not deliver", "not deliver"],
            );
            let no_gateway = |command: &mut Command| {
                command.env("TWILIO_API_URL", "http://127.0.0.1:1");
            };
            assert_findings(&setup.run_doctor(&server, no_gateway), &["cannot be reached"]);
            let another_service = |command: &mut Command| {
                command.env("SMS_CHAT_PUBLIC_URL", format!("{}/simulator", setup.gateway.url()));
            };
            let output = setup.run_doctor(&server, another_service);
            assert!(lines(&output, "wrong")[0].contains("answers 404"), "{output:?}");

            setup.gateway.set_numbers(&NUMBERS[..3]).await;
            assert_findings(
                &setup.run_doctor(&server, |_| {}),
                &["+447700900004 of Claims does not belong to the gateway account"],
            );
            setup
                .database
                .run(&format!("DELETE FROM team_numbers WHERE number IN ('{CLAIMS}', '+447700900004')"))
                .unwrap();
            let with_its_address = |command: &mut Command| {
                command.env("SMS_CHAT_PUBLIC_URL", &server.url);
            };
            assert_findings(
                &setup.run_doctor(&server, with_its_address),
                &["+447700900003 are delivered to this server, but no team owns the number"],
            );
        },
        Kind::Sqlite,
    );
}

#[test]
fn a_database_that_is_not_ready_is_reported() {
    run(
        async |setup: Setup| {
            let server = setup.serve();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("other.db");
            let url = format!("sqlite://{}", file.display());
            let on_other = |command: &mut Command| {
                command.env("SMS_CHAT_DATABASE_URL", &url);
            };
            assert_findings(&setup.run_doctor(&server, on_other), &["does not exist"]);
            assert!(!file.exists(), "the check creates no database");
            std::fs::write(&file, "").unwrap();
            assert_findings(&setup.run_doctor(&server, on_other), &["are pending, so the schema is older"]);
            std::fs::write(&file, "no database at all, but a text that stands in its place".repeat(99))
                .unwrap();
            assert_findings(&setup.run_doctor(&server, on_other), &["not a database"]);

            let unfinished = TestDatabase::with_fixtures(Kind::Sqlite);
            let mark = "CREATE TABLE unfinished_move (source TEXT NOT NULL);
                INSERT INTO unfinished_move (source) VALUES ('sqlite://a.db')";
            unfinished.run(mark).unwrap();
            let on_unfinished = |command: &mut Command| {
                command.env("SMS_CHAT_DATABASE_URL", &unfinished.url);
            };
            let output = setup.run_doctor(&server, on_unfinished);
            assert_findings(&output, &["To fix it: finish that move"]);
        },
        Kind::Sqlite,
    );
}

#[test]
fn a_repair_recovers_missed_messages() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(
            async |setup: Setup| {
                let server = setup.serve();
                #[expect(clippy::disallowed_methods, reason = "the program's clock is the machine's")]
                let at = Utc::now() - TimeDelta::minutes(10);
                for (body, from) in [("Hello", STRANGER), ("Anybody there?", STRANGER)] {
                    setup
                        .gateway
                        .send_and_miss(json!({"from": from, "to": CLAIMS, "body": body, "at": at}))
                        .await;
                }
                let repaired = setup.run_doctor(&server, |command| {
                    command.arg("--repair");
                });
                assert_eq!(repaired.code, 0, "{repaired:?}");
                let last = lines(&repaired, "ok").pop().unwrap().to_owned();
                assert_eq!(last, "repair: recovered messages: 2, receipts: 0.");
                assert_eq!(setup.database.count("messages", "recovered"), 2);
                let again = setup.run_doctor(&server, |command| {
                    command.arg("--repair");
                });
                assert!(again.out.ends_with("recovered messages: 0, receipts: 0.\n"), "{again:?}");
                assert_eq!(setup.database.count("messages", "recovered"), 2);
            },
            kind,
        );
    }
}
