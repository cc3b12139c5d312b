//! One rule for every `team_id` in a path, query or body: an unknown team and a team that the caller is not in both get
//! 404, and a query or body names the field. Lists of teams (`team_ids`) get 422.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, SAM},
    on_both_databases,
};

on_both_databases![
    an_unknown_team_is_not_found_on_any_path,
    another_team_is_not_found_on_any_path,
    an_unknown_team_in_a_list_of_teams_is_a_field_error,
];

/// Method, path and body.
type Request = (Method, String, Value);

/// Requests that name a team: in the path, and as `team_id` in query or body.
fn requests(team: i64) -> (Vec<Request>, Vec<Request>) {
    let get = |path: String| (Method::GET, path, Value::Null);
    let in_path = vec![
        get(format!("/teams/{team}")),
        (
            Method::PUT,
            format!("/teams/{team}"),
            json!({"name": "New name", "region": "GB", "time_zone": "Europe/London"}),
        ),
        (Method::POST, format!("/teams/{team}/numbers"), json!({"number": "+447700900990"})),
        get(format!("/teams/{team}/templates")),
        get(format!("/teams/{team}/daily_files")),
        (Method::POST, format!("/teams/{team}/daily_files"), Value::Null),
        (Method::POST, format!("/teams/{team}/daily_files/1/restore"), Value::Null),
        get(format!("/teams/{team}/daily_files/1/rejected")),
        get(format!("/teams/{team}/column_mapping")),
        (
            Method::PUT,
            format!("/teams/{team}/column_mapping"),
            json!({"ref": null, "name": null, "number": null}),
        ),
    ];
    let in_field = vec![
        get(format!("/conversations?team_id={team}&status=open")),
        get(format!("/search?q=Maria&team_id={team}")),
        get(format!("/templates?team_id={team}")),
        get(format!("/closure_reasons?team_id={team}")),
        get(format!("/placeholders?team_id={team}")),
        get(format!("/consents?team_id={team}")),
        get(format!("/numbers?team_id={team}&input=07700900123")),
        (Method::POST, "/templates".to_owned(), json!({"team_id": team, "name": "New", "body": "Hello"})),
        (Method::POST, "/closure_reasons".to_owned(), json!({"team_id": team, "name": "New"})),
        (
            Method::POST,
            "/conversations".to_owned(),
            json!({"team_id": team, "number": "07700 900977", "body": "Hello"}),
        ),
    ];
    (in_path, in_field)
}

async fn send(client: &Client, (method, path, body): (Method, String, Value)) -> (String, ApiResponse) {
    let request = client.request(method.clone(), &path);
    let request = match body {
        Value::Null if path.ends_with("daily_files") && method == Method::POST => {
            request.header("Content-Type", "text/csv").body("ref,name,number\n")
        }
        Value::Null => request,
        body => request.json(&body),
    };
    (format!("{method} {path}"), ApiResponse::to(request).await)
}

async fn assert_not_found(client: &Client, team: i64) {
    let (in_path, in_field) = requests(team);
    for request in in_path {
        let (description, response) = send(client, request).await;
        assert_eq!(response.status, 404, "{description}: {}", response.body);
        response.problem(NotFound);
    }
    for request in in_field {
        let (description, response) = send(client, request).await;
        assert_eq!(response.status, 404, "{description}: {}", response.body);
        assert_eq!(response.fault(NotFound), ("team_id".to_owned(), "unknown".to_owned()), "{description}");
    }
}

async fn an_unknown_team_is_not_found_on_any_path(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for team in [99, 0, -1, i64::MAX] {
        assert_not_found(&admin, team).await;
    }
}

async fn another_team_is_not_found_on_any_path(app: TestApp) {
    // Every permission, but not an admin.
    let permissions = serde_json::to_string(&shared::account::Permission::ALL).unwrap();
    let promote = format!("UPDATE accounts SET permissions = '{permissions}' WHERE id = {}", SAM.1);
    app.database.run(&promote).unwrap();
    let sam = app.signed_in(SAM).await;
    assert_not_found(&sam, 3).await;
    assert_not_found(&sam, 99).await;
}

async fn an_unknown_team_in_a_list_of_teams_is_a_field_error(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let account = json!({"email": "new@example.com", "display_name": "New", "role": "agent", "team_ids": [99],
        "password": "four words of mine, long"});
    let key = json!({"name": "New", "permissions": ["reply"], "team_ids": [99]});
    for (path, body) in [("/accounts", account), ("/api_keys", key)] {
        let faults = admin.post(path, body).await.faults(ValidationFailed);
        assert_eq!(faults, ["team_ids:unknown"], "{path}");
    }
}
