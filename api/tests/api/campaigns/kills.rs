//! A campaign goes on after its server was killed, and each row has one message.

use std::collections::BTreeMap;

use serde_json::json;

use crate::support::{
    Client, Kind,
    campaigns::recipients,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    eventually,
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway},
};

const ROWS: usize = 400;

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
    let database = TestDatabase::empty(kind);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    let before = database.count("messages", "1 = 1");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let gateway = Gateway::start();
        let server = start_server(&gateway, &database);
        let client = supervisor(&server).await;
        let id = client.create_campaign("Reminder", &recipients(ROWS)).await;
        client.write_campaign(id, "Hello {{name}}", 60_000).await.expect(200);
        client.campaign_action(id, "run").await.expect(200);
        let mut running = server;
        for part in [1, 150, 300] {
            eventually("more rows were sent", async || {
                (database.count("messages", "1 = 1") >= before + part).then_some(())
            })
            .await;
            running.kill();
            running = start_server(&gateway, &database);
        }
        eventually("every row has its result", async || {
            (database.count("campaigns", "state = 'finished'") == 1).then_some(())
        })
        .await;
        eventually("every message reached the gateway", async || {
            (database.count("outbox", "1 = 1") == 0).then_some(())
        })
        .await;
        let mut sent = BTreeMap::<String, usize>::new();
        for text in gateway.ledger().await.iter().filter(|text| text["direction"] == "outbound-api") {
            *sent.entry(text["to"].to_string()).or_default() += 1;
        }
        assert_eq!(sent.len(), ROWS);
        assert!(sent.values().all(|count| *count == 1), "{sent:?}");
    });
    let rows = i64::try_from(ROWS).unwrap();
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
