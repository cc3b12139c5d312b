//! A manager, an account with `manage_accounts` that is not an admin, can grant only permissions that they have, and
//! cannot change accounts with more permissions or in other teams.

use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, CLAIMS, COLLECTIONS, CY, DEE, FULL_KEY, RAY, SAM, SUPPORT},
    on_both_databases,
};

on_both_databases![
    a_manager_creates_and_changes_accounts_of_their_own_teams,
    a_manager_cannot_grant_a_permission_that_they_lack,
    a_manager_cannot_make_an_account_an_admin,
    a_managers_new_account_must_be_in_the_managers_teams,
    an_account_outside_the_managers_teams_is_not_found,
    an_account_with_more_permissions_cannot_be_changed,
    a_manager_cannot_change_an_admin,
    an_account_that_is_also_in_another_team_cannot_be_changed,
    a_manager_cannot_grant_themselves_permissions_or_teams,
    a_manager_cannot_disable_their_own_account,
    an_api_key_cannot_exceed_its_own_permissions_and_teams,
    accounts_are_forbidden_without_the_permission,
];

fn eve(permissions: Value, team_ids: Value) -> Value {
    json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "permissions": permissions,
        "team_ids": team_ids, "password": "four words of yours"})
}

async fn change(client: &Client, id: i64, change: Value) -> ApiResponse {
    client.put(&format!("/accounts/{id}"), change).await
}

/// Sends every request that changes an account.
async fn try_all_changes(client: &Client, id: i64) -> Vec<ApiResponse> {
    let mut responses = Vec::new();
    for body in [
        json!({"display_name": "Somebody"}),
        json!({"email": "somebody@example.com"}),
        json!({"permissions": []}),
        json!({"role": "supervisor", "permissions": []}),
        json!({"team_ids": [COLLECTIONS]}),
        json!({"disabled": true}),
        json!({}),
    ] {
        responses.push(change(client, id, body).await);
    }
    let password = json!({"password": "four words of mine"});
    responses.push(client.put(&format!("/accounts/{id}/password"), password).await);
    responses
}

async fn a_manager_creates_and_changes_accounts_of_their_own_teams(app: TestApp) {
    let manager = app.manager().await;
    let created =
        manager.post("/accounts", eve(json!(["reply", "search"]), json!([SUPPORT]))).await.expect(201);
    let id = created["id"].as_i64().unwrap();
    let changed = change(&manager, id, json!({"permissions": ["manage_accounts"], "team_ids": [1, 2]})).await;
    assert_eq!(changed.expect(200)["team_ids"], json!([COLLECTIONS, SUPPORT]));
    change(&manager, ANN.1, json!({"display_name": "Anna", "disabled": true})).await.expect(200);
    change(&manager, BO.1, json!({"team_ids": [SUPPORT]})).await.expect(200);
    let password = json!({"password": "another four words"});
    manager.put(&format!("/accounts/{}/password", RAY.1), password).await.no_content();
    let visible = manager.get("/accounts").await.items();
    let ids: Vec<i64> = visible.iter().map(|account| account["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [SAM.1, ANN.1, BO.1, DEE.1, RAY.1, id]);
}

async fn a_manager_cannot_grant_a_permission_that_they_lack(app: TestApp) {
    let manager = app.manager().await;
    let refused = manager.post("/accounts", eve(json!(["reply", "view_audit"]), json!([SUPPORT]))).await;
    assert!(refused.body.contains("view_audit"), "{}", refused.body);
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, ANN.1, json!({"permissions": ["view_audit"]})).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    // A role's preset cannot grant more either.
    let few = json!({"permissions": ["reply", "close", "manage_accounts"]});
    change(&app.signed_in(ADMIN).await, SAM.1, few).await.expect(200);
    let mut new = eve(Value::Null, json!([SUPPORT]));
    new["role"] = json!("supervisor");
    let refused = manager.post("/accounts", new).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, ANN.1, json!({"role": "supervisor"})).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    assert_eq!(app.database.count("accounts", "1 = 1"), 7);
}

async fn a_manager_cannot_make_an_account_an_admin(app: TestApp) {
    let manager = app.manager().await;
    let mut new = eve(Value::Null, json!([SUPPORT]));
    new["role"] = json!("admin");
    assert_eq!(manager.post("/accounts", new).await.faults(ValidationFailed), ["role:not_yours"]);
    for person in [ANN, SAM] {
        let refused = change(&manager, person.1, json!({"role": "admin"})).await;
        assert_eq!(refused.faults(ValidationFailed), ["role:not_yours"]);
    }
    assert_eq!(app.database.count("accounts", "role = 'admin'"), 1);
}

async fn a_managers_new_account_must_be_in_the_managers_teams(app: TestApp) {
    let manager = app.manager().await;
    for (teams, fault) in [
        (json!([]), "team_ids:required"),
        (json!([CLAIMS]), "team_ids:unknown"),
        (json!([COLLECTIONS, CLAIMS]), "team_ids:unknown"),
        (json!([4711]), "team_ids:unknown"),
    ] {
        let refused = manager.post("/accounts", eve(json!(["reply"]), teams.clone())).await;
        assert_eq!(refused.faults(ValidationFailed), [fault], "{teams}");
        let refused = change(&manager, ANN.1, json!({"team_ids": teams})).await;
        assert_eq!(refused.faults(ValidationFailed), [fault], "{teams}");
    }
    let mut without = eve(json!(["reply"]), Value::Null);
    without.as_object_mut().unwrap().remove("team_ids");
    assert_eq!(manager.post("/accounts", without).await.faults(ValidationFailed), ["team_ids:required"]);
}

async fn an_account_outside_the_managers_teams_is_not_found(app: TestApp) {
    let manager = app.manager().await;
    for id in [CY.1, ADMIN.1, 4711] {
        manager.get(&format!("/accounts/{id}")).await.problem(NotFound);
        for response in try_all_changes(&manager, id).await {
            response.problem(NotFound);
        }
    }
    app.signed_in(CY).await;
}

async fn an_account_with_more_permissions_cannot_be_changed(app: TestApp) {
    let more = "UPDATE accounts SET permissions = '[\"view_audit\"]' WHERE id = 3";
    app.database.run(more).unwrap();
    let manager = app.manager().await;
    let before = manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200);
    for response in try_all_changes(&manager, ANN.1).await {
        response.problem(Forbidden);
    }
    assert_eq!(manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200), before);
    app.signed_in(ANN).await;
}

async fn a_manager_cannot_change_an_admin(app: TestApp) {
    // Even an admin in a team of the manager's whose stored permissions are empty.
    app.database
        .run(
            "INSERT INTO team_members (team_id, account_id) VALUES (1, 1);
             UPDATE accounts SET permissions = '[]' WHERE id = 1;",
        )
        .unwrap();
    let manager = app.manager().await;
    manager.get(&format!("/accounts/{}", ADMIN.1)).await.expect(200);
    for response in try_all_changes(&manager, ADMIN.1).await {
        response.problem(Forbidden);
    }
    app.signed_in(ADMIN).await;
}

async fn an_account_that_is_also_in_another_team_cannot_be_changed(app: TestApp) {
    app.database.run("INSERT INTO team_members (team_id, account_id) VALUES (3, 3)").unwrap();
    let manager = app.manager().await;
    let visible = manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200);
    assert_eq!(visible["team_ids"], json!([COLLECTIONS, CLAIMS]));
    for response in try_all_changes(&manager, ANN.1).await {
        response.problem(Forbidden);
    }
    app.signed_in(ANN).await;
}

async fn a_manager_cannot_grant_themselves_permissions_or_teams(app: TestApp) {
    let manager = app.manager().await;
    let all = json!({"permissions": ["reply", "manage_accounts", "view_audit"]});
    assert_eq!(change(&manager, SAM.1, all).await.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, SAM.1, json!({"team_ids": [COLLECTIONS, SUPPORT, CLAIMS]})).await;
    assert_eq!(refused.faults(ValidationFailed), ["team_ids:unknown"]);
    manager.put(&format!("/teams/{CLAIMS}/members/{}", SAM.1), json!({})).await.problem(NotFound);
    let me = manager.get("/me").await.expect(200);
    assert_eq!(me["teams"].as_array().unwrap().len(), 2);
}

async fn a_manager_cannot_disable_their_own_account(app: TestApp) {
    let manager = app.manager().await;
    let refused = change(&manager, SAM.1, json!({"disabled": true})).await;
    assert_eq!(refused.faults(ValidationFailed), ["disabled:yourself"]);
    manager.get("/me").await.expect(200);
}

async fn an_api_key_cannot_exceed_its_own_permissions_and_teams(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    let created =
        program.post("/accounts", eve(json!(["view_audit"]), json!([COLLECTIONS]))).await.expect(201);
    assert_eq!(created["permissions"], json!(["view_audit"]));
    let mut boss = eve(Value::Null, json!([COLLECTIONS]));
    boss["role"] = json!("admin");
    assert_eq!(program.post("/accounts", boss).await.faults(ValidationFailed), ["role:not_yours"]);
    let mut other = eve(json!(["reply"]), json!([SUPPORT]));
    other["email"] = json!("other@example.com");
    assert_eq!(program.post("/accounts", other).await.faults(ValidationFailed), ["team_ids:unknown"]);
    // Bo and Sam are also in Support.
    for id in [BO.1, SAM.1] {
        change(&program, id, json!({"disabled": true})).await.problem(Forbidden);
    }
    change(&program, ANN.1, json!({"disabled": true})).await.expect(200);
    change(&program, ADMIN.1, json!({"disabled": true})).await.problem(NotFound);
}

async fn accounts_are_forbidden_without_the_permission(app: TestApp) {
    for person in [ANN, SAM] {
        let client = app.signed_in(person).await;
        client.get("/accounts").await.problem(Forbidden);
        client.get(&format!("/accounts/{}", person.1)).await.problem(Forbidden);
        client.post("/accounts", eve(json!([]), json!([COLLECTIONS]))).await.problem(Forbidden);
        for response in try_all_changes(&client, BO.1).await {
            response.problem(Forbidden);
        }
    }
}
