//! Confirmed requests survive a killed server, and a terminated server shuts down gracefully.

use std::collections::BTreeSet;

use serde_json::json;

use crate::support::{
    ApiResponse, Client, Kind,
    command::{ServerProcess, run_command, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{COLLECTIONS_NUMBER, STRANGER, stranger},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway, MESSAGES, message_form, sid, signed},
    stream::Listener,
};

/// Starts the server on the demo data as its own process.
fn start_server(database: &TestDatabase) -> ServerProcess {
    let mut command = sms_chat(&database.url, &["serve", "--gateway", "simulator"]);
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    // A message with an unknown outcome is sent again after 3 seconds.
    command.env("SMS_CHAT_GATEWAY_TIMEOUT", "1").env("SMS_CHAT_GATEWAY_LIST_LAG", "0");
    ServerProcess::start(command)
}

/// Starts the server with a gateway that outlives it.
fn start_server_with(gateway: &Gateway, database: &TestDatabase) -> ServerProcess {
    let mut command = sms_chat(&database.url, &["serve"]);
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    command.env("TWILIO_API_URL", gateway.url());
    ServerProcess::start(command)
}

fn demo_database() -> TestDatabase {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(run_command(sms_chat(&database.url, &["demo"]), "").code, 0);
    database
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

async fn ann(server: &ServerProcess) -> Client {
    let anonymous = Client::of(&server.url);
    let session = anonymous
        .post("/sessions", json!({"email": "ann@example.com", "password": "sms-chat-demo"}))
        .await
        .expect(201);
    anonymous.with_token(session["access_token"].as_str().unwrap())
}

/// Returns the bodies of the customer's messages.
fn stored_bodies(database: &TestDatabase) -> Vec<String> {
    database.strings(&format!(
        "SELECT body AS value FROM messages JOIN conversations c ON c.id = conversation_id
         WHERE c.number = '{STRANGER}' AND c.team_number = '{COLLECTIONS_NUMBER}'
            AND gateway_id LIKE 'SM0000%' ORDER BY messages.id"
    ))
}

#[test]
fn a_confirmed_message_survives_a_killed_server() {
    let database = demo_database();
    let mut expected = Vec::new();
    for round in 0..3 {
        let server = start_server(&database);
        block_on(async {
            let anonymous = Client::of(&server.url);
            for n in 0..5 {
                let body = format!("Text {round}.{n}");
                let form = message_form(&sid(round * 10 + n), STRANGER, COLLECTIONS_NUMBER, &body);
                let response = ApiResponse::to(signed(&anonymous, MESSAGES, &form)).await;
                assert_eq!(response.status, 200);
                expected.push(body);
            }
        });
        server.kill();
        assert_eq!(stored_bodies(&database), expected);
    }
}

#[test]
fn a_confirmed_reply_is_sent_after_the_server_was_killed() {
    let database = demo_database();
    let server = start_server(&database);
    let message = block_on(async {
        let anonymous = Client::of(&server.url);
        let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
        assert_eq!(ApiResponse::to(signed(&anonymous, MESSAGES, &form)).await.status, 200);
        let select = format!("SELECT id FROM conversations WHERE number = '{STRANGER}' AND status = 'open'");
        ann(&server).await.create_reply(database.integer(&select), "I am here").await
    });
    server.kill();

    // If it was being sent when the server was killed, it is looked up first; the simulator has lost its ledger.
    let server = start_server(&database);
    database.run("UPDATE outbox SET held_until = NULL, due_at = 0").unwrap();
    block_on(eventually("the reply was delivered", async || {
        let delivered = format!("id = {message} AND status IN ('sent', 'delivered')");
        (database.count("messages", &delivered) == 1).then_some(())
    }));
    server.kill();
}

#[test]
fn a_killed_repair_resumes_and_stores_each_message_once() {
    let database = demo_database();
    block_on(async {
        let gateway = Gateway::start();
        for n in 0..300 {
            let text = json!({"from": stranger(n), "to": COLLECTIONS_NUMBER, "body": format!("Text {n}")});
            gateway.send_and_miss(text).await;
        }
        for part in [1, 100, 200, 300] {
            let server = start_server_with(&gateway, &database);
            eventually("more messages were recovered", async || {
                (database.count("messages", "recovered") >= part).then_some(())
            })
            .await;
            server.kill();
        }
    });
    assert_eq!(database.count("messages", "recovered"), 300);
    assert_eq!(database.count("conversations", "unread = 1 AND number LIKE '+447700901%'"), 300);
}

#[test]
fn a_terminated_server_finishes_the_send_in_progress() {
    let database = demo_database();
    let gateway = Gateway::start();
    let server = start_server_with(&gateway, &database);
    let message = block_on(async {
        gateway.inject_fault(json!({"number": STRANGER, "fault": "latency", "ms": 1500})).await;
        let form = message_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
        assert_eq!(ApiResponse::to(signed(&Client::of(&server.url), MESSAGES, &form)).await.status, 200);
        let select = format!("SELECT id FROM conversations WHERE number = '{STRANGER}' AND status = 'open'");
        let message = ann(&server).await.create_reply(database.integer(&select), "I am here").await;
        let sending = format!("id = {message} AND status = 'sending'");
        eventually("the reply is at the gateway", async || {
            (database.count("messages", &sending) == 1).then_some(())
        })
        .await;
        message
    });
    server.terminate();
    assert!(server.exits_successfully());
    assert_eq!(database.count("messages", &format!("id = {message} AND status = 'sent'")), 1);
    assert_eq!(database.count("outbox", "1 = 1"), 0);
    assert_eq!(block_on(gateway.bodies_sent_to(STRANGER)), ["I am here"]);
}

#[test]
fn a_terminated_server_finishes_requests_and_closes_idle_connections() {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };
    let database = demo_database();
    let server = start_server(&database);
    let connect = || {
        let stream = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(crate::support::waiting::TIMEOUT)).unwrap();
        stream
    };
    let head = "Host: localhost\r\nContent-Type: application/json";
    let body = r#"{"email": "ann@example.com", "password": "sms-chat-demo"}"#;
    // Both connections have been used before and are kept open.
    let (mut idle, mut busy) = (connect(), connect());
    for stream in [&mut idle, &mut busy] {
        write!(stream, "GET /health/live HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
        let mut response = [0; 4096];
        assert!(stream.read(&mut response).unwrap() > 0);
        assert!(response.starts_with(b"HTTP/1.1 200"));
    }
    // One is in the middle of a request.
    write!(
        busy,
        "POST /api/v1/sessions HTTP/1.1\r\n{head}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    let (first, rest) = body.split_at(10);
    let mut continue_line = [0; 25];
    busy.read_exact(&mut continue_line).unwrap();
    assert_eq!(&continue_line, b"HTTP/1.1 100 Continue\r\n\r\n");
    busy.write_all(first.as_bytes()).unwrap();
    server.terminate();
    let mut remainder = Vec::new();
    idle.read_to_end(&mut remainder).unwrap();
    assert!(remainder.is_empty(), "the idle connection closes without more data");
    busy.write_all(rest.as_bytes()).unwrap();
    let mut response = String::new();
    busy.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 201"), "{response}");
    assert!(response.to_lowercase().contains("connection: close"), "{response}");
    assert!(server.exits_successfully());
}

#[test]
fn a_terminated_server_stops_gracefully_with_open_streams() {
    let database = demo_database();
    let server = start_server(&database);
    let delays = block_on(async {
        let ann = ann(&server).await;
        let mut streams = Vec::new();
        for _ in 0..20 {
            streams.push(Listener::to(&ann).await);
        }
        server.terminate();
        let mut delays = Vec::new();
        for mut stream in streams {
            let last = stream.block().await.unwrap();
            delays.push(last.strip_prefix("retry: ").unwrap().parse::<u32>().unwrap());
            assert_eq!(stream.block().await, None);
        }
        delays
    });
    assert!(server.exits_successfully());
    assert!(delays.iter().all(|delay| (1000..=5000).contains(delay)), "{delays:?}");
    // So that the clients do not all open their streams on the other servers at once.
    let different: BTreeSet<u32> = delays.into_iter().collect();
    assert!(different.len() > 5, "{different:?}");
}

#[test]
fn a_terminated_server_answers_requests_until_its_delay_is_over() {
    let database = demo_database();
    let mut command = sms_chat(&database.url, &["serve", "--gateway", "simulator"]);
    command.env("SMS_CHAT_SHUTDOWN_DELAY", "60");
    let server = ServerProcess::start(command);
    block_on(async {
        let ann = ann(&server).await;
        let mut stream = Listener::to(&ann).await;
        assert_eq!(ann.get("//health/ready").await.status, 200);
        server.terminate();
        let stopping = eventually("the server is not ready", async || {
            let ready = ann.get("//health/ready").await;
            (ready.status == 503).then_some(ready.body)
        })
        .await;
        assert!(stopping.contains(r#""status":"stopping""#), "{stopping}");
        // New connections and streams are still served.
        ann.get("/me").await.expect(200);
        Listener::to(&ann).await;
        // The second signal ends the delay.
        server.terminate();
        assert!(stream.block().await.unwrap().starts_with("retry: "));
    });
    assert!(server.exits_successfully());
}
