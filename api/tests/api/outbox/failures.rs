//! Long failures: messages that the gateway does not accept in time, outcomes that stay unknown, lost claims and a
//! failing gateway. No message is sent twice, and none waits forever.

use chrono::TimeDelta;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp, eventually,
    fixtures::{
        ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS_NUMBER, CY, FULL_KEY, STRANGER, start, stranger,
    },
    gateway::{ACCOUNT_SID, AUTH_TOKEN},
    on_both_databases,
};

on_both_databases![
    a_message_that_is_not_accepted_in_time_returns_to_the_agent,
    a_message_whose_outcome_stays_unknown_returns_to_the_agent,
    an_old_accepted_message_is_still_found,
    a_message_is_not_sent_again_before_the_list_must_contain_it,
    a_message_of_a_long_ago_attempt_is_sent_after_one_look_up,
    a_message_is_looked_up_on_every_page_of_the_list,
    a_temporary_error_is_not_a_refusal,
    a_worker_that_lost_its_claim_does_not_release_the_new_claim,
    the_result_of_a_slow_worker_is_recorded,
    a_failing_gateway_gets_fewer_and_fewer_requests,
    a_waiting_message_is_sent_after_its_team_number_was_removed,
];

/// Sends a reply with an API key, which does not expire when the clock is advanced.
async fn reply(app: &TestApp, number: &str, body: &str) -> (Client, i64, i64) {
    let conversation = app.inbound(number, "Hello").await;
    let program = app.anonymous.with_token(FULL_KEY);
    let message = program.create_reply(conversation, body).await;
    (program, conversation, message)
}

async fn message(reader: &Client, conversation: i64, id: i64) -> Value {
    let messages = reader.messages(conversation).await;
    messages.into_iter().find(|message| message["id"] == id).unwrap()
}

/// Advances the clock by minutes until the message has this status.
async fn advance_until_status(
    app: &TestApp,
    reader: &Client,
    conversation: i64,
    id: i64,
    status: &str,
) -> Value {
    eventually(&format!("message {id} was {status}"), async || {
        let found = message(reader, conversation, id).await;
        if found["status"] != status {
            app.advance(TimeDelta::minutes(1));
            return None;
        }
        Some(found)
    })
    .await
}

async fn a_message_that_is_not_accepted_in_time_returns_to_the_agent(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "http_429", "times": null})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "In time").await;
    app.attempt_fails(id, 1).await;
    app.advance(TimeDelta::hours(11));
    app.advance(TimeDelta::minutes(50));
    eventually("the message was tried again", async || {
        (app.database.integer("SELECT attempts FROM outbox") > 1).then_some(())
    })
    .await;
    assert_eq!(message(&program, conversation, id).await["status"], "sending");
    let failed = advance_until_status(&app, &program, conversation, id, "failed").await;
    assert!(app.clock.now() > start() + TimeDelta::hours(12));
    assert_eq!(failed["error"]["code"], "not_handed_over");
    let seen = program.conversation(conversation).await;
    assert_eq!(
        (&seen["next_action"], &seen["attention"]["code"]),
        (&json!("agent"), &json!("not_delivered"))
    );
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
}

async fn a_message_whose_outcome_stays_unknown_returns_to_the_agent(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
    app.gateway.inject_fault(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Perhaps").await;
    app.attempt_fails(id, 1).await;
    app.advance(TimeDelta::hours(12));
    let failed = advance_until_status(&app, &program, conversation, id, "failed").await;
    assert_eq!(failed["error"]["code"], "outcome_unknown");
    assert_eq!(program.conversation(conversation).await["next_action"], "agent");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Perhaps"]);
}

async fn an_old_accepted_message_is_still_found(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Long ago").await;
    app.attempt_fails(id, 1).await;
    app.advance(TimeDelta::hours(30));
    advance_until_status(&app, &program, conversation, id, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Long ago"]);
}

async fn a_message_is_not_sent_again_before_the_list_must_contain_it(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_before_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Patience").await;
    app.attempt_fails(id, 1).await;
    let looked_up = "attempts >= 3 AND held_until IS NULL";
    app.advance_until("the message was looked up twice", async || {
        (app.database.count("outbox", looked_up) == 1 || !app.gateway.sent_to(STRANGER).await.is_empty())
            .then_some(())
    })
    .await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    app.advance_until("the message was delivered", async || {
        (message(&program, conversation, id).await["status"] == "delivered").then_some(())
    })
    .await;
    assert!(app.clock.now() >= start() + TimeDelta::seconds(30), "three timeouts of the gateway");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Patience"]);
}

async fn a_message_of_a_long_ago_attempt_is_sent_after_one_look_up(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_before_accept"})).await;
    let (program, _, id) = reply(&app, STRANGER, "Again").await;
    app.attempt_fails(id, 1).await;
    app.advance(TimeDelta::hours(1));
    // The clock stands still, so a message that had to wait for another look-up would stay in the outbox.
    app.message_becomes(&program, id, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Again"]);
}

async fn a_message_is_looked_up_on_every_page_of_the_list(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "reset_after_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "The first").await;
    app.attempt_fails(id, 1).await;
    // Newer messages of another sender on the same account, as many as the largest page holds.
    let http = reqwest::Client::new();
    let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", app.gateway.url());
    for _ in 0..1000 {
        let form = [("From", COLLECTIONS_NUMBER), ("To", STRANGER), ("Body", "Another")];
        let sent = http.post(&messages).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).form(&form).send().await;
        assert_eq!(sent.unwrap().status(), 201);
    }
    app.advance_until("the message was found", async || {
        (message(&program, conversation, id).await["status"] == "delivered").then_some(())
    })
    .await;
    let bodies = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(bodies.iter().filter(|body| *body == "The first").count(), 1);
}

async fn a_temporary_error_is_not_a_refusal(app: TestApp) {
    for (n, code) in [14107, 20429, 21611].into_iter().enumerate() {
        let number = stranger(n);
        app.gateway.inject_fault(json!({"number": number, "fault": "error", "code": code})).await;
        let (program, conversation, id) = reply(&app, &number, "Later").await;
        app.attempt_fails(id, 1).await;
        advance_until_status(&app, &program, conversation, id, "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&number).await, ["Later"]);
    }
}

/// Changes the claim as if another worker had claimed the message; returns the duration of that claim.
async fn claim_as_another_worker(app: &TestApp) -> TimeDelta {
    eventually("the server has claimed the message", async || {
        (app.database.count("outbox", "attempts = 1 AND held_until IS NOT NULL") == 1).then_some(())
    })
    .await;
    let lease = TimeDelta::minutes(10);
    let until = crate::support::database::sql_timestamp(app.database.kind, app.clock.now() + lease);
    app.database.run(&format!("UPDATE outbox SET attempts = 2, held_until = {until}")).unwrap();
    lease
}

async fn a_worker_that_lost_its_claim_does_not_release_the_new_claim(app: TestApp) {
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "latency", "ms": 400})).await;
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "http_429"})).await;
    let (program, _, _) = reply(&app, STRANGER, "Mine").await;
    claim_as_another_worker(&app).await;
    // A slower message to another number ensures that the first message's response has been recorded.
    app.gateway.inject_fault(json!({"number": stranger(1), "fault": "latency", "ms": 800})).await;
    let conversation = app.inbound(&stranger(1), "Hello").await;
    let other = program.create_reply(conversation, "Hi").await;
    app.message_becomes(&program, other, "delivered").await;
    assert_eq!(app.database.count("outbox", "attempts = 2 AND held_until IS NOT NULL"), 1);
    assert_eq!(
        app.database.count("outbox", "unknown_since IS NULL"),
        0,
        "the other worker may be sending it"
    );
}

async fn the_result_of_a_slow_worker_is_recorded(app: TestApp) {
    app.gateway.inject_fault(json!({"number": STRANGER, "fault": "latency", "ms": 400})).await;
    let (program, _, id) = reply(&app, STRANGER, "Mine").await;
    claim_as_another_worker(&app).await;
    app.message_becomes(&program, id, "delivered").await;
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Mine"]);
}

async fn a_failing_gateway_gets_fewer_and_fewer_requests(app: TestApp) {
    for on in ["send", "read"] {
        app.gateway.inject_fault(json!({"fault": "http_500", "on": on, "times": null})).await;
    }
    let ann = app.signed_in(ANN).await;
    for n in 0..40 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        ann.create_reply(conversation, "Hi").await;
    }
    let attempts = || app.database.integer("SELECT sum(attempts) FROM outbox");
    let held = "SELECT count(*) FROM outbox WHERE held_until IS NOT NULL";
    eventually("the first attempts failed", async || {
        (attempts() >= 8 && app.database.integer(held) == 0).then_some(())
    })
    .await;
    let before = attempts();
    for _ in 0..120 {
        app.advance(TimeDelta::seconds(1));
        eventually("no message is claimed", async || (app.database.integer(held) == 0).then_some(())).await;
    }
    assert!(attempts() - before < 40, "{} attempts in two minutes", attempts() - before);
    app.gateway.clear_faults().await;
    app.advance_until("all messages were sent", async || {
        (app.database.count("outbox", "1 = 1") == 0).then_some(())
    })
    .await;
    for n in 0..40 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Hi"]);
    }
}

async fn a_waiting_message_is_sent_after_its_team_number_was_removed(app: TestApp) {
    let conversation = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let (cy, admin) = (app.signed_in(CY).await, app.signed_in(ADMIN).await);
    app.gateway.inject_fault(json!({"fault": "http_429", "retry_after": 60})).await;
    let id = cy.create_reply(conversation, "Goodbye").await;
    app.attempt_fails(id, 1).await;
    assert_eq!(cy.close(conversation).await.status, 201);
    let number = format!("/teams/{CLAIMS}/numbers?number=%2B{}", CLAIMS_NUMBER.trim_start_matches('+'));
    crate::support::ApiResponse::to(admin.request(Method::DELETE, &number)).await.no_content();
    // Second by second, so that Cy's session does not expire.
    app.advance_until("the message was delivered", async || {
        let delivered = format!("id = {id} AND status = 'delivered'");
        (app.database.count("messages", &delivered) == 1).then_some(())
    })
    .await;
    assert_eq!(app.gateway.sent_to(STRANGER).await[0]["from"], CLAIMS_NUMBER);
}
