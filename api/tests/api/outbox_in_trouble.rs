//! When it takes long: texts that cannot be handed over in time, whose outcome stays unknown, whose claim was lost, and a
//! gateway that has been in trouble for a while. Nothing is sent twice, and nothing is stuck for ever.

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
    a_text_that_cannot_be_handed_over_in_time_returns_to_the_agent,
    a_text_whose_outcome_stays_unknown_returns_to_the_agent_who_is_told_so,
    an_old_text_that_the_gateway_has_is_found_all_the_same,
    a_text_is_not_sent_again_before_the_gateways_list_must_have_it,
    a_text_is_looked_for_on_every_page_of_the_gateways_list,
    a_fault_that_passes_is_no_refusal,
    a_worker_that_lost_its_claim_takes_nothing_from_the_other,
    what_a_slow_worker_learns_counts,
    a_gateway_in_trouble_is_asked_less_and_less,
    a_text_outlives_its_teams_number,
];

/// A reply of a program's, whose key does not run out while the clock is turned.
async fn reply(app: &TestApp, number: &str, body: &str) -> (Client, i64, i64) {
    let conversation = app.text(number, "Hello").await;
    let program = app.nobody.with_token(FULL_KEY);
    let message = program.replies(conversation, body).await;
    (program, conversation, message)
}

async fn message(reader: &Client, conversation: i64, id: i64) -> Value {
    let messages = reader.messages(conversation).await;
    messages.into_iter().find(|message| message["id"] == id).unwrap()
}

/// Waits, turning the clock by minutes, until the message has this status.
async fn comes_to(app: &TestApp, reader: &Client, conversation: i64, id: i64, status: &str) -> Value {
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

async fn a_text_that_cannot_be_handed_over_in_time_returns_to_the_agent(app: TestApp) {
    app.gateway.order(json!({"fault": "http_429", "times": null})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "In time").await;
    app.try_fails(id, 1).await;
    app.advance(TimeDelta::hours(11));
    app.advance(TimeDelta::minutes(50));
    eventually("it was tried again", async || {
        (app.database.number("SELECT attempts FROM outbox") > 1).then_some(())
    })
    .await;
    assert_eq!(message(&program, conversation, id).await["status"], "sending");
    let failed = comes_to(&app, &program, conversation, id, "failed").await;
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

async fn a_text_whose_outcome_stays_unknown_returns_to_the_agent_who_is_told_so(app: TestApp) {
    app.gateway.order(json!({"fault": "reset_after_accept"})).await;
    app.gateway.order(json!({"fault": "http_500", "on": "read", "times": null})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Perhaps").await;
    app.try_fails(id, 1).await;
    app.advance(TimeDelta::hours(12));
    let failed = comes_to(&app, &program, conversation, id, "failed").await;
    assert_eq!(failed["error"]["code"], "outcome_unknown");
    assert_eq!(program.conversation(conversation).await["next_action"], "agent");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Perhaps"]);
}

async fn an_old_text_that_the_gateway_has_is_found_all_the_same(app: TestApp) {
    app.gateway.order(json!({"fault": "reset_after_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Long ago").await;
    app.try_fails(id, 1).await;
    app.advance(TimeDelta::hours(30));
    comes_to(&app, &program, conversation, id, "delivered").await;
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Long ago"]);
}

async fn a_text_is_not_sent_again_before_the_gateways_list_must_have_it(app: TestApp) {
    app.gateway.order(json!({"fault": "reset_before_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "Patience").await;
    app.try_fails(id, 1).await;
    let looked_up = "attempts >= 3 AND held_until IS NULL";
    app.as_time_passes("it was looked up twice", async || {
        (app.database.count("outbox", looked_up) == 1 || !app.gateway.sent_to(STRANGER).await.is_empty())
            .then_some(())
    })
    .await;
    assert!(app.gateway.sent_to(STRANGER).await.is_empty());
    app.as_time_passes("it was delivered", async || {
        (message(&program, conversation, id).await["status"] == "delivered").then_some(())
    })
    .await;
    assert!(app.clock.now() >= start() + TimeDelta::seconds(30), "three time-outs of the gateway");
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Patience"]);
}

async fn a_text_is_looked_for_on_every_page_of_the_gateways_list(app: TestApp) {
    app.gateway.order(json!({"fault": "reset_after_accept"})).await;
    let (program, conversation, id) = reply(&app, STRANGER, "The first").await;
    app.try_fails(id, 1).await;
    // Newer ones of somebody else on the same account: as many as the largest page holds.
    let http = reqwest::Client::new();
    let messages = format!("{}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json", app.gateway.url());
    for _ in 0..1000 {
        let form = [("From", COLLECTIONS_NUMBER), ("To", STRANGER), ("Body", "Another")];
        let sent = http.post(&messages).basic_auth(ACCOUNT_SID, Some(AUTH_TOKEN)).form(&form).send().await;
        assert_eq!(sent.unwrap().status(), 201);
    }
    app.as_time_passes("it was found", async || {
        (message(&program, conversation, id).await["status"] == "delivered").then_some(())
    })
    .await;
    let bodies = app.gateway.bodies_sent_to(STRANGER).await;
    assert_eq!(bodies.iter().filter(|body| *body == "The first").count(), 1);
}

async fn a_fault_that_passes_is_no_refusal(app: TestApp) {
    for (n, code) in [14107, 20429, 21611].into_iter().enumerate() {
        let number = stranger(n);
        app.gateway.order(json!({"number": number, "fault": "error", "code": code})).await;
        let (program, conversation, id) = reply(&app, &number, "Later").await;
        app.try_fails(id, 1).await;
        comes_to(&app, &program, conversation, id, "delivered").await;
        assert_eq!(app.gateway.bodies_sent_to(&number).await, ["Later"]);
    }
}

/// As if the text had been claimed by somebody else while this desk was at it; answers until when.
async fn claimed_by_another(app: &TestApp) -> TimeDelta {
    eventually("the desk is at it", async || {
        (app.database.count("outbox", "attempts = 1 AND held_until IS NOT NULL") == 1).then_some(())
    })
    .await;
    let lease = TimeDelta::minutes(10);
    let until = crate::support::database::moment(app.database.kind, app.clock.now() + lease);
    app.database.run(&format!("UPDATE outbox SET attempts = 2, held_until = {until}")).unwrap();
    lease
}

async fn a_worker_that_lost_its_claim_takes_nothing_from_the_other(app: TestApp) {
    app.gateway.order(json!({"number": STRANGER, "fault": "latency", "ms": 400})).await;
    app.gateway.order(json!({"number": STRANGER, "fault": "http_429"})).await;
    let (program, _, _) = reply(&app, STRANGER, "Mine").await;
    claimed_by_another(&app).await;
    // A text to somebody else takes longer, so that this one's answer has been written down before its own.
    app.gateway.order(json!({"number": stranger(1), "fault": "latency", "ms": 800})).await;
    let conversation = app.text(&stranger(1), "Hello").await;
    let other = program.replies(conversation, "Hi").await;
    app.message_becomes(&program, other, "delivered").await;
    assert_eq!(app.database.count("outbox", "attempts = 2 AND held_until IS NOT NULL"), 1);
    assert_eq!(app.database.count("outbox", "unknown_since IS NULL"), 0, "the other may be sending it");
}

async fn what_a_slow_worker_learns_counts(app: TestApp) {
    app.gateway.order(json!({"number": STRANGER, "fault": "latency", "ms": 400})).await;
    let (program, _, id) = reply(&app, STRANGER, "Mine").await;
    claimed_by_another(&app).await;
    app.message_becomes(&program, id, "delivered").await;
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);
    assert_eq!(app.gateway.bodies_sent_to(STRANGER).await, ["Mine"]);
}

async fn a_gateway_in_trouble_is_asked_less_and_less(app: TestApp) {
    for on in ["send", "read"] {
        app.gateway.order(json!({"fault": "http_500", "on": on, "times": null})).await;
    }
    let ann = app.signed_in(ANN).await;
    for n in 0..40 {
        let conversation = app.text(&stranger(n), "Hello").await;
        ann.replies(conversation, "Hi").await;
    }
    let tries = || app.database.number("SELECT sum(attempts) FROM outbox");
    let settled = "SELECT count(*) FROM outbox WHERE held_until IS NOT NULL";
    eventually("the first tries failed", async || {
        (tries() >= 8 && app.database.number(settled) == 0).then_some(())
    })
    .await;
    let before = tries();
    for _ in 0..120 {
        app.advance(TimeDelta::seconds(1));
        eventually("nobody is at it", async || (app.database.number(settled) == 0).then_some(())).await;
    }
    assert!(tries() - before < 40, "{} tries in two minutes", tries() - before);
    app.gateway.clear_faults().await;
    app.as_time_passes("all were sent", async || (app.database.count("outbox", "1 = 1") == 0).then_some(()))
        .await;
    for n in 0..40 {
        assert_eq!(app.gateway.bodies_sent_to(&stranger(n)).await, ["Hi"]);
    }
}

async fn a_text_outlives_its_teams_number(app: TestApp) {
    let conversation = app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let (cy, admin) = (app.signed_in(CY).await, app.signed_in(ADMIN).await);
    app.gateway.order(json!({"fault": "http_429", "retry_after": 60})).await;
    let id = cy.replies(conversation, "Goodbye").await;
    app.try_fails(id, 1).await;
    assert_eq!(cy.close(conversation).await.status, 201);
    let number = format!("/teams/{CLAIMS}/numbers?number=%2B{}", CLAIMS_NUMBER.trim_start_matches('+'));
    crate::support::Answer::to(admin.request(Method::DELETE, &number)).await.done();
    // Second by second: Cy's session must outlast it.
    app.as_time_passes("it was delivered", async || {
        let delivered = format!("id = {id} AND status = 'delivered'");
        (app.database.count("messages", &delivered) == 1).then_some(())
    })
    .await;
    assert_eq!(app.gateway.sent_to(STRANGER).await[0]["from"], CLAIMS_NUMBER);
}
