//! The security log of the real program: each entry of the audit log as a line with ids and addresses, without personal
//! data.

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
        ("session.signed_in", "by=\"account 1\" subject=\"session 1\" address=127.0.0.1"),
        ("session.refused", "subject=\"account 3\" address=127.0.0.1"),
        ("session.refused", "address=127.0.0.1"),
        ("session.locked_out", "subject=\"account 3\" address=127.0.0.1"),
        ("session.password_refused", "by=\"account 1\" subject=\"session 1\" address=127.0.0.1"),
        (
            "account.created",
            "by=\"account 1\" subject=\"account 8\" address=127.0.0.1 details=\"role=agent\"",
        ),
        (
            "account.changed",
            "by=\"account 1\" subject=\"account 4\" address=127.0.0.1 \
             details=\"fields=email, role=supervisor, disabled=true\"",
        ),
        (
            "account.changed",
            "by=\"account 1\" subject=\"account 1\" address=127.0.0.1 details=\"fields=email\"",
        ),
        (
            "account.password_changed",
            "by=\"account 1\" subject=\"account 5\" address=127.0.0.1 details=\"sessions=all sessions are ended\"",
        ),
        ("team.member_added", "by=\"account 1\" team=3 subject=\"account 3\" address=127.0.0.1"),
        (
            "api_key.created",
            "by=\"account 1\" team=1 subject=\"api_key 3\" address=127.0.0.1 \
             details=\"permissions=reply, team_ids=1\"",
        ),
        ("tag.created", "by=\"account 1\" team=1 subject=\"tag 1\" address=127.0.0.1"),
        ("conversation.searched", "by=\"account 1\" address=127.0.0.1 details=\"results=0\""),
        ("session.ended", "by=\"account 1\" subject=\"session 2\" address=127.0.0.1"),
        ("session.ended", "by=\"account 1\" address=127.0.0.1 details=\"sessions=all but the current one\""),
        ("session.signed_out", "by=\"account 1\" subject=\"session 1\" address=127.0.0.1"),
    ] {
        let expected = format!("event=\"{event}\" {what}");
        assert!(lines.iter().any(|line| line.ends_with(&expected)), "{expected}\n{}", lines.join("\n"));
    }
    for personal in ["@example.com", "battery", NEW, "smsc_", "Eve", "Bob", "Jones", "VIP"] {
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
    admin.post("/tags", json!({"team_id": 1, "name": "VIP"})).await.expect(201);
    admin.get("/search?q=Jones").await.expect(200);
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
