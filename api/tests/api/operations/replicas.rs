//! Several servers on one PostgreSQL database: they start together, each takes any request, and work that is due is done
//! once. Other tests of two servers are beside what they test: events, presence, snoozing, scheduled messages.

use std::thread;

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::json;

use crate::support::{
    ApiResponse, Client, Kind, TestApp,
    command::{ServerProcess, sms_chat},
    database::{TestDatabase, scripts},
    fixtures::{ANN, FULL_KEY, PASSWORD, STRANGER, stranger},
    run,
};

#[test]
fn servers_that_start_together_migrate_an_empty_database_once() {
    let database = TestDatabase::empty(Kind::Postgres);
    let starting: Vec<_> = (0..3)
        .map(|_| {
            let url = database.url.clone();
            thread::spawn(move || ServerProcess::start(sms_chat(&url, &["serve"])))
        })
        .collect();
    let servers: Vec<ServerProcess> = starting.into_iter().map(|server| server.join().unwrap()).collect();
    let migrations = i64::try_from(scripts(Kind::Postgres).len() / 2).unwrap();
    assert_eq!(database.count("__diesel_schema_migrations", "version <> '00000000000000'"), migrations);
    for server in servers {
        server.kill();
    }
}

#[test]
fn a_session_of_one_server_is_valid_on_another_until_it_ends() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let other = app.replica(|_| {});
        let sign_in = json!({"email": ANN.email(), "password": PASSWORD});
        let signed_in = app.anonymous.post("/sessions", sign_in).await;
        let pairs = signed_in.cookies().into_iter().filter_map(|cookie| Some(cookie.split_once(';')?.0));
        let cookies = pairs.collect::<Vec<_>>().join("; ");
        let csrf = signed_in.expect(201)["csrf_token"].as_str().unwrap().to_owned();
        let request = |server: &Client, method, path: &str| {
            server.request(method, path).header("Cookie", &cookies).header("X-CSRF-Token", &csrf)
        };
        ApiResponse::to(request(&other.anonymous, Method::GET, "/me")).await.expect(200);
        let path = format!("/conversations/{conversation}/messages");
        let reply = request(&other.anonymous, Method::POST, &path).json(&json!({"body": "Hi"}));
        ApiResponse::to(reply).await.expect(201);
        ApiResponse::to(request(&app.anonymous, Method::GET, "/me")).await.expect(200);
        ApiResponse::to(request(&other.anonymous, Method::DELETE, "/sessions/current")).await.no_content();
        app.advance_until("the first server knows that the session has ended", async || {
            let me = ApiResponse::to(request(&app.anonymous, Method::GET, "/me")).await;
            (me.status == 401).then_some(())
        })
        .await;
    });
}

#[test]
fn a_request_that_is_repeated_on_another_server_has_one_effect() {
    run(Kind::Postgres, async |app: TestApp| {
        let conversation = app.inbound(STRANGER, "Hello").await;
        let other = app.replica(|_| {});
        let program = app.anonymous.with_token(FULL_KEY);
        let path = format!("/conversations/{conversation}/messages");
        for key in ["k1", "k2", "k3"] {
            let send = async |client: Client| {
                let request = client.request(Method::POST, &path).header("Idempotency-Key", key);
                ApiResponse::to(request.json(&json!({ "body": key }))).await.expect(201)["id"].clone()
            };
            let (first, second) = tokio::join!(send(program.clone()), send(program.at(&other.anonymous)));
            assert_eq!(first, second);
        }
        assert_eq!(app.database.count("messages", "direction = 'outbound'"), 3);
        app.advance_until("all messages were sent", async || {
            (app.database.count("outbox", "1 = 1") == 0).then_some(())
        })
        .await;
        assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["k1", "k2", "k3"]);
    });
}

#[test]
fn of_several_servers_one_sends_each_message() {
    run(Kind::Postgres, async |app: TestApp| {
        let mut conversations = Vec::new();
        for n in 0..20 {
            conversations.push(app.inbound(&stranger(n), "Hello").await);
        }
        let program = app.anonymous.with_token(FULL_KEY);
        // All messages are due at once, on three servers.
        app.gateway.inject_fault(json!({"fault": "http_429", "retry_after": 60, "times": 8})).await;
        for conversation in &conversations {
            program.create_reply(*conversation, "Hi").await;
        }
        let _others = [app.replica(|_| {}), app.replica(|_| {})];
        app.advance(TimeDelta::minutes(2));
        app.advance_until("all messages were sent", async || {
            (app.database.count("outbox", "1 = 1") == 0).then_some(())
        })
        .await;
        for n in 0..20 {
            assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Hi"]);
        }
    });
}
