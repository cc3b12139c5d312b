//! Creating and changing teams. (Their numbers: `numbers`; their members: `members`.)

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, Forbidden, InvalidBody, InvalidCursor, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, COLLECTIONS, CY, DEE, FULL_KEY, RAY, SAM, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_new_team_has_only_a_name_a_region_and_a_time_zone,
    a_team_is_shown_with_its_members,
    a_changed_team_is_shown_everywhere_at_once,
    a_name_is_unique_in_any_case,
    regions_and_time_zones_must_exist,
    teams_are_listed_by_name_page_by_page,
    a_manager_becomes_a_member_of_a_team_they_create,
    an_api_key_cannot_create_a_team,
    teams_are_forbidden_without_the_permission,
    another_teams_id_is_not_found,
    each_validation_error_names_its_field,
];

fn new(name: &str) -> Value {
    json!({"name": name, "region": "GB", "time_zone": "Europe/London"})
}

async fn names(client: &Client) -> Vec<String> {
    let teams = client.get("/teams").await.items();
    teams.iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_new_team_has_only_a_name_a_region_and_a_time_zone(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let new = json!({"name": " Sales ", "region": "ie", "time_zone": " Europe/Dublin "});
    let created = admin.post("/teams", new).await.expect(201);
    let expected = json!({"id": 4, "name": "Sales", "numbers": [], "region": "IE",
        "time_zone": "Europe/Dublin", "help_reply": null, "members": [], "version": created["version"]});
    assert_eq!(created, expected);
    assert_eq!(admin.get("/teams/4").await.expect(200), created);
    assert_eq!(names(&admin).await, ["Claims", "Collections", "Sales", "Support"]);
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id = 4"), 1);
    let queue = admin.get("/queue").await.expect(200);
    assert_eq!(queue["sections"].as_array().unwrap().len(), 4);
}

async fn a_team_is_shown_with_its_members(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let team = admin.get(&format!("/teams/{COLLECTIONS}")).await.expect(200);
    let member = |id: i64, name: &str, role: &str, disabled: bool| {
        let email = format!("{}@example.com", name.to_lowercase());
        json!({"account_id": id, "display_name": name, "email": email, "role": role, "disabled": disabled})
    };
    let expected = json!({"id": COLLECTIONS, "name": "Collections", "numbers": ["+447700900001"],
        "region": "GB", "time_zone": "Europe/London", "help_reply": null, "members": [
            member(ANN.1, "Ann", "agent", false), member(4, "Bo", "agent", false),
            member(DEE.1, "Dee", "agent", true), member(RAY.1, "Ray", "agent", false),
            member(SAM.1, "Sam", "supervisor", false)], "version": team["version"]});
    assert_eq!(team, expected);
}

async fn a_changed_team_is_shown_everywhere_at_once(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    let change = json!({"name": "Debts", "region": "IE", "time_zone": "Europe/Dublin"});
    let changed = admin.put(&format!("/teams/{COLLECTIONS}"), change).await.expect(200);
    assert_eq!((&changed["name"], &changed["region"]), (&json!("Debts"), &json!("IE")));
    assert_eq!(
        (&changed["time_zone"], &changed["numbers"]),
        (&json!("Europe/Dublin"), &json!(["+447700900001"]))
    );
    assert_eq!(changed["members"].as_array().unwrap().len(), 5);
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.conversation(conversation).await["team"]["name"], "Debts");
    assert_eq!(ann.get("/me").await.expect(200)["teams"][0]["time_zone"], "Europe/Dublin");
    // The new region applies to numbers from now on.
    let check = ann.get(&format!("/numbers?team_id={COLLECTIONS}&input=087+123+4567")).await.expect(200);
    assert_eq!(check["number"], "+353871234567");
    // The same name in another case, and the former name.
    for name in ["DEBTS", "Collections"] {
        assert_eq!(admin.put("/teams/1", new(name)).await.expect(200)["name"], name);
    }
}

async fn a_name_is_unique_in_any_case(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.post("/teams", new("\u{c9}lite")).await.expect(201);
    for taken in ["Support", "SUPPORT", " support ", "\u{e9}LITE"] {
        let refused = admin.post("/teams", new(taken)).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
        let refused = admin.put(&format!("/teams/{COLLECTIONS}"), new(taken)).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
    }
    // A name that another team outside the caller's has is taken too.
    let manager = app.manager().await;
    let refused = manager.post("/teams", new("claims")).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    let (one, other) = tokio::join!(admin.post("/teams", new("Twice")), admin.post("/teams", new("twice")));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
}

async fn regions_and_time_zones_must_exist(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let with = |region: &str, zone: &str| json!({"name": "Sales", "region": region, "time_zone": zone});
    for (region, zone, faults) in [
        ("", "Europe/London", vec!["region:unknown"]),
        ("UK", "Europe/London", vec!["region:unknown"]),
        ("XX", "Europe/London", vec!["region:unknown"]),
        ("GBR", "Europe/London", vec!["region:unknown"]),
        ("001", "Europe/London", vec!["region:unknown"]),
        ("\u{1f1ec}\u{1f1e7}", "Europe/London", vec!["region:unknown"]),
        ("G\0", "Europe/London", vec!["region:unknown"]),
        ("GB", "", vec!["time_zone:unknown"]),
        ("GB", "London", vec!["time_zone:unknown"]),
        ("GB", "Europe/Atlantis", vec!["time_zone:unknown"]),
        ("GB", "+01:00", vec!["time_zone:unknown"]),
        ("GB", "Europe/London\0", vec!["time_zone:unknown"]),
        ("XX", "X", vec!["region:unknown", "time_zone:unknown"]),
    ] {
        let refused = admin.post("/teams", with(region, zone)).await;
        assert_eq!(refused.faults(ValidationFailed), faults, "{region} {zone}");
        let refused = admin.put("/teams/1", with(region, zone)).await;
        assert_eq!(refused.faults(ValidationFailed), faults, "{region} {zone}");
    }
    for (n, (region, zone)) in
        [("US", "America/New_York"), ("DE", "UTC"), ("IN", "Asia/Kolkata")].iter().enumerate()
    {
        let new = json!({"name": format!("Team {n}"), "region": region, "time_zone": zone});
        admin.post("/teams", new).await.expect(201);
    }
}

async fn teams_are_listed_by_name_page_by_page(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    for name in ["accounts", "Zulu", "\u{c9}lite"] {
        admin.post("/teams", new(name)).await.expect(201);
    }
    let pages = admin.pages("/teams?limit=2").await;
    assert!(pages.iter().all(|page| page.len() <= 2));
    let seen: Vec<String> =
        pages.concat().iter().map(|team| team["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(seen, ["accounts", "Claims", "Collections", "Support", "Zulu", "\u{c9}lite"]);
    for query in ["limit=0", "limit=201", "limit=x"] {
        admin.get(&format!("/teams?{query}")).await.problem(InvalidQuery);
    }
    admin.get("/teams?cursor=x").await.problem(InvalidCursor);
    let manager = app.manager().await;
    assert_eq!(names(&manager).await, ["Collections", "Support"]);
}

async fn a_manager_becomes_a_member_of_a_team_they_create(app: TestApp) {
    let manager = app.manager().await;
    let created = manager.post("/teams", new("Sales")).await.expect(201);
    assert_eq!(created["members"][0]["account_id"], SAM.1);
    assert_eq!(names(&manager).await, ["Collections", "Sales", "Support"]);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.post("/teams", new("Empty")).await.expect(201)["members"], json!([]));
}

async fn an_api_key_cannot_create_a_team(app: TestApp) {
    let program = app.anonymous.with_token(FULL_KEY);
    program.post("/teams", new("Sales")).await.problem(Forbidden);
    assert_eq!(app.database.count("teams", "1 = 1"), 3);
    program.put(&format!("/teams/{COLLECTIONS}"), new("Debts")).await.expect(200);
}

async fn teams_are_forbidden_without_the_permission(app: TestApp) {
    for person in [ANN, SAM] {
        let client = app.signed_in(person).await;
        client.get("/teams").await.problem(Forbidden);
        client.get("/teams/1").await.problem(Forbidden);
        client.post("/teams", new("Sales")).await.problem(Forbidden);
        client.put("/teams/1", new("Sales")).await.problem(Forbidden);
        client.put(&format!("/teams/2/members/{}", ANN.1), json!({})).await.problem(Forbidden);
        client.delete(&format!("/teams/1/members/{}", ANN.1)).await.problem(Forbidden);
    }
}

async fn another_teams_id_is_not_found(app: TestApp) {
    let manager = app.manager().await;
    for team in [CLAIMS, 4711, 0, -1, i64::MAX] {
        manager.get(&format!("/teams/{team}")).await.problem(NotFound);
        manager.put(&format!("/teams/{team}"), new("Mine")).await.problem(NotFound);
        for account in [SAM.1, ANN.1] {
            manager.put(&format!("/teams/{team}/members/{account}"), json!({})).await.problem(NotFound);
            manager.delete(&format!("/teams/{team}/members/{account}")).await.problem(NotFound);
        }
    }
    // Accounts outside the caller's teams and unknown accounts cannot be added.
    for account in [CY.1, ADMIN.1, 4711, 0] {
        manager.put(&format!("/teams/1/members/{account}"), json!({})).await.problem(NotFound);
    }
    manager.get("/teams/x").await.problem(NotFound);
    assert_eq!(app.database.count("team_members", "1 = 1"), 8);
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let long = "x".repeat(10_000);
    for (name, fault) in [
        ("", "name:required"),
        (" \t\n", "name:required"),
        (long.as_str(), "name:too_long"),
        ("a\0b", "name:invalid_character"),
        ("a\nb", "name:invalid_character"),
    ] {
        assert_eq!(admin.post("/teams", new(name)).await.faults(ValidationFailed), [fault]);
        assert_eq!(admin.put("/teams/1", new(name)).await.faults(ValidationFailed), [fault]);
    }
    let all = json!({"name": "", "region": long, "time_zone": long});
    let faults = ["name:required", "region:unknown", "time_zone:unknown"];
    assert_eq!(admin.post("/teams", all.clone()).await.faults(ValidationFailed), faults);
    assert_eq!(admin.put("/teams/1", all).await.faults(ValidationFailed), faults);
    for name in ["<script>alert(1)</script>", "\u{1f469}\u{200d}\u{1f4bb}", &"\u{e9}".repeat(100)] {
        assert_eq!(admin.post("/teams", new(name)).await.expect(201)["name"], name);
    }
    for body in [
        json!({}),
        json!([]),
        json!({"name": "Sales"}),
        json!({"name": 5, "region": "GB", "time_zone": "UTC"}),
        json!({"name": "Sales", "region": null, "time_zone": "UTC"}),
    ] {
        admin.post("/teams", body.clone()).await.problem(InvalidBody);
        admin.put("/teams/1", body).await.problem(InvalidBody);
    }
}
