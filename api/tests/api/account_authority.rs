//! Who looks after accounts without being an admin gives nothing that they do not have, and leaves alone who is above
//! them or beyond their teams.

use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, NotFound, ValidationFailed};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{ADMIN, ANN, BO, CLAIMS, COLLECTIONS, CY, DEE, FULL_KEY, RAY, SAM, SUPPORT},
    on_both_databases,
};

on_both_databases![
    a_manager_makes_and_changes_accounts_of_their_own_teams,
    a_manager_gives_no_permission_that_they_do_not_have,
    a_manager_makes_nobody_an_admin,
    a_new_account_is_in_a_team_of_the_managers,
    an_account_in_no_team_of_the_managers_looks_like_none,
    an_account_that_may_more_is_left_alone,
    an_admin_is_left_alone,
    an_account_that_is_also_in_another_team_is_left_alone,
    a_manager_gives_themselves_nothing,
    a_manager_cannot_shut_themselves_out,
    a_program_has_no_more_authority_than_its_key,
    without_the_permission_accounts_are_not_shown,
];

fn eve(permissions: Value, team_ids: Value) -> Value {
    json!({"email": "eve@example.com", "display_name": "Eve", "role": "agent", "permissions": permissions,
        "team_ids": team_ids, "password": "four words of yours"})
}

async fn change(client: &Client, id: i64, change: Value) -> Answer {
    client.put(&format!("/accounts/{id}"), change).await
}

/// Everything that a manager could do to an account.
async fn touch(client: &Client, id: i64) -> Vec<Answer> {
    let mut answers = Vec::new();
    for body in [
        json!({"display_name": "Somebody"}),
        json!({"email": "somebody@example.com"}),
        json!({"permissions": []}),
        json!({"role": "supervisor", "permissions": []}),
        json!({"team_ids": [COLLECTIONS]}),
        json!({"disabled": true}),
        json!({}),
    ] {
        answers.push(change(client, id, body).await);
    }
    let password = json!({"password": "four words of mine"});
    answers.push(client.put(&format!("/accounts/{id}/password"), password).await);
    answers
}

async fn a_manager_makes_and_changes_accounts_of_their_own_teams(app: TestApp) {
    let manager = app.manager().await;
    let made = manager.post("/accounts", eve(json!(["reply", "search"]), json!([SUPPORT]))).await.expect(201);
    let id = made["id"].as_i64().unwrap();
    let changed = change(&manager, id, json!({"permissions": ["manage_accounts"], "team_ids": [1, 2]})).await;
    assert_eq!(changed.expect(200)["team_ids"], json!([COLLECTIONS, SUPPORT]));
    change(&manager, ANN.1, json!({"display_name": "Anna", "disabled": true})).await.expect(200);
    change(&manager, BO.1, json!({"team_ids": [SUPPORT]})).await.expect(200);
    let password = json!({"password": "another four words"});
    manager.put(&format!("/accounts/{}/password", RAY.1), password).await.done();
    let seen = manager.get("/accounts").await.items();
    let ids: Vec<i64> = seen.iter().map(|account| account["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, [SAM.1, ANN.1, BO.1, DEE.1, RAY.1, id]);
}

async fn a_manager_gives_no_permission_that_they_do_not_have(app: TestApp) {
    let manager = app.manager().await;
    let refused = manager.post("/accounts", eve(json!(["reply", "view_audit"]), json!([SUPPORT]))).await;
    assert!(refused.body.contains("view_audit"), "{}", refused.body);
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, ANN.1, json!({"permissions": ["view_audit"]})).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    // A role's preset is no way around it.
    let few = "UPDATE accounts SET permissions = '[\"reply\",\"close\",\"manage_accounts\"]' WHERE id = 2";
    app.database.run(few).unwrap();
    let mut new = eve(Value::Null, json!([SUPPORT]));
    new["role"] = json!("supervisor");
    let refused = manager.post("/accounts", new).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, ANN.1, json!({"role": "supervisor"})).await;
    assert_eq!(refused.faults(ValidationFailed), ["permissions:not_yours"]);
    assert_eq!(app.database.count("accounts", "1 = 1"), 7);
}

async fn a_manager_makes_nobody_an_admin(app: TestApp) {
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

async fn a_new_account_is_in_a_team_of_the_managers(app: TestApp) {
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

async fn an_account_in_no_team_of_the_managers_looks_like_none(app: TestApp) {
    let manager = app.manager().await;
    for id in [CY.1, ADMIN.1, 4711] {
        manager.get(&format!("/accounts/{id}")).await.problem(NotFound);
        for answer in touch(&manager, id).await {
            answer.problem(NotFound);
        }
    }
    app.signed_in(CY).await;
}

async fn an_account_that_may_more_is_left_alone(app: TestApp) {
    let more = "UPDATE accounts SET permissions = '[\"view_audit\"]' WHERE id = 3";
    app.database.run(more).unwrap();
    let manager = app.manager().await;
    let before = manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200);
    for answer in touch(&manager, ANN.1).await {
        answer.problem(Forbidden);
    }
    assert_eq!(manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200), before);
    app.signed_in(ANN).await;
}

async fn an_admin_is_left_alone(app: TestApp) {
    // Also one who is in a team of the manager's, and on paper may nothing.
    app.database
        .run(
            "INSERT INTO team_members (team_id, account_id) VALUES (1, 1);
             UPDATE accounts SET permissions = '[]' WHERE id = 1;",
        )
        .unwrap();
    let manager = app.manager().await;
    manager.get(&format!("/accounts/{}", ADMIN.1)).await.expect(200);
    for answer in touch(&manager, ADMIN.1).await {
        answer.problem(Forbidden);
    }
    app.signed_in(ADMIN).await;
}

async fn an_account_that_is_also_in_another_team_is_left_alone(app: TestApp) {
    app.database.run("INSERT INTO team_members (team_id, account_id) VALUES (3, 3)").unwrap();
    let manager = app.manager().await;
    let seen = manager.get(&format!("/accounts/{}", ANN.1)).await.expect(200);
    assert_eq!(seen["team_ids"], json!([COLLECTIONS, CLAIMS]));
    for answer in touch(&manager, ANN.1).await {
        answer.problem(Forbidden);
    }
    app.signed_in(ANN).await;
}

async fn a_manager_gives_themselves_nothing(app: TestApp) {
    let manager = app.manager().await;
    let all = json!({"permissions": ["reply", "manage_accounts", "view_audit"]});
    assert_eq!(change(&manager, SAM.1, all).await.faults(ValidationFailed), ["permissions:not_yours"]);
    let refused = change(&manager, SAM.1, json!({"team_ids": [COLLECTIONS, SUPPORT, CLAIMS]})).await;
    assert_eq!(refused.faults(ValidationFailed), ["team_ids:unknown"]);
    manager.put(&format!("/teams/{CLAIMS}/members/{}", SAM.1), json!({})).await.problem(NotFound);
    let me = manager.get("/me").await.expect(200);
    assert_eq!(me["teams"].as_array().unwrap().len(), 2);
}

async fn a_manager_cannot_shut_themselves_out(app: TestApp) {
    let manager = app.manager().await;
    let refused = change(&manager, SAM.1, json!({"disabled": true})).await;
    assert_eq!(refused.faults(ValidationFailed), ["disabled:yourself"]);
    manager.get("/me").await.expect(200);
}

async fn a_program_has_no_more_authority_than_its_key(app: TestApp) {
    let program = app.nobody.with_token(FULL_KEY);
    let made = program.post("/accounts", eve(json!(["view_audit"]), json!([COLLECTIONS]))).await.expect(201);
    assert_eq!(made["permissions"], json!(["view_audit"]));
    let mut boss = eve(Value::Null, json!([COLLECTIONS]));
    boss["role"] = json!("admin");
    assert_eq!(program.post("/accounts", boss).await.faults(ValidationFailed), ["role:not_yours"]);
    let mut other = eve(json!(["reply"]), json!([SUPPORT]));
    other["email"] = json!("other@example.com");
    assert_eq!(program.post("/accounts", other).await.faults(ValidationFailed), ["team_ids:unknown"]);
    // Bo and Sam are in Support too.
    for id in [BO.1, SAM.1] {
        change(&program, id, json!({"disabled": true})).await.problem(Forbidden);
    }
    change(&program, ANN.1, json!({"disabled": true})).await.expect(200);
    change(&program, ADMIN.1, json!({"disabled": true})).await.problem(NotFound);
}

async fn without_the_permission_accounts_are_not_shown(app: TestApp) {
    for person in [ANN, SAM] {
        let client = app.signed_in(person).await;
        client.get("/accounts").await.problem(Forbidden);
        client.get(&format!("/accounts/{}", person.1)).await.problem(Forbidden);
        client.post("/accounts", eve(json!([]), json!([COLLECTIONS]))).await.problem(Forbidden);
        for answer in touch(&client, BO.1).await {
            answer.problem(Forbidden);
        }
    }
}
