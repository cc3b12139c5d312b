//! `sms-chat doctor`: what it finds, what it advises, and how it ends.

use std::process::Command;

use chrono::{TimeDelta, Utc};
use serde_json::json;

use crate::support::{
    Kind,
    command::{Said, Served, said, sms_chat},
    database::TestDatabase,
    fixtures::STRANGER,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
};

const CLAIMS: &str = "+447700900003";
const NUMBERS: [&str; 4] = ["+447700900001", "+447700900002", CLAIMS, "+447700900004"];

/// The demo world with a gateway outside of the desk.
struct World {
    database: TestDatabase,
    gateway: Gateway,
}

impl World {
    async fn on(kind: Kind) -> Self {
        let database = TestDatabase::empty(kind);
        assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
        let gateway = Gateway::start();
        gateway.has_numbers(&NUMBERS).await;
        Self { database, gateway }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = sms_chat(&self.database.url, words);
        command
            .env("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
            .env("TWILIO_AUTH_TOKEN", AUTH_TOKEN)
            .env("TWILIO_API_URL", self.gateway.url())
            // The desk must leave something to the doctor.
            .env("SMS_CHAT_REPAIR_SECONDS", "0");
        command
    }

    fn serve(&self) -> Served {
        let desk = Served::start(self.command(&["serve"]));
        self.gateway.bring_to(&desk.url);
        desk
    }

    fn doctor(&self, desk: &Served, change: impl FnOnce(&mut Command)) -> Said {
        let mut command = self.command(&["doctor"]);
        command.args(["--listen", address(desk)]);
        change(&mut command);
        said(command, "")
    }
}

fn address(desk: &Served) -> &str {
    desk.url.trim_start_matches("http://")
}

fn run<T: Future<Output = ()>>(test: impl FnOnce(World) -> T, kind: Kind) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.unwrap().block_on(async { test(World::on(kind).await).await });
}

/// The lines that begin with a word.
fn lines<'a>(said: &'a Said, word: &str) -> Vec<&'a str> {
    said.out.lines().filter_map(|line| line.strip_prefix(word)).map(str::trim_start).collect()
}

const CHECKS: [&str; 7] =
    ["configuration", "database", "migrations", "credentials", "clock", "public address", "numbers"];

#[track_caller]
fn is_well(said: &Said) {
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{}", said.out);
    let looked_at: Vec<&str> = lines(said, "ok").iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(looked_at, CHECKS, "{}", said.out);
}

#[track_caller]
fn is_wrong(said: &Said, expected: &[&str]) {
    let wrong = lines(said, "wrong");
    assert_eq!((said.code, wrong.len()), (1, expected.len()), "{said:?}");
    for (line, expected) in wrong.iter().zip(expected) {
        assert!(line.contains(expected) && line.contains(" To mend it: "), "{line}");
    }
    assert!(said.err.starts_with("sms-chat: ") && said.err.ends_with("wrong\n"), "{said:?}");
    assert!(!said.out.contains(AUTH_TOKEN), "{said:?}");
}

#[test]
fn a_desk_on_which_all_is_well_is_told_so() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(
            async |world: World| {
                let desk = world.serve();
                is_well(&world.doctor(&desk, |_| {}));
                assert_eq!(world.database.count("early_receipts", "1 = 1"), 0, "it leaves nothing behind");
            },
            kind,
        );
    }
}

#[test]
fn the_built_in_simulator_is_found_through_the_desk_that_runs() {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
    let desk = Served::start(sms_chat(&database.url, &["serve"]));
    is_well(&said(sms_chat(&database.url, &["doctor", "--listen", address(&desk)]), ""));
    let repaired = said(sms_chat(&database.url, &["doctor", "--repair", "--listen", address(&desk)]), "");
    assert_eq!(repaired.code, 0, "{repaired:?}");

    let listen = address(&desk).to_owned();
    desk.kill();
    let dead = said(sms_chat(&database.url, &["doctor", "--listen", &listen]), "");
    is_wrong(&dead, &["nothing answers at"]);
    assert_eq!(lines(&dead, "not checked").len(), 3, "{dead:?}");
}

#[test]
fn what_is_wrong_is_told_with_the_way_to_mend_it() {
    run(
        async |world: World| {
            let desk = world.serve();
            let wrong_token = |command: &mut Command| {
                command.env("TWILIO_AUTH_TOKEN", "a token of before");
            };
            is_wrong(
                &world.doctor(&desk, wrong_token),
                &["refuses our credentials", "refuses the signature"],
            );
            let other_address = |command: &mut Command| {
                command.env(
                    "SMS_CHAT_PUBLIC_URL",
                    format!("http://localhost:{}", desk.url.rsplit(':').next().unwrap()),
                );
            };
            let said = world.doctor(&desk, other_address);
            is_wrong(
                &said,
                &["refuses the signature", "not bring the texts", "not bring", "not bring", "not bring"],
            );
            let no_gateway = |command: &mut Command| {
                command.env("TWILIO_API_URL", "http://127.0.0.1:1");
            };
            is_wrong(&world.doctor(&desk, no_gateway), &["cannot be reached"]);
            let somebody_else = |command: &mut Command| {
                command.env("SMS_CHAT_PUBLIC_URL", format!("{}/simulator", world.gateway.url()));
            };
            let said = world.doctor(&desk, somebody_else);
            assert!(lines(&said, "wrong")[0].contains("answers 404"), "{said:?}");

            world.gateway.has_numbers(&NUMBERS[..3]).await;
            is_wrong(
                &world.doctor(&desk, |_| {}),
                &["+447700900004 of Claims is none of the gateway's account"],
            );
            world
                .database
                .run(&format!("DELETE FROM team_numbers WHERE number IN ('{CLAIMS}', '+447700900004')"))
                .unwrap();
            let with_its_address = |command: &mut Command| {
                command.env("SMS_CHAT_PUBLIC_URL", &desk.url);
            };
            is_wrong(
                &world.doctor(&desk, with_its_address),
                &["+447700900003 come here, and no team owns it"],
            );
        },
        Kind::Sqlite,
    );
}

#[test]
fn a_database_that_is_not_ready_is_told() {
    run(
        async |world: World| {
            let desk = world.serve();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("other.db");
            let url = format!("sqlite://{}", file.display());
            let on_other = |command: &mut Command| {
                command.env("SMS_CHAT_DATABASE_URL", &url);
            };
            is_wrong(&world.doctor(&desk, on_other), &["there is none at"]);
            assert!(!file.exists(), "it makes none");
            std::fs::write(&file, "").unwrap();
            is_wrong(&world.doctor(&desk, on_other), &["are missing, so the schema is older"]);
            std::fs::write(&file, "no database at all, but a text that stands in its place".repeat(99))
                .unwrap();
            is_wrong(&world.doctor(&desk, on_other), &["not a database"]);
        },
        Kind::Sqlite,
    );
}

#[test]
fn a_repair_fetches_what_the_webhooks_have_missed() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        run(
            async |world: World| {
                let desk = world.serve();
                #[expect(clippy::disallowed_methods, reason = "the program's clock is the machine's")]
                let at = Utc::now() - TimeDelta::minutes(10);
                for (body, from) in [("Hello", STRANGER), ("Anybody there?", STRANGER)] {
                    world.gateway.miss(json!({"from": from, "to": CLAIMS, "body": body, "at": at})).await;
                }
                let repaired = world.doctor(&desk, |command| {
                    command.arg("--repair");
                });
                assert_eq!(repaired.code, 0, "{repaired:?}");
                let last = lines(&repaired, "ok").pop().unwrap().to_owned();
                assert_eq!(last, "repair: recovered texts: 2, receipts: 0.");
                assert_eq!(world.database.count("messages", "recovered"), 2);
                let again = world.doctor(&desk, |command| {
                    command.arg("--repair");
                });
                assert!(again.out.ends_with("recovered texts: 0, receipts: 0.\n"), "{again:?}");
                assert_eq!(world.database.count("messages", "recovered"), 2);
            },
            kind,
        );
    }
}
