//! The security log of the real program: each event with ids and addresses, without personal data.

use std::fs::{self, File};

use serde_json::{Value, json};

use crate::support::{
    Client, Kind,
    command::{ServerProcess, sms_chat},
    database::TestDatabase,
    fixtures::{ADMIN, ANN, BO, CLAIMS, PASSWORD, Person},
};

#[test]
fn the_security_log_records_sign_ins_refusals_and_changes_on_sqlite() {
    check(Kind::Sqlite);
}

#[test]
fn the_security_log_records_sign_ins_refusals_and_changes_on_postgres() {
    check(Kind::Postgres);
}

const NEW: &str = "another four words";

fn check(kind: Kind) {
    let database = TestDatabase::with_fixtures(kind);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let server =
        ServerProcess::start_with_log(sms_chat(&database.url, &["serve"]), File::create(&path).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(perform_actions(&Client::of(&server.url)));
    drop(server);
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

async fn perform_actions(anonymous: &Client) {
    let admin = signed_in(anonymous, ADMIN).await;
    for _ in 0..10 {
        anonymous.post("/sessions", json!({"email": ANN.email(), "password": "wrong"})).await;
    }
    anonymous.post("/sessions", json!({"email": "nobody@example.com", "password": "wrong"})).await;
    let wrong = json!({"current_password": "wrong horse battery", "password": NEW});
    admin.put("/me/password", wrong).await;
    let eve = json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [1],
        "password": "four words of yours"});
    admin.post("/accounts", eve).await.expect(201);
    let bo = json!({"email": "bob@example.com", "role": "supervisor", "disabled": true});
    admin.put(&format!("/accounts/{}", BO.1), bo).await.expect(200);
    let me = json!({"display_name": "Admin", "email": "alex@example.com", "current_password": PASSWORD});
    admin.put("/me", me).await.expect(200);
    admin.put("/accounts/5/password", json!({"password": NEW})).await.no_content();
    admin.put(&format!("/teams/{CLAIMS}/members/{}", ANN.1), json!({})).await.no_content();
    let key = json!({"name": "CRM", "permissions": ["reply"], "team_ids": [1]});
    let key = admin.post("/api_keys", key).await.expect(201)["id"].as_i64().unwrap();
    admin.delete(&format!("/api_keys/{key}")).await.no_content();
    anonymous.post("/sessions", json!({"email": "alex@example.com", "password": PASSWORD})).await.expect(201);
    admin.delete("/me/sessions/2").await.no_content();
    admin.delete("/me/sessions").await.no_content();
    admin.delete("/sessions/current").await.no_content();
}

async fn signed_in(anonymous: &Client, person: Person) -> Client {
    let sign_in = json!({"email": person.email(), "password": PASSWORD});
    let session: Value = anonymous.post("/sessions", sign_in).await.expect(201);
    anonymous.with_token(session["access_token"].as_str().unwrap())
}
