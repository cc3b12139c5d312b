//! The access table: every path of the API, asked by every kind of caller, for a resource of Collections and one of
//! Claims. A path without a row fails, and so does a row without a path.

use std::{cell::Cell, collections::BTreeSet};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::access_table::{CALLERS, TABLE};
use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, COLLECTIONS_NUMBER, CY, DEE, FULL_KEY, PASSWORD, RAY,
        REPLYING_KEY, SAM, STRANGER,
    },
    on_both_databases,
};

on_both_databases![every_caller_has_exactly_the_access_in_the_table,];

/// A team and its resources.
struct TeamFixture {
    team: i64,
    team_number: &'static str,
    conversation: i64,
    /// A message with a picture.
    message: i64,
    account: i64,
    daily_file: i64,
}

fn webhook_endpoint() -> Value {
    json!({"url": "https://webhooks.invalid/", "event_types": ["message.received"]})
}

/// Builds the requests.
struct Fixture<'a> {
    app: &'a TestApp,
    /// Counts the created resources, so that each has its own name or number.
    created_count: Cell<usize>,
}

impl Fixture<'_> {
    fn next(&self) -> usize {
        self.created_count.set(self.created_count.get() + 1);
        self.created_count.get()
    }

    /// Signs the admin in again, because one operation ends all other sessions.
    async fn admin(&self) -> Client {
        self.app.signed_in(ADMIN).await
    }

    /// Creates a resource as the admin, for a request that deletes or changes it.
    async fn create(&self, path: &str, body: Value) -> i64 {
        self.admin().await.post(path, body).await.expect(201)["id"].as_i64().unwrap()
    }

    /// Replaces the team's webhook endpoint, so that the limit is not reached.
    async fn webhook_endpoint(&self, team: i64) -> i64 {
        let list = format!("/teams/{team}/webhook_endpoints");
        for known in self.admin().await.get(&list).await.items() {
            self.admin().await.delete(&format!("/webhook_endpoints/{}", known["id"])).await.no_content();
        }
        self.create(&list, webhook_endpoint()).await
    }

    async fn caller(&self, name: &str) -> Client {
        let anonymous = &self.app.anonymous;
        match name {
            "anonymous" => anonymous.clone(),
            "ray" => self.app.signed_in(RAY).await,
            "ann" => self.app.signed_in(ANN).await,
            "sam" => self.app.signed_in(SAM).await,
            "admin" => self.app.signed_in(ADMIN).await,
            "replying key" => anonymous.with_token(REPLYING_KEY),
            "full key" => anonymous.with_token(FULL_KEY),
            other => panic!("unknown caller {other}"),
        }
    }

    /// Returns the id in an operation's path; creates a resource where the operation may delete it.
    async fn id(&self, operation: &str, path: &str, resources: &TeamFixture) -> i64 {
        let (team, n) = (resources.team, self.next());
        let noun = path.trim_start_matches("/api/v1/").split('/').next().unwrap();
        match noun {
            "conversations" => resources.conversation,
            "messages" => resources.message,
            "teams" => resources.team,
            "accounts" => resources.account,
            // Not a real session: the request would end it.
            "me" => 4711,
            "templates" | "closure_reasons" | "tags" => {
                let new = json!({"team_id": team, "name": format!("Entry {n}"), "body": "Hello"});
                self.create(&format!("/{noun}"), new).await
            }
            "campaigns" => {
                let path = format!("/teams/{team}/campaigns?name=Campaign");
                let request =
                    self.admin().await.request(Method::POST, &path).header("Content-Type", "text/csv");
                let file = format!("ref,name,number\nA-{n},Jo,+4477009{n:05}\n");
                ApiResponse::to(request.body(file)).await.expect(201)["id"].as_i64().unwrap()
            }
            "api_keys" => {
                let new = json!({"name": "Another", "permissions": ["reply"], "team_ids": [team]});
                self.create("/api_keys", new).await
            }
            "webhook_endpoints" => self.webhook_endpoint(team).await,
            "webhook_deliveries" => {
                let endpoint = self.webhook_endpoint(team).await;
                self.create(&format!("/webhook_endpoints/{endpoint}/test"), json!({})).await
            }
            other => panic!("{operation}: what is the id of {other}?"),
        }
    }

    /// Adds the query or body of an operation to the request.
    async fn with_input(
        &self,
        operation: &str,
        request: RequestBuilder,
        resources: &TeamFixture,
    ) -> RequestBuilder {
        let (team, n) = (resources.team, self.next());
        let name = |what: &str| format!("{what} {n}");
        let number = format!("+4477009{n:05}");
        let body = match operation {
            "create_session" => json!({"email": SAM.email(), "password": PASSWORD}),
            "update_me" => json!({"display_name": name("Name")}),
            "update_my_password" => json!({"current_password": "wrong", "password": "four words of mine"}),
            "create_conversation" => json!({"team_id": team, "number": number, "body": "Hello"}),
            "create_conversation_batch" => {
                json!({"items": [{"team_id": team, "number": number, "body": "Hello"}]})
            }
            "create_message" | "create_note" => json!({"body": "Hello"}),
            "update_message" => json!({"body": "Hello", "send_at": "2024-11-26T09:00:00Z"}),
            "create_opt_out" | "take_next_conversation" => json!({}),
            "update_draft" | "update_ad_hoc_draft" => json!({"body": "Hel", "key": format!("key-{n}")}),
            "update_presence" => json!({"state": "viewing"}),
            "update_assignment" => json!({"account_id": resources.account}),
            "update_conversation_tags" => json!({"tag_ids": []}),
            "create_tag" => json!({"team_id": team, "name": name("Tag")}),
            "update_tag" => json!({"name": name("Tag")}),
            "update_snooze" => json!({"until": "2024-11-26T09:00:00Z"}),
            "create_closure" => json!({"closure_reason_id": 4711}),
            "create_consent" => json!({"team_number": resources.team_number, "number": number,
                "state": "opted_out", "note": "By phone."}),
            "create_webhook_endpoint" | "update_webhook_endpoint" => webhook_endpoint(),
            "list_webhook_deliveries" => return request,
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
            "create_erasure" => json!({"number": number, "reason": "Asked."}),
            "create_legal_hold" => json!({"number": number, "reason": "Court."}),
            "create_campaign" => {
                let csv = request.header("Content-Type", "text/csv").query(&[("name", &name("Campaign"))]);
                return csv.body(format!("ref,name,number\nA-{n},Jo,{number}\n"));
            }
            "update_campaign" => json!({"name": name("Campaign"), "body": "Hello", "pace": 60}),
            "update_campaign_state" => json!({"action": "cancel"}),
            "create_team_number" => json!({"number": number}),
            "create_account" => json!({"email": format!("new{n}@example.com"), "display_name": "New",
                "role": "agent", "team_ids": [COLLECTIONS], "password": "four words of mine"}),
            "update_account" | "update_preferences" | "update_retention" => json!({}),
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
                let member = format!("/teams/{team}/members/{}", resources.account);
                let added = self.admin().await.request(Method::PUT, &member).send().await.unwrap();
                added.error_for_status().unwrap();
                return request;
            }
            "receive_message" | "receive_status" => return request.form(&[("MessageSid", "SM1")]),
            _ => {
                let team = team.to_string();
                return request.query(&[
                    ("team_id", team.as_str()),
                    ("status", "open"),
                    ("input", STRANGER),
                    ("number", STRANGER),
                    ("q", "Hello"),
                    ("from", "2024-11-24T00:00:00Z"),
                ]);
            }
        };
        request.json(&body)
    }
}

/// The letter of a status in the table.
fn letter(status: u16) -> char {
    match status {
        401 => '-',
        403 => 'f',
        404 => 'n',
        status if status < 500 => 'y',
        status => panic!("answered with {status}"),
    }
}

async fn every_caller_has_exactly_the_access_in_the_table(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let of_claims = admin
        .request(Method::POST, &format!("/teams/{CLAIMS}/daily_files"))
        .header("Content-Type", "text/csv");
    let file = ApiResponse::to(of_claims.body("ref,name,number\nC-1,Cal,07700900123\n")).await.expect(201);
    let own = TeamFixture {
        team: COLLECTIONS,
        team_number: COLLECTIONS_NUMBER,
        conversation: app.inbound(STRANGER, "Hello").await,
        message: picture(&app, COLLECTIONS_NUMBER).await,
        account: DEE.1,
        daily_file: 2,
    };
    let other = TeamFixture {
        team: CLAIMS,
        team_number: CLAIMS_NUMBER,
        conversation: app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await,
        message: picture(&app, CLAIMS_NUMBER).await,
        account: CY.1,
        daily_file: file["id"].as_i64().unwrap(),
    };
    let fixture = Fixture { app: &app, created_count: Cell::new(0) };
    let document: Value = serde_json::to_value(api::openapi::document()).unwrap();
    let mut missing = BTreeSet::new();
    let mut wrong = Vec::new();
    let mut known: BTreeSet<&str> = TABLE.iter().map(|row| row.0).collect();
    assert_eq!(known.len(), TABLE.len(), "a row appears twice");
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, described) in methods.as_object().unwrap() {
            let operation = described["operationId"].as_str().unwrap();
            let Some(row) = TABLE.iter().find(|row| row.0 == operation) else {
                missing.insert(operation.to_owned());
                continue;
            };
            known.remove(operation);
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            for (expected, resources) in [(row.1, &own), (row.2, &other)] {
                if expected.is_empty() {
                    continue;
                }
                let found = statuses_for_all_callers(&fixture, operation, &method, path, resources).await;
                if found != expected {
                    wrong.push(format!("{operation} in team {}: {found}, not {expected}", resources.team));
                }
            }
        }
    }
    assert_eq!(missing, BTreeSet::new(), "paths without a row in the table");
    assert_eq!(known, BTreeSet::new(), "rows without a path");
    assert!(wrong.is_empty(), "columns: {CALLERS:?}\n{}", wrong.join("\n"));
}

/// Delivers a message with a picture.
async fn picture(app: &TestApp, to: &str) -> i64 {
    app.gateway.send_inbound_with(json!({"from": STRANGER, "to": to, "media": [{}]})).await;
    app.database.integer("SELECT max(id) FROM messages")
}

async fn statuses_for_all_callers(
    fixture: &Fixture<'_>,
    operation: &str,
    method: &Method,
    path: &str,
    resources: &TeamFixture,
) -> String {
    let mut found = String::new();
    for caller in CALLERS {
        let caller = fixture.caller(caller).await;
        let mut concrete_path = path.replace("{account_id}", &resources.account.to_string());
        concrete_path = concrete_path.replace("{n}", "0").replace("{hold_id}", "4711");
        concrete_path = concrete_path.replace("{file_id}", &resources.daily_file.to_string());
        if concrete_path.contains("{id}") {
            concrete_path =
                concrete_path.replace("{id}", &fixture.id(operation, path, resources).await.to_string());
        }
        let request = caller.request(method.clone(), &format!("/{concrete_path}"));
        let request = fixture.with_input(operation, request, resources).await;
        found.push(letter(request.send().await.unwrap().status().as_u16()));
    }
    found
}
