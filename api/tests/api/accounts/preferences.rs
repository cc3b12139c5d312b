//! What accounts have set for themselves.

use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, InvalidBody, ValidationFailed};

use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, BO, CLAIMS, COLLECTIONS, FULL_KEY, STRANGER},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    an_account_without_preferences_has_the_defaults,
    preferences_are_the_accounts_own_on_all_its_devices,
    a_change_reaches_only_the_accounts_own_streams,
    a_field_that_is_left_out_gets_its_default,
    the_language_is_the_browsers_english_or_german,
    invalid_preferences_are_refused_and_change_nothing,
    muted_kinds_of_a_team_that_the_account_has_left_are_left_out,
    an_api_key_has_no_preferences,
];

fn defaults() -> Value {
    json!({"theme": "system", "language": "browser", "shortcuts": true, "undo_seconds": 0, "sound": true,
        "muted": []})
}

async fn an_account_without_preferences_has_the_defaults(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    assert_eq!(ann.get("/me/preferences").await.expect(200), defaults());
}

async fn preferences_are_the_accounts_own_on_all_its_devices(app: TestApp) {
    let new = json!({"theme": "dark", "language": "de", "shortcuts": false, "undo_seconds": 10, "sound": false,
        "muted": [{"team_id": COLLECTIONS, "kind": "message"}, {"team_id": COLLECTIONS, "kind": "given"}]});
    assert_eq!(app.signed_in(ANN).await.put("/me/preferences", new.clone()).await.expect(200), new);
    let other_device = app.signed_in(ANN).await;
    assert_eq!(other_device.get("/me/preferences").await.expect(200), new);
    assert_eq!(app.signed_in(BO).await.get("/me/preferences").await.expect(200), defaults());
}

async fn a_change_reaches_only_the_accounts_own_streams(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let (mut own, mut another) = (Listener::to(&ann).await, Listener::to(&bo).await);
    ann.put("/me/preferences", json!({"theme": "light"})).await.expect(200);
    assert_eq!(own.event().await.unwrap()["kind"], "account_changed");
    app.inbound(STRANGER, "Hello").await;
    assert_eq!(another.event().await.unwrap()["kind"], "message_received");
}

async fn a_field_that_is_left_out_gets_its_default(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    ann.put("/me/preferences", json!({"theme": "dark", "undo_seconds": 5})).await.expect(200);
    let mut expected = defaults();
    expected["undo_seconds"] = json!(10);
    assert_eq!(ann.put("/me/preferences", json!({"undo_seconds": 10})).await.expect(200), expected);
}

async fn the_language_is_the_browsers_english_or_german(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for language in ["en", "de", "browser"] {
        let stored = ann.put("/me/preferences", json!({"language": language})).await.expect(200);
        assert_eq!(stored["language"], language);
    }
}

async fn invalid_preferences_are_refused_and_change_nothing(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for undo_seconds in [1, 6, 60, 255] {
        let refused = ann.put("/me/preferences", json!({"undo_seconds": undo_seconds})).await;
        assert_eq!(refused.faults(ValidationFailed), ["undo_seconds:invalid"]);
    }
    for team in [CLAIMS, 4711] {
        let muted = json!({"muted": [{"team_id": team, "kind": "message"}]});
        let refused = ann.put("/me/preferences", muted).await;
        assert_eq!(refused.faults(ValidationFailed), ["muted:unknown"]);
    }
    let muted = json!({"team_id": COLLECTIONS, "kind": "message"});
    let refused = ann.put("/me/preferences", json!({"muted": [muted, muted]})).await;
    assert_eq!(refused.faults(ValidationFailed), ["muted:duplicate"]);
    for body in [
        json!({"theme": "pink"}),
        json!({"language": "fr"}),
        json!({"undo_seconds": -1}),
        json!({"muted": [{"team_id": COLLECTIONS, "kind": "everything"}]}),
    ] {
        ann.put("/me/preferences", body).await.problem(InvalidBody);
    }
    assert_eq!(ann.get("/me/preferences").await.expect(200), defaults());
}

async fn muted_kinds_of_a_team_that_the_account_has_left_are_left_out(app: TestApp) {
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    let muted = json!({"muted": [{"team_id": COLLECTIONS, "kind": "mention"}]});
    ann.put("/me/preferences", muted).await.expect(200);
    admin.delete(&format!("/teams/{COLLECTIONS}/members/{}", ANN.1)).await.no_content();
    assert_eq!(ann.get("/me/preferences").await.expect(200), defaults());
}

async fn an_api_key_has_no_preferences(app: TestApp) {
    let key = app.anonymous.with_token(FULL_KEY);
    key.get("/me/preferences").await.problem(Forbidden);
    key.put("/me/preferences", json!({})).await.problem(Forbidden);
}
