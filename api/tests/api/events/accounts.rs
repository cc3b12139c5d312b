//! Events that name an account: the one that may want to know.

use serde_json::{Value, json};

use crate::support::{
    TestApp,
    fixtures::{ADMIN, ANN, BO, STRANGER, stranger},
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_message_of_the_customer_names_the_account_that_has_the_conversation,
    a_failed_message_names_the_account_that_has_the_conversation,
    only_the_account_that_is_given_a_conversation_learns_of_it,
];

fn name(event: &Value) -> (&str, &Value) {
    (event["kind"].as_str().unwrap(), &event["account_id"])
}

async fn a_message_of_the_customer_names_the_account_that_has_the_conversation(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Listener::to(&ann).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    assert_eq!(name(&stream.event().await.unwrap()), ("message_received", &Value::Null));
    ann.assign(conversation, ANN).await.expect(200);
    assert_eq!(name(&stream.event().await.unwrap()), ("assignment_changed", &json!(ANN.1)));
    app.inbound(STRANGER, "Anybody there?").await;
    assert_eq!(name(&stream.event().await.unwrap()), ("message_received", &json!(ANN.1)));
}

async fn a_failed_message_names_the_account_that_has_the_conversation(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    app.gateway.inject_fault(json!({"fault": "fail", "error_code": 30003})).await;
    let mut stream = Listener::to(&ann).await;
    let reply = ann.create_reply(conversation, "Hi").await;
    app.message_becomes(&ann, reply, "undelivered").await;
    let mut failure = stream.event().await.unwrap();
    while failure["kind"] != "message_failed" {
        failure = stream.event().await.unwrap();
    }
    assert_eq!((&failure["message_id"], &failure["account_id"]), (&json!(reply), &json!(ANN.1)));
    assert_eq!(app.database.count("events", "kind = 'message_failed'"), 1);
}

async fn only_the_account_that_is_given_a_conversation_learns_of_it(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let admin = app.signed_in(ADMIN).await;
    let (mut of_ann, mut of_bo) = (Listener::to(&ann).await, Listener::to(&bo).await);
    // What an account takes itself is not given to it.
    ann.assign(conversation, ANN).await.expect(200);
    ann.assign(conversation, BO).await.expect(200);
    app.inbound(&stranger(2), "Last").await;
    let kinds = async |stream: &mut Listener| {
        let mut kinds = Vec::new();
        while kinds.last().is_none_or(|kind| kind != "message_received") {
            kinds.push(stream.event().await.unwrap()["kind"].as_str().unwrap().to_owned());
        }
        kinds
    };
    assert_eq!(
        kinds(&mut of_bo).await,
        ["assignment_changed", "given", "assignment_changed", "message_received"]
    );
    assert_eq!(kinds(&mut of_ann).await, ["assignment_changed", "assignment_changed", "message_received"]);
    // To the account that has it already.
    admin.assign(conversation, BO).await.expect(200);
    assert_eq!(app.database.count("events", &format!("kind = 'given' AND account_id = {}", BO.1)), 1);
}
