//! Legal holds: they prevent erasures until they are lifted.

use serde_json::{Value, json};
use shared::ErrorCode::{InvalidNumber, LegalHold, NotFound, ValidationFailed};

use super::{erase, erase_maria, preview};
use crate::support::{
    TestApp,
    fixtures::{ADMIN, CLAIMS, COLLECTIONS, MARIA, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_hold_of_a_customer_prevents_their_erasure_until_it_is_lifted,
    a_hold_of_a_team_covers_every_customer_of_it,
    a_hold_needs_a_reason_and_a_valid_number,
    holds_are_recorded_without_the_number,
];

const HOLDS: &str = "/teams/1/legal_holds";

async fn a_hold_of_a_customer_prevents_their_erasure_until_it_is_lifted(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let hold = admin.post(HOLDS, json!({"number": "07700 900123", "reason": "Court"})).await.expect(201);
    let expected = json!({"id": 1, "number": MARIA, "reason": "Court", "created_by": "Admin",
        "created_at": "2024-11-25T09:00:00Z"});
    assert_eq!(hold, expected);
    assert_eq!(admin.get(HOLDS).await.items(), [hold]);
    assert!(preview(&admin, MARIA).await["obstacle"].as_str().unwrap().contains("legal hold"));
    erase(&admin, MARIA).await.problem(LegalHold);
    erase(&admin, STRANGER).await.expect(201);
    admin.delete(&format!("/teams/{CLAIMS}/legal_holds/1")).await.problem(NotFound);
    admin.delete("/teams/1/legal_holds/1").await.no_content();
    admin.delete("/teams/1/legal_holds/1").await.problem(NotFound);
    assert_eq!(admin.get(HOLDS).await.items(), [Value::Null; 0]);
    erase_maria(&admin).await;
    assert_eq!(app.database.count("legal_holds", "lifted_by = 'Admin'"), 1);
}

async fn a_hold_of_a_team_covers_every_customer_of_it(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.post(HOLDS, json!({"reason": "Audit of the regulator"})).await.expect(201);
    for number in [MARIA, STRANGER] {
        erase(&admin, number).await.problem(LegalHold);
    }
    let other = json!({"number": MARIA, "reason": "Asked."});
    admin.post(&format!("/teams/{CLAIMS}/erasures"), other).await.expect(201);
}

async fn a_hold_needs_a_reason_and_a_valid_number(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    let refused = admin.post(HOLDS, json!({"reason": ""})).await;
    assert_eq!(refused.fault(ValidationFailed), ("reason".into(), "required".into()));
    let refused = admin.post(HOLDS, json!({"number": "x", "reason": "Court"})).await;
    assert_eq!(refused.fault(InvalidNumber), ("number".into(), "invalid".into()));
}

async fn holds_are_recorded_without_the_number(app: TestApp) {
    let admin = app.signed_in(ADMIN).await;
    admin.post(HOLDS, json!({"number": MARIA, "reason": "Court"})).await.expect(201);
    admin.delete("/teams/1/legal_holds/1").await.no_content();
    let entries = admin.get(&format!("/audit_entries?team_id={COLLECTIONS}")).await.items();
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["legal_hold.lifted", "legal_hold.set"]);
    assert_eq!(entries[1]["details"], json!({"covers": "one customer", "reason": "Court"}));
}
