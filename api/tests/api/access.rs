//! Who gets where: every path of the API x everybody who could ask x a thing of their own team and one of another's,
//! compared with one table. A path without a row fails, and so does a row without a path.

use std::{cell::Cell, collections::BTreeSet};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, DEE, FULL_KEY, PASSWORD, RAY,
        REPLYING_KEY, SAM, STRANGER,
    },
    on_both_databases,
};

on_both_databases![everybody_gets_where_the_table_says_and_nowhere_else,];

/// Who asks, in the order of the table's columns: nobody; Ray, an agent without any permission; Ann, an agent; Sam, a
/// supervisor; an admin; an API key that may only reply; an API key that may do everything. All but nobody and the
/// admin are in Collections, and nobody but the admin is in Claims.
const CALLERS: [&str; 7] = ["nobody", "ray", "ann", "sam", "admin", "replying key", "full key"];

/// What they get: `y`es (whatever comes of it), `-` 401, `f`orbidden 403, `n`ot found 404. The first word is about
/// Collections, the second about Claims; without a second one the path belongs to no team.
const TABLE: &[(&str, &str, &str)] = &[
    ("create_session", "yyyyyyy", ""),
    ("refresh_session", "-------", ""),
    ("delete_session", "-yyyyff", ""),
    ("get_me", "-yyyyyy", ""),
    ("update_me", "-yyyyff", ""),
    ("update_my_password", "-yyyyff", ""),
    ("list_my_sessions", "-yyyyff", ""),
    ("delete_my_sessions", "-yyyyff", ""),
    ("delete_my_session", "-nnnnff", ""),
    ("get_queue", "-yyyyyy", ""),
    ("list_conversations", "-yyyyyy", "-nnnynn"),
    ("create_conversation", "-ffyyfy", "-ffnyfn"),
    ("get_conversation", "-yyyyyy", "-nnnynn"),
    ("list_messages", "-yyyyyy", "-nnnynn"),
    ("create_message", "-fyyyyy", "-fnnynn"),
    ("get_media", "-yyyyyy", "-nnnynn"),
    ("create_closure", "-fyyyfy", "-fnnyfn"),
    ("create_opt_out", "-fyyyyy", "-fnnynn"),
    ("delete_attention", "-fyyyyy", "-fnnynn"),
    ("list_conversation_templates", "-yyyyyy", "-nnnynn"),
    ("get_key_data", "-yyyyyy", "-nnnynn"),
    ("search_conversations", "-ffyyfy", "-ffnyfn"),
    ("get_number", "-yyyyyy", "-nnnynn"),
    ("list_consents", "-yyyyyy", "-nnnynn"),
    ("create_consent", "-ffyyfy", "-ffnyfn"),
    ("list_templates", "-yyyyyy", "-nnnynn"),
    ("create_template", "-ffyyfy", "-ffnyfn"),
    ("get_template", "-yyyyyy", "-nnnynn"),
    ("update_template", "-ffyyfy", "-ffnyfn"),
    ("delete_template", "-ffyyfy", "-ffnyfn"),
    ("list_placeholders", "-yyyyyy", "-nnnynn"),
    ("list_team_templates", "-yyyyyy", "-nnnynn"),
    ("list_closure_reasons", "-yyyyyy", "-nnnynn"),
    ("create_closure_reason", "-ffyyfy", "-ffnyfn"),
    ("get_closure_reason", "-yyyyyy", "-nnnynn"),
    ("update_closure_reason", "-ffyyfy", "-ffnyfn"),
    ("delete_closure_reason", "-ffyyfy", "-ffnyfn"),
    ("list_teams", "-fffyfy", ""),
    // A key cannot be a member of the team it makes, and so could not see it.
    ("create_team", "-fffyff", ""),
    ("get_team", "-fffyfy", "-fffyfn"),
    ("update_team", "-fffyfy", "-fffyfn"),
    ("create_team_number", "-fffyfy", "-fffyfn"),
    ("delete_team_number", "-fffyfy", "-fffyfn"),
    ("update_team_member", "-fffyfy", "-fffyfn"),
    ("delete_team_member", "-fffyfy", "-fffyfn"),
    ("list_daily_files", "-ffyyfy", "-ffnyfn"),
    ("create_daily_file", "-ffyyfy", "-ffnyfn"),
    ("restore_daily_file", "-ffyyfy", "-ffnyfn"),
    ("get_rejected_rows", "-ffyyfy", "-ffnyfn"),
    ("get_column_mapping", "-yyyyyy", "-nnnynn"),
    ("update_column_mapping", "-ffyyfy", "-ffnyfn"),
    ("list_accounts", "-fffyfy", ""),
    ("create_account", "-fffyfy", ""),
    ("get_account", "-fffyfy", "-fffyfn"),
    ("update_account", "-fffyfy", "-fffyfn"),
    ("update_account_password", "-fffyfy", "-fffyfn"),
    ("list_api_keys", "-fffyfy", ""),
    ("list_rejected_messages", "-fffyfy", ""),
    ("create_api_key", "-fffyfy", ""),
    ("delete_api_key", "-fffyfy", "-fffyfn"),
    ("stream_events", "-yyyyyy", ""),
    // The gateway's signature is all that counts there.
    ("receive_message", "fffffff", ""),
    ("receive_status", "fffffff", ""),
    ("get_liveness", "yyyyyyy", ""),
    ("get_readiness", "yyyyyyy", ""),
    ("get_metrics", "yyyyyyy", ""),
];

/// A team and what belongs to it.
struct Place {
    team: i64,
    team_number: &'static str,
    conversation: i64,
    /// One with a picture.
    message: i64,
    account: i64,
    daily_file: i64,
}

/// What is needed to ask for anything.
struct Stage<'a> {
    app: &'a TestApp,
    /// Counts what has been made, so that everything has a name or number of its own.
    made: Cell<usize>,
}

impl Stage<'_> {
    fn next(&self) -> usize {
        self.made.set(self.made.get() + 1);
        self.made.get()
    }

    /// The admin, signed in anew: one operation ends all other sessions.
    async fn admin(&self) -> Client {
        self.app.signed_in(ADMIN).await
    }

    /// Something that the admin makes, to be taken away.
    async fn make(&self, path: &str, body: Value) -> i64 {
        self.admin().await.post(path, body).await.expect(201)["id"].as_i64().unwrap()
    }

    async fn caller(&self, name: &str) -> Client {
        let nobody = &self.app.nobody;
        match name {
            "nobody" => nobody.clone(),
            "ray" => self.app.signed_in(RAY).await,
            "ann" => self.app.signed_in(ANN).await,
            "sam" => self.app.signed_in(SAM).await,
            "admin" => self.app.signed_in(ADMIN).await,
            "replying key" => nobody.with_token(REPLYING_KEY),
            "full key" => nobody.with_token(FULL_KEY),
            other => panic!("{other} is nobody"),
        }
    }

    /// The id that stands in an operation's path, made for the occasion where it will be gone afterwards.
    async fn id(&self, operation: &str, path: &str, place: &Place) -> i64 {
        let (team, n) = (place.team, self.next());
        let noun = path.trim_start_matches("/api/v1/").split('/').next().unwrap();
        match noun {
            "conversations" => place.conversation,
            "messages" => place.message,
            "teams" => place.team,
            "accounts" => place.account,
            // No session: a real one would be ended.
            "me" => 4711,
            "templates" => {
                let new = json!({"team_id": team, "name": format!("Template {n}"), "body": "Hello"});
                self.make("/templates", new).await
            }
            "closure_reasons" => {
                let new = json!({"team_id": team, "name": format!("Reason {n}")});
                self.make("/closure_reasons", new).await
            }
            "api_keys" => {
                let new = json!({"name": "Another", "permissions": ["reply"], "team_ids": [team]});
                self.make("/api_keys", new).await
            }
            other => panic!("{operation}: what is the id of {other}?"),
        }
    }

    /// What an operation is asked with, beside its path.
    async fn filled(&self, operation: &str, request: RequestBuilder, place: &Place) -> RequestBuilder {
        let (team, n) = (place.team, self.next());
        let name = |what: &str| format!("{what} {n}");
        let number = format!("+4477009{n:05}");
        let body = match operation {
            "create_session" => json!({"email": SAM.email(), "password": PASSWORD}),
            "update_me" => json!({"display_name": name("Name")}),
            "update_my_password" => json!({"current_password": "wrong", "password": "four words of mine"}),
            "create_conversation" => json!({"team_id": team, "number": number, "body": "Hello"}),
            "create_message" => json!({"body": "Hello"}),
            "create_opt_out" => json!({}),
            "create_closure" => json!({"closure_reason_id": 4711}),
            "create_consent" => json!({"team_number": place.team_number, "number": number,
                "state": "opted_out", "note": "By phone."}),
            "create_template" => json!({"team_id": team, "name": name("Template"), "body": "Hello"}),
            "update_template" => json!({"name": name("Template"), "body": "Hello"}),
            "create_closure_reason" => json!({"team_id": team, "name": name("Reason")}),
            "update_closure_reason" => json!({"name": name("Reason")}),
            "create_team" | "update_team" => {
                json!({"name": name("Team"), "region": "GB", "time_zone": "Europe/London"})
            }
            "update_column_mapping" => json!({"ref": "Policy"}),
            "create_daily_file" => {
                let csv = request.header("Content-Type", "text/csv").query(&[("confirm", "true")]);
                return csv.body(format!("ref,name,number\nA-{n},Jo,{number}\n"));
            }
            "create_team_number" => json!({"number": number}),
            "create_account" => json!({"email": format!("new{n}@example.com"), "display_name": "New",
                "role": "agent", "team_ids": [COLLECTIONS], "password": "four words of mine"}),
            "update_account" => json!({}),
            "update_account_password" => json!({"password": "four words of mine"}),
            "create_api_key" => {
                json!({"name": "New", "permissions": ["reply"], "team_ids": [COLLECTIONS]})
            }
            "delete_team_number" => {
                let path = format!("/teams/{team}/numbers");
                self.admin().await.post(&path, json!({"number": number})).await.expect(201);
                return request.query(&[("number", &number)]);
            }
            "delete_team_member" => {
                let member = format!("/teams/{team}/members/{}", place.account);
                self.admin()
                    .await
                    .request(Method::PUT, &member)
                    .send()
                    .await
                    .unwrap()
                    .error_for_status()
                    .unwrap();
                return request;
            }
            "receive_message" | "receive_status" => return request.form(&[("MessageSid", "SM1")]),
            _ => {
                let team = team.to_string();
                return request.query(&[
                    ("team_id", team.as_str()),
                    ("status", "open"),
                    ("input", STRANGER),
                    ("q", "Hello"),
                ]);
            }
        };
        request.json(&body)
    }
}

/// What an answer's status means, as in the table.
fn letter(status: u16) -> char {
    match status {
        401 => '-',
        403 => 'f',
        404 => 'n',
        status if status < 500 => 'y',
        status => panic!("answered with {status}"),
    }
}

async fn everybody_gets_where_the_table_says_and_nowhere_else(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let of_claims = admin
        .request(Method::POST, &format!("/teams/{CLAIMS}/daily_files"))
        .header("Content-Type", "text/csv");
    let file = Answer::to(of_claims.body("ref,name,number\nC-1,Cal,07700900123\n")).await.expect(201);
    let own = Place {
        team: COLLECTIONS,
        team_number: COLLECTIONS_NUMBER,
        conversation: app.text(STRANGER, "Hello").await,
        message: picture(&app, COLLECTIONS_NUMBER).await,
        account: DEE.1,
        daily_file: 2,
    };
    let other = Place {
        team: CLAIMS,
        team_number: CLAIMS_NUMBER,
        conversation: app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await,
        message: picture(&app, CLAIMS_NUMBER).await,
        account: CY.1,
        daily_file: file["id"].as_i64().unwrap(),
    };
    let stage = Stage { app: &app, made: Cell::new(0) };
    let document: Value = serde_json::from_str(&api::openapi::document().to_json().unwrap()).unwrap();
    let mut missing = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut known: BTreeSet<&str> = TABLE.iter().map(|row| row.0).collect();
    assert_eq!(known.len(), TABLE.len(), "a row stands twice");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let operation = described["operationId"].as_str().unwrap();
            let Some(row) = TABLE.iter().find(|row| row.0 == operation) else {
                missing.insert(operation.to_owned());
                continue;
            };
            known.remove(operation);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for (expected, place) in [(row.1, &own), (row.2, &other)] {
                if expected.is_empty() {
                    continue;
                }
                let found = asked_by_all(&stage, operation, &method, path, place).await;
                if found != expected {
                    wrong.push(format!("{operation} in team {}: {found}, not {expected}", place.team));
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "paths without a row in the table");
    assert_eq!(known, BTreeSet::new(), "rows without a path");
    assert!(wrong.is_empty(), "columns: {CALLERS:?}\n{}", wrong.join("\n"));
}

/// A message with a picture.
async fn picture(app: &TestApp, to: &str) -> i64 {
    app.gateway.write_all(json!({"from": STRANGER, "to": to, "media": [{}]})).await;
    app.database.number("SELECT max(id) FROM messages")
}

async fn asked_by_all(
    stage: &Stage<'_>,
    operation: &str,
    method: &Method,
    path: &str,
    place: &Place,
) -> String {
    let mut found = String::new();
    for caller in CALLERS {
        let caller = stage.caller(caller).await;
        let mut asked = path.replace("{account_id}", &place.account.to_string());
        asked = asked.replace("{n}", "0");
        asked = asked.replace("{file_id}", &place.daily_file.to_string());
        if asked.contains("{id}") {
            asked = asked.replace("{id}", &stage.id(operation, path, place).await.to_string());
        }
        let request = caller.request(method.clone(), &format!("/{asked}"));
        let request = stage.filled(operation, request, place).await;
        found.push(letter(request.send().await.unwrap().status().as_u16()));
    }
    found
}
