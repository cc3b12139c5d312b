//! What was answered is kept, also when the desk is killed in that moment; and a desk that is asked to end does so in
//! order.

use serde_json::json;

use crate::support::{
    Answer, Client, Kind,
    command::{Served, said, sms_chat},
    database::TestDatabase,
    eventually,
    fixtures::{COLLECTIONS_NUMBER, STRANGER, stranger},
    gateway::{ACCOUNT_SID, AUTH_TOKEN, Gateway, MESSAGES, sid, signed, text_form},
};

/// A desk with the demo world, as its own process.
fn serve(database: &TestDatabase) -> Served {
    let mut command = sms_chat(&database.url, &["serve", "--gateway", "simulator"]);
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    Served::start(command)
}

/// The same, with a gateway that outlives it.
fn serve_at(gateway: &Gateway, database: &TestDatabase) -> Served {
    let mut command = sms_chat(&database.url, &["serve"]);
    command.env("TWILIO_ACCOUNT_SID", ACCOUNT_SID).env("TWILIO_AUTH_TOKEN", AUTH_TOKEN);
    command.env("TWILIO_API_URL", gateway.url());
    Served::start(command)
}

fn demo() -> TestDatabase {
    let database = TestDatabase::empty(Kind::Sqlite);
    assert_eq!(said(sms_chat(&database.url, &["demo"]), "").code, 0);
    database
}

fn block_on<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(work)
}

async fn ann(desk: &Served) -> Client {
    let nobody = Client::of(&desk.url);
    let session = nobody
        .post("/sessions", json!({"email": "ann@example.com", "password": "sms-chat-demo"}))
        .await
        .expect(201);
    nobody.with_token(session["access_token"].as_str().unwrap())
}

/// The bodies of what the customer wrote.
fn kept(database: &TestDatabase) -> Vec<String> {
    database.words(&format!(
        "SELECT body AS value FROM messages JOIN conversations c ON c.id = conversation_id
         WHERE c.number = '{STRANGER}' AND c.team_number = '{COLLECTIONS_NUMBER}'
            AND gateway_id LIKE 'SM0000%' ORDER BY messages.id"
    ))
}

#[test]
fn a_text_that_was_answered_survives_the_death_of_the_desk() {
    let database = demo();
    let mut expected = Vec::new();
    for round in 0..3 {
        let desk = serve(&database);
        block_on(async {
            let nobody = Client::of(&desk.url);
            for n in 0..5 {
                let body = format!("Text {round}.{n}");
                let form = text_form(&sid(round * 10 + n), STRANGER, COLLECTIONS_NUMBER, &body);
                let answer = Answer::to(signed(&nobody, MESSAGES, &form)).await;
                assert_eq!(answer.status, 200);
                expected.push(body);
            }
        });
        desk.kill();
        assert_eq!(kept(&database), expected);
    }
}

#[test]
fn a_reply_that_was_answered_is_sent_after_the_death_of_the_desk() {
    let database = demo();
    let desk = serve(&database);
    let message = block_on(async {
        let nobody = Client::of(&desk.url);
        let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
        assert_eq!(Answer::to(signed(&nobody, MESSAGES, &form)).await.status, 200);
        let select = format!("SELECT id FROM conversations WHERE number = '{STRANGER}' AND status = 'open'");
        ann(&desk).await.replies(database.number(&select), "I am here").await
    });
    desk.kill();

    // Had it been handed over already, it would be looked up; the dead desk's simulator has forgotten it.
    let desk = serve(&database);
    database.run("UPDATE outbox SET held_until = NULL, due_at = 0").unwrap();
    block_on(eventually("the reply was delivered", async || {
        let delivered = format!("id = {message} AND status IN ('sent', 'delivered')");
        (database.count("messages", &delivered) == 1).then_some(())
    }));
    desk.kill();
}

#[test]
fn a_repair_that_was_killed_is_gone_on_with_and_keeps_each_text_once() {
    let database = demo();
    block_on(async {
        let gateway = Gateway::start();
        for n in 0..300 {
            let text = json!({"from": stranger(n), "to": COLLECTIONS_NUMBER, "body": format!("Text {n}")});
            gateway.miss(text).await;
        }
        for part in [1, 100, 200, 300] {
            let desk = serve_at(&gateway, &database);
            eventually("some more were kept", async || {
                (database.count("messages", "recovered") >= part).then_some(())
            })
            .await;
            desk.kill();
        }
    });
    assert_eq!(database.count("messages", "recovered"), 300);
    assert_eq!(database.count("conversations", "unread = 1 AND number LIKE '+447700901%'"), 300);
}

#[test]
fn a_desk_that_is_asked_to_end_finishes_what_is_at_the_gateway() {
    let database = demo();
    let gateway = Gateway::start();
    let desk = serve_at(&gateway, &database);
    let message = block_on(async {
        gateway.order(json!({"number": STRANGER, "fault": "latency", "ms": 1500})).await;
        let form = text_form(&sid(1), STRANGER, COLLECTIONS_NUMBER, "Hello");
        assert_eq!(Answer::to(signed(&Client::of(&desk.url), MESSAGES, &form)).await.status, 200);
        let select = format!("SELECT id FROM conversations WHERE number = '{STRANGER}' AND status = 'open'");
        let message = ann(&desk).await.replies(database.number(&select), "I am here").await;
        let sending = format!("id = {message} AND status = 'sending'");
        eventually("the reply is at the gateway", async || {
            (database.count("messages", &sending) == 1).then_some(())
        })
        .await;
        message
    });
    desk.ask_to_end();
    assert!(desk.ends_well());
    assert_eq!(database.count("messages", &format!("id = {message} AND status = 'sent'")), 1);
    assert_eq!(database.count("outbox", "1 = 1"), 0);
    assert_eq!(block_on(gateway.bodies_sent_to(STRANGER)), ["I am here"]);
}

#[test]
fn a_server_that_is_asked_to_end_finishes_requests_under_way_and_closes_idle_connections() {
    use std::{
        io::{Read, Write},
        net::TcpStream,
    };
    let database = demo();
    let desk = serve(&database);
    let connect = || {
        let stream = TcpStream::connect(desk.url.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(crate::support::waiting::PATIENCE)).unwrap();
        stream
    };
    let head = "Host: localhost\r\nContent-Type: application/json";
    let body = r#"{"email": "ann@example.com", "password": "sms-chat-demo"}"#;
    // Both have been used before, and are kept open.
    let (mut idle, mut busy) = (connect(), connect());
    for stream in [&mut idle, &mut busy] {
        write!(stream, "GET /health/live HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
        let mut answer = [0; 4096];
        assert!(stream.read(&mut answer).unwrap() > 0);
        assert!(answer.starts_with(b"HTTP/1.1 200"));
    }
    // One is in the middle of a request.
    write!(
        busy,
        "POST /api/v1/sessions HTTP/1.1\r\n{head}\r\nExpect: 100-continue\r\nContent-Length: {}\r\n\r\n",
        body.len()
    )
    .unwrap();
    let (first, rest) = body.split_at(10);
    let mut go_on = [0; 25];
    busy.read_exact(&mut go_on).unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    busy.write_all(first.as_bytes()).unwrap();
    desk.ask_to_end();
    let mut left = Vec::new();
    idle.read_to_end(&mut left).unwrap();
    assert!(left.is_empty(), "the idle connection closes without another word");
    busy.write_all(rest.as_bytes()).unwrap();
    let mut answer = String::new();
    busy.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    assert!(desk.ends_well());
}

#[test]
fn a_desk_that_is_asked_to_end_ends_in_order_even_while_streams_are_open() {
    let database = demo();
    let desk = serve(&database);
    block_on(async {
        let ann = ann(&desk).await;
        let mut stream = ann.request(reqwest::Method::GET, "/events").send().await.unwrap();
        assert!(stream.chunk().await.unwrap().is_some());
        desk.ask_to_end();
        while stream.chunk().await.unwrap().is_some() {}
    });
    assert!(desk.ends_well());
}
