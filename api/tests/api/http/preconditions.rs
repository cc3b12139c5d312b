//! Conditional changes: of two administrators who edit the same, the second does not overwrite what the first has saved.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{CampaignState, NotFound, PreconditionFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    campaigns::recipients,
    fixtures::{ADMIN, ANN, BO, COLLECTIONS, GREETING, PAYMENT_ARRANGED, SAM},
    on_both_databases,
};

on_both_databases![
    a_change_based_on_an_earlier_version_is_refused_with_the_current_resource,
    of_two_simultaneous_changes_of_a_version_one_is_saved,
    a_change_without_a_version_is_saved,
    every_conditional_operation_of_the_document_is_in_the_table,
    lists_contain_the_versions,
    a_version_does_not_change_with_the_position,
    a_tag_that_is_no_version_matches_nothing,
    a_deletion_of_an_earlier_version_is_refused,
    a_campaign_starts_only_with_the_text_that_the_caller_has_read,
    permissions_are_checked_before_the_version,
];

/// A resource: its path in the document, the real path, two changes, and a field that shows the change.
struct Row {
    document: &'static str,
    path: String,
    changes: [Value; 2],
    field: &'static str,
}

fn row(document: &'static str, path: &str, field: &'static str, changes: [Value; 2]) -> Row {
    Row { document, path: path.to_owned(), changes, field }
}

async fn rows(app: &TestApp) -> Vec<Row> {
    let admin = app.signed_in(ADMIN).await;
    let tag = admin.post("/tags", json!({"team_id": COLLECTIONS, "name": "Tag"})).await.expect(201);
    let webhook = |description: &str| json!({"url": "https://example.com/", "description": description, "event_types": ["message.received"]});
    let endpoints = format!("/teams/{COLLECTIONS}/webhook_endpoints");
    let endpoint = admin.post(&endpoints, webhook("CRM")).await.expect(201);
    let campaign = admin.create_campaign("Reminder", &recipients(1)).await;
    let text = |name: &str| json!({"name": name, "body": "Hello", "pace": 60});
    let named = |name: &str| json!({"name": name, "body": "Hello"});
    let team = |name: &str| json!({"name": name, "region": "GB", "time_zone": "Europe/London"});
    vec![
        row("/templates/{id}", &format!("/templates/{GREETING}"), "name", [named("A"), named("B")]),
        row(
            "/closure_reasons/{id}",
            &format!("/closure_reasons/{PAYMENT_ARRANGED}"),
            "name",
            [named("A"), named("B")],
        ),
        row("/tags/{id}", &format!("/tags/{}", tag["id"]), "name", [named("A"), named("B")]),
        row("/teams/{id}", &format!("/teams/{COLLECTIONS}"), "name", [team("A"), team("B")]),
        row(
            "/teams/{id}/column_mapping",
            &format!("/teams/{COLLECTIONS}/column_mapping"),
            "name",
            [json!({"name": "A"}), json!({"name": "B"})],
        ),
        row(
            "/accounts/{id}",
            &format!("/accounts/{}", ANN.1),
            "display_name",
            [json!({"display_name": "A"}), json!({"display_name": "B"})],
        ),
        row(
            "/webhook_endpoints/{id}",
            &format!("/webhook_endpoints/{}", endpoint["id"]),
            "description",
            [webhook("A"), webhook("B")],
        ),
        row("/campaigns/{id}", &format!("/campaigns/{campaign}"), "name", [text("A"), text("B")]),
        row(
            "/teams/{id}/retention",
            &format!("/teams/{COLLECTIONS}/retention"),
            "key_data_days",
            [json!({"key_data_days": 10}), json!({"key_data_days": 20})],
        ),
        row("/me", "/me", "account", [json!({"display_name": "A"}), json!({"display_name": "B"})]),
        row(
            "/me/preferences",
            "/me/preferences",
            "undo_seconds",
            [json!({"undo_seconds": 5}), json!({"undo_seconds": 10})],
        ),
    ]
}

async fn put(client: &Client, path: &str, etag: &str, change: &Value) -> ApiResponse {
    ApiResponse::to(client.request(Method::PUT, path).header("If-Match", etag).json(change)).await
}

fn etag(response: &ApiResponse) -> String {
    response.header("etag").unwrap().to_owned()
}

async fn a_change_based_on_an_earlier_version_is_refused_with_the_current_resource(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for Row { path, changes: [first, second], field, .. } in rows(&app).await {
        let before = admin.get(&path).await;
        assert_eq!(before.status, 200, "{path}");
        let saved = put(&admin, &path, &etag(&before), &first).await;
        assert_ne!(etag(&saved), etag(&before), "{path}");
        let now = etag(&saved);
        let saved = saved.expect(200);

        let refused = put(&admin, &path, &etag(&before), &second).await.problem(PreconditionFailed);
        let current = &refused["current"];
        assert_eq!(current[field], saved[field], "{path}: {refused}");
        assert_eq!(format!("\"{}\"", current["version"].as_str().unwrap()), now, "{path}");
        assert_eq!(etag(&admin.get(&path).await), now, "{path}: nothing was saved");

        let list = format!("\"other\", {now}");
        let saved = put(&admin, &path, &list, &second).await;
        assert_ne!(etag(&saved), now, "{path}");
        assert_ne!(saved.expect(200)[field], current[field], "{path}");
    }
}

async fn of_two_simultaneous_changes_of_a_version_one_is_saved(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for Row { path, changes, .. } in rows(&app).await {
        let before = etag(&admin.get(&path).await);
        let sent: Vec<_> = (0..6)
            .map(|n| {
                let (admin, path, before) = (admin.clone(), path.clone(), before.clone());
                let change = changes[n % 2].clone();
                tokio::spawn(async move { put(&admin, &path, &before, &change).await })
            })
            .collect();
        let mut statuses = Vec::new();
        for response in sent {
            statuses.push(response.await.unwrap().status);
        }
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 412, 412, 412, 412, 412], "{path}");
    }
}

async fn a_change_without_a_version_is_saved(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for Row { path, changes: [first, second], .. } in rows(&app).await {
        let saved = admin.put(&path, first).await;
        assert_eq!(saved.status, 200, "{path}: {}", saved.body);
        assert!(saved.header("etag").is_some(), "{path}");
        assert_eq!(put(&admin, &path, "*", &second).await.status, 200, "{path}");
    }
}

async fn every_conditional_operation_of_the_document_is_in_the_table(app: TestApp) {
    let document = app.anonymous.get("//api/openapi.json").await.expect(200);
    let mut puts = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let is_conditional = methods["put"]["parameters"]
            .as_array()
            .is_some_and(|all| all.iter().any(|parameter| parameter["name"] == "If-Match"));
        // The state of a campaign is read with the campaign.
        if is_conditional && path != "/api/v1/campaigns/{id}/state" {
            puts.push(path.trim_start_matches("/api/v1").to_owned());
            for method in ["get", "put"] {
                let headers = &methods[method]["responses"]["200"]["headers"];
                assert!(headers.get("ETag").is_some(), "{method} {path}");
            }
            assert!(methods["put"]["responses"].get("412").is_some(), "{path}");
        }
    }
    let mut tested: Vec<String> = rows(&app).await.iter().map(|row| row.document.to_owned()).collect();
    puts.sort_unstable();
    tested.sort_unstable();
    assert_eq!(puts, tested);
}

async fn lists_contain_the_versions(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for list in ["/templates", "/closure_reasons", "/accounts", "/api_keys"] {
        for item in admin.get(list).await.items() {
            let one = admin.get(&format!("{list}/{}", item["id"])).await;
            assert_eq!(etag(&one), format!("\"{}\"", item["version"].as_str().unwrap()), "{list}");
            assert_eq!(one.expect(200), item);
        }
    }
    let new = json!({"team_id": COLLECTIONS, "name": "New", "body": "Hello"});
    let created = admin.post("/templates", new).await;
    assert_eq!(etag(&created), format!("\"{}\"", created.expect(201)["version"].as_str().unwrap()));
}

async fn a_version_does_not_change_with_the_position(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let path = format!("/templates/{GREETING}");
    let before = sam.get(&path).await;
    let (version, template) = (etag(&before), before.expect(200));
    let moved = json!({"name": template["name"], "body": template["body"], "position": 1});
    let moved = put(&sam, &path, &version, &moved).await;
    assert_eq!(etag(&moved), version);
    assert_eq!(moved.expect(200)["position"], 1);
}

async fn a_tag_that_is_no_version_matches_nothing(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let path = format!("/templates/{GREETING}");
    let version = etag(&admin.get(&path).await);
    let weak = format!("W/{version}");
    let unquoted = version.trim_matches('"').to_owned();
    for wrong in [weak.as_str(), unquoted.as_str(), "", "\"\"", ",", "\u{e9}", "\"*\""] {
        put(&admin, &path, wrong, &json!({"name": "A", "body": "Hello"})).await.problem(PreconditionFailed);
    }
    assert_eq!(etag(&admin.get(&path).await), version);
}

async fn a_deletion_of_an_earlier_version_is_refused(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let named = |name: &str| json!({"team_id": COLLECTIONS, "name": name, "body": "Hello"});
    let webhook = |description: &str| json!({"url": "https://example.com/", "description": description, "event_types": ["message.received"]});
    let endpoints = format!("/teams/{COLLECTIONS}/webhook_endpoints");
    let campaign = admin.upload_campaign("New", &recipients(1)).await;
    for (noun, created, changed, field) in [
        ("templates", admin.post("/templates", named("New")).await, named("Changed"), "name"),
        ("closure_reasons", admin.post("/closure_reasons", named("New")).await, named("Changed"), "name"),
        ("tags", admin.post("/tags", named("New")).await, named("Changed"), "name"),
        (
            "webhook_endpoints",
            admin.post(&endpoints, webhook("New")).await,
            webhook("Changed"),
            "description",
        ),
        ("campaigns", campaign, json!({"name": "Changed", "body": "Hello", "pace": 60}), "name"),
    ] {
        let version = etag(&created);
        let path = format!("/{noun}/{}", created.expect(201)["id"]);
        admin.put(&path, changed).await.expect(200);
        let delete = async |version: &str| {
            ApiResponse::to(admin.request(Method::DELETE, &path).header("If-Match", version)).await
        };
        let refused = delete(&version).await.problem(PreconditionFailed);
        assert_eq!(refused["current"][field], "Changed", "{noun}");
        let now = etag(&admin.get(&path).await);
        delete(&now).await.no_content();
        delete(&now).await.problem(NotFound);
    }
}

async fn a_campaign_starts_only_with_the_text_that_the_caller_has_read(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let id = admin.create_campaign("Reminder", &recipients(1)).await;
    let read = etag(&admin.write_campaign(id, "Please call us.", 60).await);
    let changed = etag(&admin.write_campaign(id, "Please write to us.", 60).await);
    let path = format!("/campaigns/{id}/state");
    let act =
        async |version: &str, action: &str| put(&admin, &path, version, &json!({ "action": action })).await;
    let refused = act(&read, "run").await.problem(PreconditionFailed);
    assert_eq!(refused["current"]["body"], "Please write to us.");
    assert_eq!(admin.campaign(id).await["state"], "draft");
    let running = act(&changed, "run").await;
    assert_eq!(etag(&running), changed, "the state is no part of the version");
    assert_eq!(running.expect(200)["state"], "running");
    act(&changed, "cancel").await.expect(200);
    let text = json!({"name": "A", "body": "Hello", "pace": 60});
    put(&admin, &format!("/campaigns/{id}"), &read, &text).await.problem(CampaignState);
}

async fn permissions_are_checked_before_the_version(app: TestApp) {
    let change = json!({"name": "A", "body": "Hello"});
    let bo = app.signed_in(BO).await;
    assert_eq!(put(&bo, &format!("/templates/{GREETING}"), "\"x\"", &change).await.status, 403);
    let sam = app.signed_in(SAM).await;
    let of_claims = crate::support::fixtures::CLAIMS_TEMPLATE;
    put(&sam, &format!("/templates/{of_claims}"), "\"x\"", &change).await.problem(NotFound);
}
