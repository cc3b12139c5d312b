//! Presence (rule 17): who has a conversation open, and who is typing in it.

use std::time::Duration;

use chrono::TimeDelta;
use reqwest::{Method, header};
use serde_json::{Value, json};
use shared::ErrorCode::{Forbidden, InvalidBody, NotFound, ValidationFailed};
use tokio::time::timeout;

use crate::support::{
    Client, Kind, TestApp, eventually,
    fixtures::{ANN, BO, CLAIMS_NUMBER, COLLECTIONS, CY, REPLYING_KEY, STRANGER},
    on_both_databases, run, statements,
    stream::Listener,
};

on_both_databases![
    the_team_sees_who_views_a_conversation_and_who_types_in_it,
    a_change_of_presence_has_no_id_to_resume_from,
    another_team_neither_sees_a_presence_nor_reports_one,
    a_presence_ends_thirty_seconds_after_the_last_report,
    a_repeated_report_sends_no_event_and_reads_nothing,
    an_account_with_two_tabs_counts_once_and_leaves_with_the_last_one,
    the_cached_queue_stays_valid_while_presence_changes,
    a_new_stream_begins_with_the_presences_of_the_callers_teams,
    invalid_reports_are_refused,
];

/// Reports what the client does in a conversation.
async fn report(client: &Client, conversation: i64, state: &str) {
    let path = format!("/conversations/{conversation}/presence");
    client.put(&path, json!({ "state": state })).await.no_content();
}

async fn report_in_tab(client: &Client, conversation: i64, tab: &str, state: &str) {
    let path = format!("/conversations/{conversation}/presence");
    client.put(&path, json!({"state": state, "tab": tab})).await.no_content();
}

async fn viewers(client: &Client, conversation: i64) -> Value {
    client.conversation(conversation).await["viewers"].clone()
}

/// The event of Bo in a conversation of Collections.
fn bo_is(state: &str, conversation: i64) -> Value {
    json!({"kind": "presence_changed", "team_id": COLLECTIONS, "conversation_id": conversation,
        "account": {"id": BO.1, "name": "Bo"}, "state": state})
}

async fn the_team_sees_who_views_a_conversation_and_who_types_in_it(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    assert_eq!(viewers(&ann, conversation).await, json!([]));
    let mut stream = Listener::to(&ann).await;
    for state in ["viewing", "typing"] {
        report(&bo, conversation, state).await;
        assert_eq!(stream.event().await, Some(bo_is(state, conversation)));
        let expected = json!([{"account": {"id": BO.1, "name": "Bo"}, "state": state}]);
        assert_eq!(viewers(&ann, conversation).await, expected);
    }
    report(&bo, conversation, "gone").await;
    assert_eq!(stream.event().await, Some(bo_is("gone", conversation)));
    assert_eq!(viewers(&ann, conversation).await, json!([]));
}

async fn a_change_of_presence_has_no_id_to_resume_from(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&ann).await;
    let before = app.database.count("events", "1 = 1");
    report(&bo, conversation, "viewing").await;
    let block = stream.block().await.unwrap();
    let lines: Vec<&str> = block.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "event: presence_changed"), "{block}");
    assert!(lines[1].starts_with("data: "), "{block}");
    assert_eq!(app.database.count("events", "1 = 1"), before);
}

async fn another_team_neither_sees_a_presence_nor_reports_one(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (bo, cy) = (app.signed_in(BO).await, app.signed_in(CY).await);
    let mut of_cy = Listener::to(&cy).await;
    let path = |id: i64| format!("/conversations/{id}/presence");
    // Before and after the server knows the conversation's team by another report.
    cy.put(&path(conversation), json!({"state": "viewing"})).await.problem(NotFound);
    report(&bo, conversation, "viewing").await;
    cy.put(&path(conversation), json!({"state": "viewing"})).await.problem(NotFound);
    cy.put(&path(4711), json!({"state": "viewing"})).await.problem(NotFound);
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    assert_eq!(of_cy.event().await.unwrap()["kind"], "message_received");
    assert_eq!(viewers(&bo, conversation).await.as_array().unwrap().len(), 1);
}

async fn a_presence_ends_thirty_seconds_after_the_last_report(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&ann).await;
    report(&bo, conversation, "viewing").await;
    assert_eq!(stream.event().await, Some(bo_is("viewing", conversation)));
    app.advance(TimeDelta::seconds(15));
    report(&bo, conversation, "viewing").await;
    app.advance(TimeDelta::seconds(29));
    // A change of the system's clock ends no presence.
    app.clock.set_by(TimeDelta::minutes(10));
    assert_eq!(viewers(&ann, conversation).await.as_array().unwrap().len(), 1);
    app.advance(TimeDelta::seconds(1));
    assert_eq!(stream.event().await, Some(bo_is("gone", conversation)));
    assert_eq!(viewers(&ann, conversation).await, json!([]));
    eventually("no report is stored", async || (app.database.count("presences", "1 = 1") == 0).then_some(()))
        .await;
}

async fn a_repeated_report_sends_no_event_and_reads_nothing(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&ann).await;
    report(&bo, conversation, "viewing").await;
    statements::start_recording(&app.database.url);
    for _ in 0..3 {
        report(&bo, conversation, "viewing").await;
    }
    let sent = statements::recorded_counts(&app.database.url);
    let sent: Vec<_> = sent.iter().map(|(text, count)| (text.replace(['"', '`'], ""), *count)).collect();
    let sent: Vec<_> = sent.into_iter().filter(|(text, _)| !statements::is_of_task(text)).collect();
    match app.database.kind {
        Kind::Sqlite => assert!(sent.is_empty(), "{sent:#?}"),
        Kind::Postgres => {
            let is_expected =
                |text: &str| text == "BEGIN" || text == "COMMIT" || text.starts_with("INSERT INTO presences");
            assert!(sent.iter().all(|(text, count)| is_expected(text) && *count == 3), "{sent:#?}");
        }
    }
    report(&bo, conversation, "typing").await;
    assert_eq!(stream.event().await, Some(bo_is("viewing", conversation)));
    assert_eq!(stream.event().await, Some(bo_is("typing", conversation)));
}

async fn an_account_with_two_tabs_counts_once_and_leaves_with_the_last_one(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&ann).await;
    report_in_tab(&bo, conversation, "one", "viewing").await;
    report_in_tab(&bo, conversation, "two", "viewing").await;
    assert_eq!(viewers(&ann, conversation).await.as_array().unwrap().len(), 1);
    report_in_tab(&bo, conversation, "two", "typing").await;
    report_in_tab(&bo, conversation, "one", "gone").await;
    report_in_tab(&bo, conversation, "two", "gone").await;
    for state in ["viewing", "typing", "gone"] {
        assert_eq!(stream.event().await, Some(bo_is(state, conversation)));
    }
}

async fn the_cached_queue_stays_valid_while_presence_changes(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let first = ann.get("/queue").await;
    let etag = first.header("etag").unwrap().to_owned();
    for state in ["viewing", "typing", "gone"] {
        report(&bo, conversation, state).await;
        let again = ann.request(Method::GET, "/queue").header(header::IF_NONE_MATCH, &etag).send();
        assert_eq!(again.await.unwrap().status(), 304, "{state}");
    }
}

async fn a_new_stream_begins_with_the_presences_of_the_callers_teams(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let of_claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let (ann, bo, cy) = (app.signed_in(ANN).await, app.signed_in(BO).await, app.signed_in(CY).await);
    report(&cy, of_claims, "viewing").await;
    report(&bo, conversation, "typing").await;
    let mut stream = Listener::to(&ann).await;
    assert_eq!(stream.event().await, Some(bo_is("typing", conversation)));
    report(&bo, conversation, "gone").await;
    assert_eq!(stream.event().await, Some(bo_is("gone", conversation)));
}

async fn invalid_reports_are_refused(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let path = format!("/conversations/{conversation}/presence");
    for body in [json!({}), json!({"state": "sleeping"}), json!({"state": "viewing", "tab": 1})] {
        ann.put(&path, body).await.problem(InvalidBody);
    }
    for tab in ["", "two words", "\0", &"a".repeat(65)] {
        let refused = ann.put(&path, json!({"state": "viewing", "tab": tab})).await;
        assert_eq!(refused.fault(ValidationFailed), ("tab".to_owned(), "invalid".to_owned()));
    }
    let key = app.anonymous.with_token(REPLYING_KEY);
    key.put(&path, json!({"state": "viewing"})).await.problem(Forbidden);
    assert_eq!(viewers(&ann, conversation).await, json!([]));
}

/// Lets the time pass in which another replica reads the reports, until `stream` has received an event.
async fn event_of_another_replica(app: &TestApp, stream: &mut Listener) -> Value {
    loop {
        app.advance(TimeDelta::milliseconds(500));
        if let Ok(event) = timeout(Duration::from_secs(1), stream.event()).await {
            return event.unwrap();
        }
    }
}

async fn replicas_see_each_others_presences(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let second = app.replica(|_| {});
    let (bo_on_first, bo_on_second) = (app.signed_in(BO).await, second.signed_in(BO).await);
    let ann = second.signed_in(ANN).await;
    let mut stream = Listener::to(&ann).await;
    report(&bo_on_first, conversation, "viewing").await;
    let before = app.clock.now();
    assert_eq!(event_of_another_replica(&app, &mut stream).await, bo_is("viewing", conversation));
    assert!(app.clock.now() - before <= TimeDelta::seconds(1), "within a second");
    assert_eq!(viewers(&ann, conversation).await[0]["state"], "viewing");

    // A report to the other replica replaces the one to this replica.
    let mut stream = Listener::to(&app.signed_in(ANN).await).await;
    assert_eq!(stream.event().await, Some(bo_is("viewing", conversation)));
    report(&bo_on_second, conversation, "typing").await;
    assert_eq!(event_of_another_replica(&app, &mut stream).await, bo_is("typing", conversation));

    // A replica that starts later reads what the others know.
    let third = app.replica(|_| {});
    let ann = third.signed_in(ANN).await;
    eventually("the new replica knows the presence", async || {
        (viewers(&ann, conversation).await[0]["state"] == "typing").then_some(())
    })
    .await;

    report(&bo_on_first, conversation, "gone").await;
    assert_eq!(stream.event().await, Some(bo_is("gone", conversation)));
}

#[test]
fn replicas_see_each_others_presences_on_postgres() {
    run(Kind::Postgres, replicas_see_each_others_presences);
}

async fn a_presence_that_has_ended_stays_away_when_the_clock_is_set_back(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    report(&bo, conversation, "viewing").await;
    app.clock.set_by(TimeDelta::minutes(-10));
    app.advance(TimeDelta::seconds(30));
    eventually("the presence has ended", async || {
        (viewers(&ann, conversation).await == json!([])).then_some(())
    })
    .await;
    // Otherwise each later read of the table would bring it back.
    eventually("the report is deleted", async || {
        app.advance(TimeDelta::milliseconds(500));
        (app.database.count("presences", "1 = 1") == 0).then_some(())
    })
    .await;
    assert_eq!(viewers(&ann, conversation).await, json!([]));
}

#[test]
fn a_presence_that_has_ended_stays_away_when_the_clock_is_set_back_on_postgres() {
    run(Kind::Postgres, a_presence_that_has_ended_stays_away_when_the_clock_is_set_back);
}
