//! Closure reasons: creating, changing, ordering, archiving and deleting them. (Closing with them:
//! `conversations::closing`.)

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, Forbidden, InvalidBody, InvalidCursor, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{
        ADMIN, ANN, ARCHIVED_REASON, CLAIM_PAID, CLAIMS, COLLECTIONS, CY, PAYMENT_ARRANGED, RESOLVED, SAM,
        STRANGER, SUPPORT, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_new_reason_is_last_and_can_be_used_at_once,
    a_new_reason_is_last_when_others_are_archived,
    the_list_has_the_teams_own_reasons_before_the_shared_ones,
    renaming_a_reason_does_not_change_closed_conversations,
    a_reason_can_be_moved_to_a_position,
    deleting_a_used_reason_archives_it_and_history_keeps_it,
    deleting_an_unused_reason_removes_it,
    an_archived_reason_can_be_restored,
    a_name_is_unique_in_a_team_in_any_case,
    only_an_admin_can_change_shared_reasons,
    another_teams_reason_is_not_found,
    reasons_are_read_only_without_the_permission,
    each_validation_error_names_its_field,
    a_change_is_announced_to_the_team,
];

async fn create(client: &Client, team: i64, name: &str) -> i64 {
    let created = client.post("/closure_reasons", json!({"team_id": team, "name": name})).await.expect(201);
    created["id"].as_i64().unwrap()
}

async fn change(client: &Client, id: i64, change: Value) -> ApiResponse {
    client.put(&format!("/closure_reasons/{id}"), change).await
}

async fn close(app: &TestApp, client: &Client, number: &str, reason: i64) -> ApiResponse {
    let conversation = app.inbound(number, "Hello").await;
    let closure = json!({"closure_reason_id": reason});
    client.post(&format!("/conversations/{conversation}/closure"), closure).await
}

/// The names of a team's own closure reasons, in order.
async fn names(client: &Client, team: i64) -> Vec<String> {
    let items = client.get(&format!("/closure_reasons?team_id={team}")).await.items();
    let own = items.iter().filter(|reason| reason["team_id"] == team);
    own.map(|reason| reason["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_new_reason_is_last_and_can_be_used_at_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let created = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": " Moved away "})).await;
    let created = created.expect(201);
    let expected = json!({"id": 5, "team_id": COLLECTIONS, "name": "Moved away", "position": created["position"],
        "archived_at": null, "version": created["version"]});
    assert_eq!(created, expected);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Payment arranged", "Moved away"]);
    assert_eq!(sam.get("/closure_reasons/5").await.expect(200), created);
    let ann = app.signed_in(ANN).await;
    assert_eq!(close(&app, &ann, STRANGER, 5).await.expect(201)["closure_reason"], "Moved away");
}

async fn a_new_reason_is_last_when_others_are_archived(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(create(&sam, SUPPORT, name).await);
    }
    for (id, name) in [(ids[0], "A"), (ids[1], "B")] {
        change(&sam, id, json!({"name": name, "archived": true})).await.expect(200);
    }
    create(&sam, SUPPORT, "D").await;
    assert_eq!(names(&sam, SUPPORT).await, ["C", "D"]);
}

async fn the_list_has_the_teams_own_reasons_before_the_shared_ones(app: TestApp) {
    let ids = async |client: &Client, query: &str| -> Vec<i64> {
        let items = client.get(&format!("/closure_reasons{query}")).await.items();
        items.iter().map(|reason| reason["id"].as_i64().unwrap()).collect()
    };
    let sam = app.signed_in(SAM).await;
    assert_eq!(ids(&sam, "").await, [PAYMENT_ARRANGED, RESOLVED]);
    assert_eq!(ids(&sam, "?team_id=2").await, [RESOLVED]);
    assert_eq!(ids(&sam, "?archived=true").await, [ARCHIVED_REASON]);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(ids(&admin, "").await, [PAYMENT_ARRANGED, CLAIM_PAID, RESOLVED]);
    let first = admin.get("/closure_reasons?limit=2").await.expect(200);
    let next = first["next_cursor"].as_str().unwrap();
    assert_eq!(ids(&admin, &format!("?limit=2&cursor={next}")).await, [RESOLVED]);
    let cy = app.signed_in(CY).await;
    cy.get(&format!("/closure_reasons?team_id={COLLECTIONS}")).await.problem(NotFound);
    cy.get(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.problem(NotFound);
    for query in ["limit=0", "limit=201", "archived=perhaps", "team_id=one"] {
        sam.get(&format!("/closure_reasons?{query}")).await.problem(InvalidQuery);
    }
    sam.get("/closure_reasons?cursor=x").await.problem(InvalidCursor);
}

async fn renaming_a_reason_does_not_change_closed_conversations(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = close(&app, &sam, &stranger(1), PAYMENT_ARRANGED).await.expect(201);
    let changed = change(&sam, PAYMENT_ARRANGED, json!({"name": "Paid"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["position"]), (&json!("Paid"), &json!(1)));
    let id = before["id"].as_i64().unwrap();
    assert_eq!(sam.conversation(id).await, before);
    let after = close(&app, &sam, &stranger(2), PAYMENT_ARRANGED).await.expect(201);
    assert_eq!(after["closure_reason"], "Paid");
}

async fn a_reason_can_be_moved_to_a_position(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(create(&sam, SUPPORT, name).await);
    }
    for (index, position, order) in
        [(2, 0, ["C", "A", "B"]), (2, 1, ["A", "C", "B"]), (0, 99, ["C", "B", "A"])]
    {
        let name = ["A", "B", "C"][index];
        let changed = change(&sam, ids[index], json!({"name": name, "position": position})).await.expect(200);
        assert_eq!(names(&sam, SUPPORT).await, order);
        assert_eq!(changed["position"], order.iter().position(|known| *known == name).unwrap());
    }
    // The order of another team does not change.
    assert_eq!(names(&sam, COLLECTIONS).await, ["Payment arranged"]);
    for position in [json!(-1), json!("0")] {
        let wrong = json!({"name": "A", "position": position});
        change(&sam, ids[0], wrong).await.problem(InvalidBody);
    }
}

async fn deleting_a_used_reason_archives_it_and_history_keeps_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let closed = close(&app, &sam, &stranger(1), PAYMENT_ARRANGED).await.expect(201);
    sam.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.no_content();
    assert!(names(&sam, COLLECTIONS).await.is_empty());
    let archived = sam.get(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.expect(200);
    assert_eq!(
        (&archived["name"], &archived["archived_at"]),
        (&json!("Payment arranged"), &json!("2024-11-25T09:00:00Z"))
    );
    assert_eq!(sam.conversation(closed["id"].as_i64().unwrap()).await, closed);
    let refused = close(&app, &sam, &stranger(2), PAYMENT_ARRANGED).await;
    assert_eq!(refused.fault(ValidationFailed), ("closure_reason_id".into(), "unknown".into()));
    sam.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.no_content();
}

async fn deleting_an_unused_reason_removes_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for id in [PAYMENT_ARRANGED, ARCHIVED_REASON] {
        let path = format!("/closure_reasons/{id}");
        sam.delete(&path).await.no_content();
        sam.get(&path).await.problem(NotFound);
        sam.delete(&path).await.problem(NotFound);
        change(&sam, id, json!({"name": "A"})).await.problem(NotFound);
    }
}

async fn an_archived_reason_can_be_restored(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let archived =
        change(&sam, PAYMENT_ARRANGED, json!({"name": "Paid", "archived": true})).await.expect(200);
    assert_eq!(archived["archived_at"], "2024-11-25T09:00:00Z");
    assert!(names(&sam, COLLECTIONS).await.is_empty());
    let restored = change(&sam, ARCHIVED_REASON, json!({"name": "Letter sent", "archived": false})).await;
    assert_eq!(restored.expect(200)["archived_at"], Value::Null);
    change(&sam, PAYMENT_ARRANGED, json!({"name": "Paid", "archived": false})).await.expect(200);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Letter sent", "Paid"]);
    close(&app, &sam, STRANGER, ARCHIVED_REASON).await.expect(201);
}

async fn a_name_is_unique_in_a_team_in_any_case(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let other = create(&sam, COLLECTIONS, "\u{c9}mile").await;
    for taken in ["Payment arranged", "PAYMENT ARRANGED", " payment Arranged "] {
        let refused = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": taken})).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
        let refused = change(&sam, other, json!({"name": taken})).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
    }
    let refused = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": "\u{e9}MILE"})).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    create(&sam, SUPPORT, "Payment arranged").await;
    // The name of an archived reason is free until the reason is restored.
    create(&sam, COLLECTIONS, "Letter sent").await;
    let refused = change(&sam, ARCHIVED_REASON, json!({"name": "Letter sent", "archived": false})).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    change(&sam, PAYMENT_ARRANGED, json!({"name": "payment arranged"})).await.expect(200);
}

async fn only_an_admin_can_change_shared_reasons(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let all = json!({"team_id": null, "name": "Wrong number"});
    sam.post("/closure_reasons", all.clone()).await.problem(Forbidden);
    change(&sam, RESOLVED, json!({"name": "Done"})).await.problem(Forbidden);
    sam.delete(&format!("/closure_reasons/{RESOLVED}")).await.problem(Forbidden);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.post("/closure_reasons", all).await.expect(201)["team_id"], Value::Null);
    change(&admin, RESOLVED, json!({"name": "Done"})).await.expect(200);
    admin.delete(&format!("/closure_reasons/{RESOLVED}")).await.no_content();
}

async fn another_teams_reason_is_not_found(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for team in [CLAIMS, 4711, 0, -1] {
        sam.post("/closure_reasons", json!({"team_id": team, "name": "A"})).await.problem(NotFound);
    }
    for id in [CLAIM_PAID, 4711, 0, i64::MAX] {
        change(&sam, id, json!({"name": "A"})).await.problem(NotFound);
        sam.delete(&format!("/closure_reasons/{id}")).await.problem(NotFound);
    }
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(names(&admin, CLAIMS).await, ["Claim paid"]);
}

async fn reasons_are_read_only_without_the_permission(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": "A"})).await.problem(Forbidden);
    change(&ann, PAYMENT_ARRANGED, json!({"name": "A"})).await.problem(Forbidden);
    ann.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.problem(Forbidden);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Payment arranged"]);
}

async fn each_validation_error_names_its_field(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let long = "x".repeat(10_000);
    for (name, fault) in [
        ("", "name:required"),
        (" \t\n", "name:required"),
        (long.as_str(), "name:too_long"),
        (&"\u{e9}".repeat(101), "name:too_long"),
        ("a\0b", "name:invalid_character"),
        ("a\nb", "name:invalid_character"),
    ] {
        let refused = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": name})).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
        let refused = change(&sam, PAYMENT_ARRANGED, json!({"name": name})).await;
        assert_eq!(refused.faults(ValidationFailed), [fault]);
    }
    for name in ["<script>alert(1)</script>", "\u{1f469}\u{200d}\u{1f4bb}", &"\u{e9}".repeat(100)] {
        let created = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": name})).await;
        assert_eq!(created.expect(201)["name"], name);
    }
    for body in [
        json!({}),
        json!({"team_id": 1}),
        json!({"team_id": "1", "name": "A"}),
        json!({"team_id": 1, "name": 5}),
    ] {
        sam.post("/closure_reasons", body).await.problem(InvalidBody);
    }
    for body in [json!({}), json!({"name": null}), json!({"name": "A", "archived": 1})] {
        change(&sam, PAYMENT_ARRANGED, body).await.problem(InvalidBody);
    }
}

async fn a_change_is_announced_to_the_team(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = create(&sam, SUPPORT, "A").await;
    change(&sam, id, json!({"name": "B"})).await.expect(200);
    sam.delete(&format!("/closure_reasons/{id}")).await.no_content();
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id = 2"), 3);
}
