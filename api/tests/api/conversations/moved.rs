//! Compare and act (rule 15): a reply and a closure are held when there is a newer message that their sender has not
//! seen.

use reqwest::Method;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, ConversationMoved, InvalidBody, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp,
    fixtures::{ANN, BO, COLLECTIONS_NUMBER, REPLYING_KEY, RESOLVED, STRANGER, stranger},
    gateway::{MESSAGES, message_form, signed},
    on_both_databases,
};

on_both_databases![
    a_message_from_the_customer_holds_a_reply,
    a_reply_of_a_colleague_holds_a_reply,
    replies_of_an_api_key_and_an_agent_hold_each_other,
    own_and_system_messages_do_not_hold_a_request,
    an_unseen_message_holds_a_closure,
    a_held_closure_can_be_repeated_with_the_same_idempotency_key,
    a_closure_without_last_seen_message_id_is_never_held,
    of_two_simultaneous_replies_one_is_held,
    of_a_simultaneous_reply_and_closure_one_is_refused,
    a_message_that_arrives_while_closing_is_never_hidden,
];

/// Number of rounds of each race.
const ROUNDS: usize = 40;

async fn send(client: &Client, conversation: i64, body: &str, last_seen: i64) -> ApiResponse {
    let body = json!({"body": body, "last_seen_message_id": last_seen});
    client.post(&format!("/conversations/{conversation}/messages"), body).await
}

async fn close(client: &Client, conversation: i64, last_seen: i64) -> ApiResponse {
    let body = json!({"closure_reason_id": RESOLVED, "last_seen_message_id": last_seen});
    client.post(&format!("/conversations/{conversation}/closure"), body).await
}

async fn newest(client: &Client, conversation: i64) -> i64 {
    let messages = client.messages(conversation).await;
    messages.iter().map(|message| message["id"].as_i64().unwrap()).max().unwrap()
}

/// Asserts that the request is held, and returns the problem's detail, the new messages' bodies and the last message
/// id.
fn assert_held(response: ApiResponse) -> (String, Vec<String>, i64) {
    let problem = response.problem(ConversationMoved);
    let messages = problem["messages"].as_array().unwrap();
    let bodies = messages.iter().map(|message| message["body"].as_str().unwrap().to_owned()).collect();
    let last = messages.last().unwrap()["id"].as_i64().unwrap();
    (problem["detail"].as_str().unwrap().to_owned(), bodies, last)
}

async fn a_message_from_the_customer_holds_a_reply(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Can I pay on Friday?").await;
    let ann = app.signed_in(ANN).await;
    let seen = newest(&ann, conversation).await;
    app.inbound(STRANGER, "Never mind").await;
    app.inbound(STRANGER, "I have paid").await;
    let problem = send(&ann, conversation, "Of course", seen).await.problem(ConversationMoved);
    assert_eq!(problem["messages"].as_array().unwrap(), &ann.messages(conversation).await[1..]);
    let last = newest(&ann, conversation).await;
    let detail = format!(
        "The reply was not sent: the customer wrote after the last message that you saw. Read the new messages, then \
         send the reply again with last_seen_message_id {last}."
    );
    assert_eq!(problem["detail"], detail);
    assert_eq!(ann.conversation(conversation).await["next_action"], "agent");
    assert_eq!(app.database.count("outbox", "1 = 1"), 0);

    send(&ann, conversation, "Thank you", last).await.expect(201);
    app.inbound(STRANGER, "Bye").await;
    let path = format!("/conversations/{conversation}/messages");
    ann.post(&path, json!({"body": "Bye", "last_seen_message_id": null})).await.expect(201);
}

async fn a_reply_of_a_colleague_holds_a_reply(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let seen = newest(&ann, conversation).await;
    bo.create_reply(conversation, "Hello from Bo").await;
    let (detail, bodies, _) = assert_held(send(&ann, conversation, "Hello from Ann", seen).await);
    assert!(detail.starts_with("The reply was not sent: Bo wrote after"), "{detail}");
    assert_eq!(bodies, ["Hello from Bo"]);
    assert_eq!(app.database.count("messages", "body = 'Hello from Ann'"), 0);
    app.inbound(STRANGER, "Identity are you?").await;
    let (detail, bodies, last) = assert_held(send(&ann, conversation, "Hello from Ann", seen).await);
    assert!(detail.contains("the customer and Bo wrote"), "{detail}");
    assert_eq!(bodies, ["Hello from Bo", "Identity are you?"]);
    send(&ann, conversation, "Hello from Ann", last).await.expect(201);
}

async fn replies_of_an_api_key_and_an_agent_hold_each_other(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, program) = (app.signed_in(ANN).await, app.anonymous.with_token(REPLYING_KEY));
    let seen = newest(&ann, conversation).await;
    send(&program, conversation, "From a program", seen).await.expect(201);
    let (_, bodies, last) = assert_held(send(&ann, conversation, "From Ann", seen).await);
    assert_eq!(bodies, ["From a program"]);
    send(&ann, conversation, "From Ann", last).await.expect(201);
    let (_, bodies, _) = assert_held(send(&program, conversation, "Once more", seen).await);
    assert_eq!(bodies, ["From Ann"]);
}

async fn own_and_system_messages_do_not_hold_a_request(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = newest(&ann, conversation).await;
    send(&ann, conversation, "One", seen).await.expect(201);
    let of_the_system = "UPDATE messages SET sender_kind = 'system', sender_id = NULL, sender_name = NULL
        WHERE direction = 'outbound'";
    send(&ann, conversation, "Two", seen).await.expect(201);
    app.database.run(of_the_system).unwrap();
    send(&ann, conversation, "Three", seen).await.expect(201);
    close(&ann, conversation, seen).await.expect(201);
}

async fn an_unseen_message_holds_a_closure(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let seen = newest(&ann, conversation).await;
    app.inbound(STRANGER, "One more thing").await;
    let (detail, bodies, last) = assert_held(close(&ann, conversation, seen).await);
    let expected = format!(
        "The conversation was not closed: the customer wrote after the last message that you saw. Read the new \
         messages, then close it again with last_seen_message_id {last}."
    );
    assert_eq!((detail, bodies), (expected, vec!["One more thing".to_owned()]));
    assert_eq!(ann.conversation(conversation).await["status"], "open");

    bo.create_reply(conversation, "I am on it").await;
    let (detail, bodies, last) = assert_held(close(&ann, conversation, last).await);
    assert!(detail.starts_with("The conversation was not closed: Bo wrote"), "{detail}");
    assert_eq!(bodies, ["I am on it"]);
    assert_eq!(close(&ann, conversation, last).await.expect(201)["status"], "closed");
    close(&ann, conversation, seen).await.problem(ConversationClosed);
}

async fn a_held_closure_can_be_repeated_with_the_same_idempotency_key(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let seen = newest(&ann, conversation).await;
    app.inbound(STRANGER, "One more thing").await;
    let close = async |last_seen: i64| {
        let body = json!({"closure_reason_id": RESOLVED, "note": "Paid", "last_seen_message_id": last_seen});
        let request = ann.request(Method::POST, &format!("/conversations/{conversation}/closure"));
        ApiResponse::to(request.header("Idempotency-Key", "close-1").json(&body)).await
    };
    let (_, _, last) = assert_held(close(seen).await);
    let closed = close(last).await.expect(201);
    assert_eq!(closed["closure"]["note"], "Paid");
    let again = close(last).await;
    assert_eq!(again.header("Idempotency-Replayed"), Some("true"));
    assert_eq!(again.expect(201), closed);
}

async fn a_closure_without_last_seen_message_id_is_never_held(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let path = format!("/conversations/{conversation}/closure");
    let refused = ann.post(&path, json!({"closure_reason_id": RESOLVED, "last_seen_message_id": "1"})).await;
    refused.problem(InvalidBody);
    // A field error comes first, because reading the messages would not resolve it.
    let unknown = json!({"closure_reason_id": 4711, "last_seen_message_id": 0});
    ann.post(&path, unknown).await.problem(ValidationFailed);
    ann.post(&path, json!({"closure_reason_id": RESOLVED, "last_seen_message_id": null})).await.expect(201);
    let conversation = app.inbound(STRANGER, "Hello again").await;
    assert_eq!(ann.close(conversation).await.status, 201);
}

async fn of_two_simultaneous_replies_one_is_held(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    for n in 0..ROUNDS {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let seen = newest(&ann, conversation).await;
        let (one, other) =
            tokio::join!(send(&ann, conversation, "Ann", seen), send(&bo, conversation, "Bo", seen));
        let (sent, refused) = if one.status == 201 { (one, other) } else { (other, one) };
        let sent = sent.expect(201);
        let problem = refused.problem(ConversationMoved);
        assert_eq!(problem["messages"][0]["id"], sent["id"]);
        assert_eq!(ann.messages(conversation).await.len(), 2);
    }
}

async fn of_a_simultaneous_reply_and_closure_one_is_refused(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    for n in 0..ROUNDS {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let seen = newest(&ann, conversation).await;
        let (reply, closure) =
            tokio::join!(send(&ann, conversation, "Hi", seen), close(&bo, conversation, seen));
        if reply.status == 201 {
            assert_eq!(assert_held(closure).1, ["Hi"]);
        } else {
            reply.problem(ConversationClosed);
            assert_eq!(closure.status, 201);
        }
    }
}

async fn a_message_that_arrives_while_closing_is_never_hidden(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    for n in 0..ROUNDS {
        let number = stranger(n);
        let conversation = app.inbound(&number, "Hello").await;
        let seen = newest(&ann, conversation).await;
        let form = message_form(&app.next_sid(), &number, COLLECTIONS_NUMBER, "One more thing");
        let (received, closure) = tokio::join!(
            ApiResponse::to(signed(&app.anonymous, MESSAGES, &form)),
            close(&ann, conversation, seen)
        );
        assert_eq!(received.status, 200, "{}", received.body);
        let live = app.live_conversation(COLLECTIONS_NUMBER, &number);
        let last = ann.messages(live).await.pop().unwrap();
        assert_eq!(last["body"], "One more thing");
        if closure.status == 201 {
            assert_ne!(live, conversation, "the message starts a new conversation");
            assert_eq!(ann.conversation(live).await["previous_id"], conversation);
            assert_eq!(ann.messages(conversation).await.len(), 1);
        } else {
            assert_eq!(live, conversation);
            assert_eq!(closure.problem(ConversationMoved)["messages"], Value::Array(vec![last]));
        }
    }
}
