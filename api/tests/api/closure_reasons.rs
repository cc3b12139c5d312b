//! Closure reasons: making, changing, arranging and taking them away. (How one closes with them: `closures`.)

use serde_json::{Value, json};
use shared::ErrorCode::{
    AlreadyExists, Forbidden, InvalidBody, InvalidCursor, InvalidQuery, NotFound, ValidationFailed,
};

use crate::support::{
    Answer, Client, TestApp,
    fixtures::{
        ADMIN, ANN, ARCHIVED_REASON, CLAIM_PAID, CLAIMS, COLLECTIONS, CY, PAYMENT_ARRANGED, RESOLVED, SAM,
        STRANGER, SUPPORT, stranger,
    },
    on_both_databases,
};

on_both_databases![
    a_new_reason_comes_last_and_closes_at_once,
    a_new_one_comes_last_also_when_others_were_archived,
    the_list_has_the_own_teams_reasons_and_those_of_all_last,
    a_change_leaves_what_was_closed_with_it_as_it_was,
    reasons_are_arranged_one_at_a_time,
    a_reason_that_was_used_is_archived_and_history_keeps_it,
    a_reason_that_was_never_used_goes,
    an_archived_reason_can_be_restored,
    a_name_is_given_once_in_a_team_in_any_case,
    what_all_teams_use_is_looked_after_by_who_acts_in_all,
    another_teams_reason_cannot_be_touched,
    without_the_permission_one_only_reads,
    every_fault_names_its_field,
    a_change_is_told_to_the_team,
];

async fn make(client: &Client, team: i64, name: &str) -> i64 {
    let made = client.post("/closure_reasons", json!({"team_id": team, "name": name})).await.expect(201);
    made["id"].as_i64().unwrap()
}

async fn change(client: &Client, id: i64, change: Value) -> Answer {
    client.put(&format!("/closure_reasons/{id}"), change).await
}

async fn close(app: &TestApp, client: &Client, number: &str, reason: i64) -> Answer {
    let conversation = app.text(number, "Hello").await;
    let closure = json!({"closure_reason_id": reason});
    client.post(&format!("/conversations/{conversation}/closure"), closure).await
}

/// The names of a team's own reasons, in their order.
async fn names(client: &Client, team: i64) -> Vec<String> {
    let items = client.get(&format!("/closure_reasons?team_id={team}")).await.items();
    let own = items.iter().filter(|reason| reason["team_id"] == team);
    own.map(|reason| reason["name"].as_str().unwrap().to_owned()).collect()
}

async fn a_new_reason_comes_last_and_closes_at_once(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let made = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": " Moved away "})).await;
    let made = made.expect(201);
    let expected = json!({"id": 5, "team_id": COLLECTIONS, "name": "Moved away", "position": made["position"],
        "archived_at": null});
    assert_eq!(made, expected);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Payment arranged", "Moved away"]);
    assert_eq!(sam.get("/closure_reasons/5").await.expect(200), made);
    let ann = app.signed_in(ANN).await;
    assert_eq!(close(&app, &ann, STRANGER, 5).await.expect(201)["closure_reason"], "Moved away");
}

async fn a_new_one_comes_last_also_when_others_were_archived(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(make(&sam, SUPPORT, name).await);
    }
    for (id, name) in [(ids[0], "A"), (ids[1], "B")] {
        change(&sam, id, json!({"name": name, "archived": true})).await.expect(200);
    }
    make(&sam, SUPPORT, "D").await;
    assert_eq!(names(&sam, SUPPORT).await, ["C", "D"]);
}

async fn the_list_has_the_own_teams_reasons_and_those_of_all_last(app: TestApp) {
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

async fn a_change_leaves_what_was_closed_with_it_as_it_was(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let before = close(&app, &sam, &stranger(1), PAYMENT_ARRANGED).await.expect(201);
    let changed = change(&sam, PAYMENT_ARRANGED, json!({"name": "Paid"})).await.expect(200);
    assert_eq!((&changed["name"], &changed["position"]), (&json!("Paid"), &json!(1)));
    let id = before["id"].as_i64().unwrap();
    assert_eq!(sam.conversation(id).await, before);
    let after = close(&app, &sam, &stranger(2), PAYMENT_ARRANGED).await.expect(201);
    assert_eq!(after["closure_reason"], "Paid");
}

async fn reasons_are_arranged_one_at_a_time(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let mut ids = Vec::new();
    for name in ["A", "B", "C"] {
        ids.push(make(&sam, SUPPORT, name).await);
    }
    for (moved, position, order) in
        [(2, 0, ["C", "A", "B"]), (2, 1, ["A", "C", "B"]), (0, 99, ["C", "B", "A"])]
    {
        let name = ["A", "B", "C"][moved];
        let changed = change(&sam, ids[moved], json!({"name": name, "position": position})).await.expect(200);
        assert_eq!(names(&sam, SUPPORT).await, order);
        assert_eq!(changed["position"], order.iter().position(|known| *known == name).unwrap());
    }
    // The order of another team's is another matter.
    assert_eq!(names(&sam, COLLECTIONS).await, ["Payment arranged"]);
    for position in [json!(-1), json!("0")] {
        let wrong = json!({"name": "A", "position": position});
        change(&sam, ids[0], wrong).await.problem(InvalidBody);
    }
}

async fn a_reason_that_was_used_is_archived_and_history_keeps_it(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let closed = close(&app, &sam, &stranger(1), PAYMENT_ARRANGED).await.expect(201);
    sam.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.done();
    assert!(names(&sam, COLLECTIONS).await.is_empty());
    let kept = sam.get(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.expect(200);
    assert_eq!(
        (&kept["name"], &kept["archived_at"]),
        (&json!("Payment arranged"), &json!("2024-11-25T09:00:00Z"))
    );
    assert_eq!(sam.conversation(closed["id"].as_i64().unwrap()).await, closed);
    let refused = close(&app, &sam, &stranger(2), PAYMENT_ARRANGED).await;
    assert_eq!(refused.fault(ValidationFailed), ("closure_reason_id".into(), "unknown".into()));
    sam.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.done();
}

async fn a_reason_that_was_never_used_goes(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    for id in [PAYMENT_ARRANGED, ARCHIVED_REASON] {
        let path = format!("/closure_reasons/{id}");
        sam.delete(&path).await.done();
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
    let back = change(&sam, ARCHIVED_REASON, json!({"name": "Letter sent", "archived": false})).await;
    assert_eq!(back.expect(200)["archived_at"], Value::Null);
    change(&sam, PAYMENT_ARRANGED, json!({"name": "Paid", "archived": false})).await.expect(200);
    assert_eq!(names(&sam, COLLECTIONS).await, ["Letter sent", "Paid"]);
    close(&app, &sam, STRANGER, ARCHIVED_REASON).await.expect(201);
}

async fn a_name_is_given_once_in_a_team_in_any_case(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let other = make(&sam, COLLECTIONS, "\u{c9}mile").await;
    for taken in ["Payment arranged", "PAYMENT ARRANGED", " payment Arranged "] {
        let refused = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": taken})).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
        let refused = change(&sam, other, json!({"name": taken})).await;
        assert_eq!(refused.faults(AlreadyExists), ["name:taken"], "{taken}");
    }
    let refused = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": "\u{e9}MILE"})).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    make(&sam, SUPPORT, "Payment arranged").await;
    // An archived one holds no name, until it is to come back.
    make(&sam, COLLECTIONS, "Letter sent").await;
    let refused = change(&sam, ARCHIVED_REASON, json!({"name": "Letter sent", "archived": false})).await;
    assert_eq!(refused.faults(AlreadyExists), ["name:taken"]);
    change(&sam, PAYMENT_ARRANGED, json!({"name": "payment arranged"})).await.expect(200);
}

async fn what_all_teams_use_is_looked_after_by_who_acts_in_all(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let all = json!({"team_id": null, "name": "Wrong number"});
    sam.post("/closure_reasons", all.clone()).await.problem(Forbidden);
    change(&sam, RESOLVED, json!({"name": "Done"})).await.problem(Forbidden);
    sam.delete(&format!("/closure_reasons/{RESOLVED}")).await.problem(Forbidden);
    let admin = app.signed_in(ADMIN).await;
    assert_eq!(admin.post("/closure_reasons", all).await.expect(201)["team_id"], Value::Null);
    change(&admin, RESOLVED, json!({"name": "Done"})).await.expect(200);
    admin.delete(&format!("/closure_reasons/{RESOLVED}")).await.done();
}

async fn another_teams_reason_cannot_be_touched(app: TestApp) {
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

async fn without_the_permission_one_only_reads(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": "A"})).await.problem(Forbidden);
    change(&ann, PAYMENT_ARRANGED, json!({"name": "A"})).await.problem(Forbidden);
    ann.delete(&format!("/closure_reasons/{PAYMENT_ARRANGED}")).await.problem(Forbidden);
    assert_eq!(names(&ann, COLLECTIONS).await, ["Payment arranged"]);
}

async fn every_fault_names_its_field(app: TestApp) {
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
        let made = sam.post("/closure_reasons", json!({"team_id": COLLECTIONS, "name": name})).await;
        assert_eq!(made.expect(201)["name"], name);
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

async fn a_change_is_told_to_the_team(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let id = make(&sam, SUPPORT, "A").await;
    change(&sam, id, json!({"name": "B"})).await.expect(200);
    sam.delete(&format!("/closure_reasons/{id}")).await.done();
    assert_eq!(app.database.count("events", "kind = 'team_changed' AND team_id = 2"), 3);
}
