//! A campaign goes on after its server was killed, and each row has one message. `cargo xtask chaos --campaign` runs the same
//! test with more rows and kills.

use std::{collections::BTreeMap, time::Duration};

use serde_json::json;

use crate::support::{
    Client, Kind,
    campaigns::recipients,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
    within,
};

/// Returns a number that `cargo xtask chaos` sets.
fn number(name: &str, default: i64) -> i64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

/// Waits until the condition holds. The limit grows with the number of rows.
async fn until(rows: i64, wanted: &str, holds: impl Fn() -> bool) {
    let limit = Duration::from_secs(30) + Duration::from_millis(20) * u32::try_from(rows).unwrap();
    let found = within(limit, Duration::from_millis(20), async || holds().then_some(())).await;
    assert!(found.is_some(), "timed out after {} s: waiting until {wanted}", limit.as_secs());
}

fn start_server(gateway: &Gateway, database: &TestDatabase) -> ServerProcess {
    let mut command = sms_chat(&database.url, &["serve"]);
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    command.env("TWILIO_API_URL", gateway.url());
    // A message with an unknown outcome is looked up soon.
    command.env("SMS_CHAT_GATEWAY_TIMEOUT", "1").env("SMS_CHAT_GATEWAY_LIST_LAG", "0");
    ServerProcess::start(command)
}

async fn supervisor(server: &ServerProcess) -> Client {
    let anonymous = Client::of(&server.url);
    let session = json!({"email": "supervisor@example.com", "password": "sms-chat-demo"});
    let session = anonymous.post("/sessions", session).await.expect(201);
    anonymous.with_token(session["access_token"].as_str().unwrap())
}

fn a_killed_campaign_sends_each_row_once(kind: Kind) {
    let (rows, kills) = (number("SMS_CHAT_CAMPAIGN_ROWS", 400), number("SMS_CHAT_CAMPAIGN_KILLS", 3));
    let database = TestDatabase::empty(kind);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let before = database.count("messages", "1 = 1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gateway = Gateway::start();
        let mut server = start_server(&gateway, &database);
        let client = supervisor(&server).await;
        let id = client.create_campaign("Reminder", &recipients(usize::try_from(rows).unwrap())).await;
        client.write_campaign(id, "Hello {{name}}", 60_000).await.expect(200);
        client.campaign_action(id, "run").await.expect(200);
        for kill in 0..kills {
            let part = 1 + rows * kill / (kills + 1);
            until(rows, "more rows were sent", || database.count("messages", "1 = 1") >= before + part).await;
            server.kill();
            server = start_server(&gateway, &database);
        }
        until(rows, "every row has its result", || database.count("campaigns", "state = 'finished'") == 1)
            .await;
        until(rows, "every message reached the gateway", || database.count("outbox", "1 = 1") == 0).await;
        let mut sent = BTreeMap::<String, usize>::new();
        for text in gateway.ledger().await.iter().filter(|text| text["direction"] == "outbound-api") {
            *sent.entry(text["to"].to_string()).or_default() += 1;
        }
        assert_eq!(i64::try_from(sent.len()), Ok(rows));
        let twice: Vec<_> = sent.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    });
    assert_eq!(database.count("messages", "1 = 1"), before + rows);
    assert_eq!(database.count("campaign_rows", "message_id IS NOT NULL AND problem IS NULL"), rows);
    assert_eq!(database.count("campaigns", &format!("queued = {rows} AND refused = 0")), 1);
}

#[test]
fn a_killed_campaign_sends_each_row_once_on_sqlite() {
    a_killed_campaign_sends_each_row_once(Kind::Sqlite);
}

#[test]
fn a_killed_campaign_sends_each_row_once_on_postgres() {
    a_killed_campaign_sends_each_row_once(Kind::Postgres);
}
