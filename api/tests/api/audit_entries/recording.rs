//! What the audit log records: each change in its own transaction, and each refused sign-in.

use reqwest::Method;
use serde_json::{Value, json};

use super::{actions, newest};
use crate::support::{
    ApiResponse, TestApp,
    campaigns::recipients,
    fixtures::{
        ADMIN, ANN, CLAIMS, COLLECTIONS, COLLECTIONS_NUMBER, FULL_KEY, GREETING, PASSWORD, SAM, STRANGER,
    },
    on_both_databases,
};

on_both_databases![
    an_entry_has_its_actor_team_subject_address_and_request_id,
    every_administrative_change_is_recorded,
    changes_of_webhook_endpoints_and_api_keys_are_recorded_without_secrets,
    changes_of_campaigns_and_exports_are_recorded,
    a_refused_or_repeated_change_is_not_recorded,
    sign_ins_refusals_and_lockouts_are_recorded_with_the_typed_address,
    closures_consents_and_daily_files_are_recorded,
    an_api_key_is_recorded_as_itself,
];

async fn an_entry_has_its_actor_team_subject_address_and_request_id(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let template = json!({"team_id": COLLECTIONS, "name": "Farewell", "body": "Goodbye"});
    let request = sam.request(Method::POST, "/templates").json(&template);
    let created = ApiResponse::to(request).await;
    let request_id = created.header("x-request-id").unwrap().to_owned();
    let id = created.expect(201)["id"].clone();
    let admin = app.signed_in(ADMIN).await;
    let entry = newest(&admin, "template.created").await;
    let expected = json!({"id": entry["id"], "at": "2024-11-25T09:00:00Z",
        "actor": {"kind": "account", "id": SAM.1, "name": "Sam"}, "team_id": COLLECTIONS,
        "action": "template.created", "subject": {"kind": "template", "id": id, "label": "Farewell"},
        "details": {}, "address": "127.0.0.1", "request_id": request_id});
    assert_eq!(entry, expected);
}

async fn every_administrative_change_is_recorded(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let id = |made: Value| made["id"].as_i64().unwrap();
    let account = id(admin
        .post(
            "/accounts",
            json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "team_ids": [1],
                "password": "four words of yours"}),
        )
        .await
        .expect(201));
    admin.put(&format!("/accounts/{account}"), json!({"role": "supervisor"})).await.expect(200);
    let password = json!({"password": "four other words"});
    admin.put(&format!("/accounts/{account}/password"), password).await.no_content();
    admin.put(&format!("/teams/{CLAIMS}/members/{account}"), json!({})).await.no_content();
    admin.delete(&format!("/teams/{CLAIMS}/members/{account}")).await.no_content();
    let team = json!({"name": "Sales", "region": "GB", "time_zone": "Europe/London"});
    let team = id(admin.post("/teams", team).await.expect(201));
    let renamed = json!({"name": "Sale", "region": "GB", "time_zone": "Europe/London"});
    admin.put(&format!("/teams/{team}"), renamed).await.expect(200);
    let number = json!({"number": "07700 900005"});
    admin.post(&format!("/teams/{team}/numbers"), number).await.expect(201);
    admin.delete(&format!("/teams/{team}/numbers?number=%2B447700900005")).await.no_content();
    let key = json!({"name": "CRM", "permissions": ["reply"], "team_ids": [team]});
    let key = id(admin.post("/api_keys", key).await.expect(201));
    admin.delete(&format!("/api_keys/{key}")).await.no_content();
    for noun in ["templates", "closure_reasons", "tags"] {
        let new = json!({"team_id": team, "name": "One", "body": "Hello"});
        let id = id(admin.post(&format!("/{noun}"), new).await.expect(201));
        let changed = json!({"name": "Two", "body": "Hello"});
        admin.put(&format!("/{noun}/{id}"), changed).await.expect(200);
        admin.delete(&format!("/{noun}/{id}")).await.no_content();
    }
    admin.put(&format!("/teams/{team}/column_mapping"), json!({"ref": "Policy"})).await.expect(200);
    let mut recorded = actions(&admin, "?limit=200").await;
    recorded.reverse();
    let expected = [
        "session.signed_in",
        "account.created",
        "account.changed",
        "account.password_changed",
        "team.member_added",
        "team.member_removed",
        "team.created",
        "team.changed",
        "team.number_added",
        "team.number_removed",
        "api_key.created",
        "api_key.revoked",
        "template.created",
        "template.changed",
        "template.deleted",
        "closure_reason.created",
        "closure_reason.changed",
        "closure_reason.deleted",
        "tag.created",
        "tag.changed",
        "tag.deleted",
        "column_mapping.changed",
    ];
    assert_eq!(recorded, expected);
    let all = admin.get("/audit_entries?limit=200").await.body;
    for secret in ["four", "smsc_", "Hello", "eve@"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
    assert_eq!(newest(&admin, "account.changed").await["details"], json!({"fields": "role=supervisor"}));
    assert_eq!(newest(&admin, "tag.changed").await["details"], json!({"previous_name": "One"}));
}

async fn changes_of_webhook_endpoints_and_api_keys_are_recorded_without_secrets(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let endpoint = json!({"url": "https://webhooks.invalid/hooks", "event_types": ["message.received"]});
    let list = format!("/teams/{COLLECTIONS}/webhook_endpoints");
    let created = admin.post(&list, endpoint.clone()).await.expect(201);
    let path = format!("/webhook_endpoints/{}", created["id"]);
    admin.put(&path, endpoint).await.expect(200);
    admin.post(&format!("{path}/secret"), json!({})).await.expect(201);
    admin.delete(&path).await.no_content();
    let key = json!({"name": "CRM", "permissions": ["reply"], "team_ids": [COLLECTIONS]});
    let key = admin.post("/api_keys", key).await.expect(201);
    let rotation = format!("/api_keys/{}/rotation", key["id"]);
    admin.post(&rotation, json!({})).await.expect(201);
    for _ in 0..2 {
        // The second request finds no overlap to end.
        admin.delete(&rotation).await.no_content();
    }
    let mut recorded = actions(&admin, "?limit=200").await;
    recorded.reverse();
    let expected = [
        "session.signed_in",
        "webhook_endpoint.created",
        "webhook_endpoint.changed",
        "webhook_endpoint.secret_rotated",
        "webhook_endpoint.deleted",
        "api_key.created",
        "api_key.rotated",
        "api_key.overlap_ended",
    ];
    assert_eq!(recorded, expected);
    let all = admin.get("/audit_entries?limit=200").await.body;
    for secret in ["whsec_", "smsc_"] {
        assert!(!all.contains(secret), "{secret}: {all}");
    }
}

async fn changes_of_campaigns_and_exports_are_recorded(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let id = admin.create_campaign("Reminder", &recipients(1)).await;
    admin.write_campaign(id, "Hello", 60).await.expect(200);
    let later = json!({"action": "run", "starts_at": "2024-11-25T10:00:00Z"});
    admin.put(&format!("/campaigns/{id}/state"), later).await.expect(200);
    for _ in 0..2 {
        // The second request changes nothing.
        admin.campaign_action(id, "cancel").await.expect(200);
    }
    assert_eq!(admin.campaign_results(id).await.len(), 1);
    let draft = admin.create_campaign("Draft", &recipients(1)).await;
    admin.delete(&format!("/campaigns/{draft}")).await.no_content();
    for noun in ["messages", "conversations"] {
        let path = format!("/exports/{noun}?from=2024-11-25T00:00:00Z&format=csv");
        assert_eq!(admin.get(&path).await.status, 200);
    }
    let mut recorded = actions(&admin, "?limit=200").await;
    recorded.reverse();
    let expected = [
        "session.signed_in",
        "campaign.created",
        "campaign.changed",
        "campaign.state_changed",
        "campaign.state_changed",
        "data.exported",
        "campaign.created",
        "campaign.deleted",
        "data.exported",
        "data.exported",
    ];
    assert_eq!(recorded, expected);
    assert_eq!(newest(&admin, "campaign.state_changed").await["details"], json!({"action": "cancel"}));
    let exports = admin.get("/audit_entries?action=data.exported").await.items();
    let files: Vec<&Value> = exports.iter().map(|entry| &entry["details"]["file"]).collect();
    assert_eq!(files, [&json!("conversations"), &json!("messages"), &Value::Null]);
    assert_eq!(exports[2]["subject"], json!({"kind": "campaign", "id": id, "label": "Reminder"}));
}

async fn a_refused_or_repeated_change_is_not_recorded(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let tag = |name: &str| json!({"team_id": COLLECTIONS, "name": name});
    for _ in 0..2 {
        let request = admin.request(Method::POST, "/tags").header("Idempotency-Key", "k").json(&tag("One"));
        ApiResponse::to(request).await.expect(201);
    }
    assert_eq!(admin.post("/tags", tag("One")).await.status, 409);
    assert_eq!(actions(&admin, "?action=tag.created").await.len(), 1);
    assert_eq!(admin.put("/accounts/4711", json!({"disabled": true})).await.status, 404);
    assert!(actions(&admin, "?action=account.changed").await.is_empty());
}

async fn sign_ins_refusals_and_lockouts_are_recorded_with_the_typed_address(app: TestApp) {
    for _ in 0..10 {
        let wrong = json!({"email": "Ann@Example.com", "password": "wrong"});
        assert_eq!(app.anonymous.post("/sessions", wrong).await.status, 401);
    }
    app.anonymous.post("/sessions", json!({"email": "no\0body@example.com", "password": PASSWORD})).await;
    app.anonymous.post("/sessions", json!({"email": PASSWORD, "password": PASSWORD})).await;
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(newest(&admin, "session.refused").await["actor"]["name"], "?");
    let refused = admin.get("/audit_entries?action=session.refused").await.items();
    assert_eq!(refused.len(), 12);
    let refused = &refused[1..];
    assert_eq!(refused[0]["actor"]["name"], "no\u{fffd}body@example.com");
    assert_eq!((&refused[0]["subject"], &refused[0]["team_id"]), (&Value::Null, &Value::Null));
    let actor = json!({"kind": "anonymous", "id": null, "name": "ann@example.com"});
    assert_eq!(refused[1]["actor"], actor);
    assert_eq!(refused[1]["subject"], json!({"kind": "account", "id": ANN.1, "label": null}));
    assert_eq!(newest(&admin, "session.locked_out").await["actor"], actor);
    let wrong = json!({"current_password": "wrong", "password": "four words of mine"});
    admin.put("/me/password", wrong).await;
    assert_eq!(newest(&admin, "session.password_refused").await["actor"]["name"], "Admin");
    let other = app.signed_in(ADMIN).await;
    other.delete("/sessions/current").await.no_content();
    admin.delete("/me/sessions").await.no_content();
    let newest = actions(&admin, "?limit=3").await;
    assert_eq!(newest, ["session.ended", "session.signed_out", "session.signed_in"]);
}

async fn closures_consents_and_daily_files_are_recorded(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, sam) = (app.signed_in(ANN).await, app.signed_in(SAM).await);
    ann.post(&format!("/conversations/{conversation}/opt_out"), json!({})).await.expect(201);
    ann.close(conversation).await.expect(201);
    let record =
        json!({"team_number": COLLECTIONS_NUMBER, "number": STRANGER, "state": "opted_in", "note": "Asked."});
    sam.post("/consents", record).await.expect(201);
    let files = format!("/teams/{COLLECTIONS}/daily_files");
    let upload =
        sam.request(Method::POST, &format!("{files}?confirm=true")).header("Content-Type", "text/csv");
    let csv = "ref,name,number\nA-1,Jo,07700900123\nA-2,Bo,x\n";
    let file = ApiResponse::to(upload.body(csv)).await.expect(201)["id"].clone();
    sam.get(&format!("{files}/{file}/rejected")).await;
    sam.post(&format!("{files}/2/restore"), json!({})).await.expect(201);
    let admin = app.signed_in(ADMIN).await;
    let newest_first = actions(&admin, &format!("?team_id={COLLECTIONS}")).await;
    let expected = [
        "daily_file.restored",
        "daily_file.rejected_rows_viewed",
        "daily_file.imported",
        "consent.changed",
        "conversation.closed",
        "consent.changed",
    ];
    assert_eq!(newest_first, expected);
    let imported = newest(&admin, "daily_file.imported").await;
    assert_eq!(imported["details"], json!({"accepted_rows": "1", "rejected_rows": "1"}));
    let closed = newest(&admin, "conversation.closed").await;
    assert_eq!(closed["details"], json!({"closure_reason": "Resolved"}));
}

async fn an_api_key_is_recorded_as_itself(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    program.put(&format!("/templates/{GREETING}"), json!({"name": "Hi", "body": "Hi"})).await.expect(200);
    let entry = newest(&program, "template.changed").await;
    assert_eq!(entry["actor"], json!({"kind": "api_key", "id": 2, "name": "Everything"}));
    assert_eq!(entry["details"], json!({"previous_name": "Greeting"}));
}
