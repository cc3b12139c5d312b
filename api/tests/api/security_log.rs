//! The security log of the real program: each event with ids and addresses, and nothing personal.

use std::fs::{self, File};

use serde_json::{Value, json};

use crate::support::{
    Client, Kind,
    command::{Served, sms_chat},
    database::TestDatabase,
    fixtures::{ADMIN, ANN, BO, CLAIMS, PASSWORD, Person},
};

#[test]
fn the_security_log_tells_sign_ins_refusals_and_changes_on_sqlite() {
    check(Kind::Sqlite);
}

#[test]
fn the_security_log_tells_sign_ins_refusals_and_changes_on_postgres() {
    check(Kind::Postgres);
}

const NEW: &str = "another four words";

fn check(kind: Kind) {
    let database = TestDatabase::with_world(kind);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let desk = Served::start_with_log(sms_chat(&database.url, &["serve"]), File::create(&path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(act(&Client::of(&desk.url)));
    drop(desk);
    let log = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(" security: ")).collect();
    for (event, what) in [
        ("signed_in", "account=1 session=1 address=127.0.0.1"),
        ("sign_in_refused", "account=3 address=127.0.0.1"),
        ("sign_in_refused", "address=127.0.0.1"),
        ("locked_out", "account=3 address=127.0.0.1"),
        ("current_password_wrong", "account=1 session=1"),
        ("account_created", "account=8 by=\"account 1\""),
        ("account_changed", "account=4 by=\"account 1\" detail=\"email, role=supervisor, disabled=true\""),
        ("account_changed", "account=1 by=\"account 1\" detail=\"email\""),
        ("password_changed", "account=5 by=\"account 1\" detail=\"all sessions are ended\""),
        ("team_member_added", "account=3 by=\"account 1\" detail=\"team=3\""),
        ("api_key_created", "api_key=3 by=\"account 1\""),
        ("api_key_revoked", "api_key=3 by=\"account 1\""),
        ("session_ended", "account=1 session=2 by=\"account 1\""),
        ("sessions_ended", "account=1 by=\"account 1\" detail=\"all but the current one\""),
        ("signed_out", "session=1"),
    ] {
        let expected = format!("event=\"{event}\" {what}");
        assert!(lines.iter().any(|line| line.ends_with(&expected)), "{expected}\n{}", lines.join("\n"));
    }
    for personal in ["@example.com", "battery", NEW, "smsc_", "Eve", "Bob"] {
        assert!(!log.contains(personal), "{personal}:\n{log}");
    }
    assert!(lines.iter().all(|line| line.contains(" INFO ")));
}

async fn act(nobody: &Client) {
    let admin = signed_in(nobody, ADMIN).await;
    for _ in 0..10 {
        nobody.post("/sessions", json!({"email": ANN.email(), "password": "wrong"})).await;
    }
    nobody.post("/sessions", json!({"email": "nobody@example.com", "password": "wrong"})).await;
    let wrong = json!({"current_password": "wrong horse battery", "password": NEW});
    admin.put("/me/password", wrong).await;
    let eve = json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [1],
        "password": "four words of yours"});
    admin.post("/accounts", eve).await.expect(201);
    let bo = json!({"email": "bob@example.com", "role": "supervisor", "disabled": true});
    admin.put(&format!("/accounts/{}", BO.1), bo).await.expect(200);
    let me = json!({"display_name": "Admin", "email": "alex@example.com", "current_password": PASSWORD});
    admin.put("/me", me).await.expect(200);
    admin.put("/accounts/5/password", json!({"password": NEW})).await.done();
    admin.put(&format!("/teams/{CLAIMS}/members/{}", ANN.1), json!({})).await.done();
    let key = json!({"name": "CRM", "permissions": ["reply"], "team_ids": [1]});
    let key = admin.post("/api_keys", key).await.expect(201)["id"].as_i64().unwrap();
    admin.delete(&format!("/api_keys/{key}")).await.done();
    nobody.post("/sessions", json!({"email": "alex@example.com", "password": PASSWORD})).await.expect(201);
    admin.delete("/me/sessions/2").await.done();
    admin.delete("/me/sessions").await.done();
    admin.delete("/sessions/current").await.done();
}

async fn signed_in(nobody: &Client, person: Person) -> Client {
    let sign_in = json!({"email": person.email(), "password": PASSWORD});
    let session: Value = nobody.post("/sessions", sign_in).await.expect(201);
    nobody.with_token(session["access_token"].as_str().unwrap())
}
