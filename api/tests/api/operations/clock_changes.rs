//! Changes of the system clock while the server runs do not affect limits and waits.

use chrono::TimeDelta;
use serde_json::json;
use shared::ErrorCode::TooManyRequests;

use crate::support::{
    TestApp,
    fixtures::{ANN, SAM, STRANGER},
    on_both_databases,
};

on_both_databases![
    a_clock_set_back_does_not_extend_a_rate_limit,
    a_clock_set_forward_does_not_lift_a_rate_limit,
    a_clock_set_back_does_not_delay_the_outbox,
    a_clock_set_back_does_not_block_uploads,
];

async fn a_clock_set_back_does_not_extend_a_rate_limit(app: TestApp) {
    let server = app.replica(|args| args.rate_limit = Some("6".to_owned()));
    let ann = server.signed_in(ANN).await;
    ann.get("/me").await.expect(200);
    ann.get("/me").await.problem(TooManyRequests);
    app.clock.set_by(TimeDelta::minutes(-10));
    app.advance(TimeDelta::seconds(11));
    ann.get("/me").await.expect(200);
}

async fn a_clock_set_forward_does_not_lift_a_rate_limit(app: TestApp) {
    let server = app.replica(|args| args.rate_limit = Some("6".to_owned()));
    let ann = server.signed_in(ANN).await;
    ann.get("/me").await.expect(200);
    app.clock.set_by(TimeDelta::minutes(10));
    ann.get("/me").await.problem(TooManyRequests);
}

async fn a_clock_set_back_does_not_delay_the_outbox(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    app.gateway.inject_fault(json!({"fault": "http_500", "times": 1})).await;
    app.clock.set_by(TimeDelta::hours(9));
    let message =
        app.anonymous.with_token(crate::support::fixtures::FULL_KEY).create_reply(conversation, "Hi").await;
    app.attempt_fails(message, 1).await;
    app.clock.set_by(TimeDelta::hours(-9));
    let sent = format!("id = {message} AND status IN ('sent', 'delivered')");
    let before = app.clock.now();
    app.advance_until("the message was sent", async || {
        (app.database.count("messages", &sent) == 1).then_some(())
    })
    .await;
    assert!(app.clock.now() - before < TimeDelta::minutes(5), "{}", app.clock.now() - before);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Hi"]);
    ann.get("/me").await.expect(200);
}

async fn a_clock_set_back_does_not_block_uploads(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    // A claim of a process that was killed while the clock was ahead.
    let ahead =
        crate::support::database::sql_timestamp(app.database.kind, app.clock.now() + TimeDelta::hours(9));
    app.database
        .run(&format!(
            "INSERT INTO daily_files (team_id, file_date, key_data_columns, is_current, created_at, created_by, state, held_until)
             SELECT team_id, file_date, key_data_columns, FALSE, created_at, created_by, 'staged', {ahead}
             FROM daily_files WHERE id = 1"
        ))
        .unwrap();
    sam.import("ref,name,number\nA-1,Jo,07700900123\n").await.expect(201);
}
