//! Assigning conversations: taking, giving, releasing, and the return of what absent accounts have (rule 16).

use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::ErrorCode::{AlreadyAssigned, ConversationClosed, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, TestApp, eventually,
    fixtures::{
        ADMIN, ANN, BO, CLAIMS_NUMBER, COLLECTIONS, CY, DEE, Person, RAY, REPLYING_KEY, SAM, STRANGER,
        stranger,
    },
    on_both_databases,
    stream::Listener,
};

on_both_databases![
    a_new_conversation_is_unassigned_and_a_member_can_take_and_release_it,
    the_holder_gives_a_conversation_with_a_note_that_stays_until_the_reply,
    a_conversation_of_another_account_is_changed_only_by_force,
    of_two_simultaneous_takes_one_succeeds,
    only_enabled_members_with_the_permission_get_a_conversation,
    a_closed_conversation_keeps_its_holder_and_the_next_one_starts_unassigned,
    a_reply_assigns_an_unassigned_conversation_to_its_author,
    a_reply_of_an_api_key_assigns_nothing,
    a_program_assigns_conversations_to_accounts,
    an_assignment_is_an_event,
    an_account_that_is_renamed_has_its_new_name_in_the_queue,
    waiting_conversations_of_an_absent_account_return_to_the_team,
    waiting_conversations_of_an_account_that_may_no_longer_reply_return_to_the_team,
    a_returned_conversation_repeats_the_note_of_its_assignment,
    waiting_conversations_of_an_account_that_signs_out_return_to_the_team,
    a_conversation_that_waits_for_the_customer_does_not_return,
];

async fn release(client: &Client, conversation: i64) -> ApiResponse {
    client.delete(&format!("/conversations/{conversation}/assignment")).await
}

/// The account in `assigned_to`, as the API shows it.
fn shown(person: Person, name: &str) -> Value {
    json!({"id": person.1, "name": name})
}

async fn holder(client: &Client, conversation: i64) -> Value {
    client.conversation(conversation).await["assigned_to"].clone()
}

async fn a_new_conversation_is_unassigned_and_a_member_can_take_and_release_it(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let before = ann.conversation(conversation).await;
    assert_eq!((&before["assigned_to"], &before["assignment_note"]), (&Value::Null, &Value::Null));
    assert_eq!(before["permitted_actions"], json!(["reply", "close", "assign", "tag", "snooze"]));
    let taken = ann.assign(conversation, ANN).await.expect(200);
    assert_eq!(taken["assigned_to"], shown(ANN, "Ann"));
    assert_eq!(ann.assign(conversation, ANN).await.expect(200), taken, "a second time changes nothing");
    assert_eq!(ann.conversation(conversation).await, taken);
    let listed = ann.get("/queue").await.expect(200);
    assert_eq!(listed["sections"][0]["items"][0]["assigned_to"], shown(ANN, "Ann"));
    assert_eq!(release(&ann, conversation).await.expect(200)["assigned_to"], Value::Null);
    assert_eq!(release(&ann, conversation).await.expect(200)["assigned_to"], Value::Null);
}

async fn the_holder_gives_a_conversation_with_a_note_that_stays_until_the_reply(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.assign(conversation, ANN).await.expect(200);
    let path = format!("/conversations/{conversation}/assignment");
    let too_long = json!({"account_id": BO.1, "note": "n".repeat(1001)});
    assert_eq!(ann.put(&path, too_long).await.fault(ValidationFailed), ("note".into(), "too_long".into()));
    let given = ann.put(&path, json!({"account_id": BO.1, "note": " She asked for you. "})).await.expect(200);
    assert_eq!(given["assigned_to"], shown(BO, "Bo"));
    assert_eq!(given["assignment_note"], json!({"text": "She asked for you.", "by": "Ann"}));
    ann.create_reply(conversation, "Bo will help you.").await;
    let seen = bo.conversation(conversation).await;
    assert_eq!(seen["assigned_to"], shown(BO, "Bo"), "a colleague's reply does not take it");
    assert_eq!(seen["assignment_note"]["text"], "She asked for you.");
    bo.create_reply(conversation, "Hello").await;
    assert_eq!(bo.conversation(conversation).await["assignment_note"], Value::Null);
}

async fn a_conversation_of_another_account_is_changed_only_by_force(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.assign(conversation, ANN).await.expect(200);
    for refused in [bo.assign(conversation, BO).await, release(&bo, conversation).await] {
        let problem = refused.problem(AlreadyAssigned);
        assert_eq!(problem["assigned_to"], shown(ANN, "Ann"));
        assert!(problem["detail"].as_str().unwrap().starts_with("Ann has this conversation."), "{problem}");
    }
    assert_eq!(holder(&ann, conversation).await, shown(ANN, "Ann"));
    let path = format!("/conversations/{conversation}/assignment");
    let taken = bo.put(&path, json!({"account_id": BO.1, "force": true})).await.expect(200);
    assert_eq!(taken["assigned_to"], shown(BO, "Bo"));
    let released = ann.delete(&format!("{path}?force=true")).await.expect(200);
    assert_eq!(released["assigned_to"], Value::Null);
}

async fn of_two_simultaneous_takes_one_succeeds(app: TestApp) {
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    for n in 0..5 {
        let conversation = app.inbound(&stranger(n), "Hello").await;
        let (one, other) = tokio::join!(ann.assign(conversation, ANN), bo.assign(conversation, BO));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 409]);
        let winner = if one.status == 200 { shown(ANN, "Ann") } else { shown(BO, "Bo") };
        assert_eq!(holder(&ann, conversation).await, winner);
    }
}

async fn only_enabled_members_with_the_permission_get_a_conversation(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let of_claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    for person in [CY, DEE, RAY] {
        let fault = ann.assign(conversation, person).await.fault(ValidationFailed);
        assert_eq!(fault, ("account_id".into(), "not_assignable".into()), "{person:?}");
    }
    ann.assign(of_claims, ANN).await.problem(NotFound);
    release(&ann, of_claims).await.problem(NotFound);
    let colleagues = ann.get(&format!("/conversations/{conversation}/assignees")).await.items();
    assert_eq!(colleagues, [shown(ANN, "Ann"), shown(BO, "Bo"), shown(SAM, "Sam")]);
    ann.get(&format!("/conversations/{of_claims}/assignees")).await.problem(NotFound);
    // An admin acts in all teams without being a member.
    assert_eq!(ann.assign(conversation, ADMIN).await.expect(200)["assigned_to"], shown(ADMIN, "Admin"));
}

async fn a_closed_conversation_keeps_its_holder_and_the_next_one_starts_unassigned(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    ann.assign(conversation, ANN).await.expect(200);
    ann.close(conversation).await.expect(201);
    ann.assign(conversation, BO).await.problem(ConversationClosed);
    release(&ann, conversation).await.problem(ConversationClosed);
    assert_eq!(holder(&ann, conversation).await, shown(ANN, "Ann"));
    let next = app.inbound(STRANGER, "One more thing").await;
    assert_eq!(holder(&ann, next).await, Value::Null);
}

async fn a_reply_assigns_an_unassigned_conversation_to_its_author(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.create_reply(conversation, "Hello").await;
    assert_eq!(holder(&ann, conversation).await, shown(ANN, "Ann"));
    bo.create_reply(conversation, "Hello again").await;
    app.inbound(STRANGER, "Thanks").await;
    assert_eq!(holder(&ann, conversation).await, shown(ANN, "Ann"));
}

async fn a_reply_of_an_api_key_assigns_nothing(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let program = app.anonymous.with_token(REPLYING_KEY);
    program.create_reply(conversation, "Hello").await;
    assert_eq!(holder(&program, conversation).await, Value::Null);
}

async fn a_program_assigns_conversations_to_accounts(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let program = app.anonymous.with_token(REPLYING_KEY);
    let path = format!("/conversations/{conversation}/assignment");
    let given = program.put(&path, json!({"account_id": ANN.1, "note": "A caller."})).await.expect(200);
    assert_eq!(given["assigned_to"], shown(ANN, "Ann"));
    assert_eq!(given["assignment_note"], json!({"text": "A caller.", "by": "Replies"}));
    program.assign(conversation, BO).await.problem(AlreadyAssigned);
}

async fn an_assignment_is_an_event(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    let mut stream = Listener::to(&bo).await;
    ann.assign(conversation, BO).await.expect(200);
    ann.assign(conversation, BO).await.expect(200);
    release(&bo, conversation).await.expect(200);
    for (kind, account) in
        [("given", json!(BO.1)), ("assignment_changed", json!(BO.1)), ("assignment_changed", Value::Null)]
    {
        let event = stream.event().await.unwrap();
        assert_eq!(event["kind"], kind);
        assert_eq!(event["conversation_id"], conversation);
        assert_eq!((&event["team_id"], &event["account_id"]), (&json!(COLLECTIONS), &account));
    }
}

async fn an_account_that_is_renamed_has_its_new_name_in_the_queue(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.assign(conversation, ANN).await.expect(200);
    let name =
        async || bo.get("/queue").await.expect(200)["sections"][0]["items"][0]["assigned_to"]["name"].clone();
    assert_eq!(name().await, "Ann");
    ann.put("/me", json!({"display_name": "Anna"})).await.expect(200);
    assert_eq!(name().await, "Anna");
}

/// Waits until a conversation has returned to its team.
async fn returns(app: &TestApp, conversation: i64) {
    let unassigned = format!("id = {conversation} AND assigned_to IS NULL");
    eventually("the conversation is unassigned", async || {
        (app.database.count("conversations", &unassigned) == 1).then_some(())
    })
    .await;
}

async fn waiting_conversations_of_an_absent_account_return_to_the_team(app: TestApp) {
    let (of_ann, of_sam) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    let ann = app.signed_in(ANN).await;
    ann.assign(of_ann, ANN).await.expect(200);
    app.advance(TimeDelta::minutes(14));
    ann.assign(of_sam, SAM).await.expect(200);
    // Sam has never signed in. When his conversation has returned, Ann's would have too.
    app.advance(TimeDelta::minutes(14));
    returns(&app, of_sam).await;
    let bo = app.signed_in(BO).await;
    assert_eq!(holder(&bo, of_ann).await, shown(ANN, "Ann"), "she used the app 14 minutes ago");
    app.advance(TimeDelta::minutes(2));
    returns(&app, of_ann).await;
    let returned = bo.conversation(of_ann).await;
    let note = json!({"text": "Returned to the team, because Ann was away.", "by": null});
    assert_eq!(returned["assignment_note"], note);
    let event = format!("kind = 'assignment_changed' AND conversation_id = {of_ann} AND account_id IS NULL");
    assert_eq!(app.database.count("events", &event), 1);
    assert_eq!(bo.get("/queue").await.expect(200)["sections"][0]["counts"]["unassigned"], 2);
    // The note stays when a colleague takes the conversation, and goes with the reply.
    assert_eq!(bo.assign(of_ann, BO).await.expect(200)["assignment_note"], note);
    bo.create_reply(of_ann, "Hello").await;
    assert_eq!(bo.conversation(of_ann).await["assignment_note"], Value::Null);
}

async fn waiting_conversations_of_an_account_that_may_no_longer_reply_return_to_the_team(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let (ann, admin) = (app.signed_in(ANN).await, app.signed_in(ADMIN).await);
    ann.assign(conversation, ANN).await.expect(200);
    admin.put(&format!("/accounts/{}", ANN.1), json!({"permissions": ["close"]})).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    returns(&app, conversation).await;
    ann.conversation(conversation).await;
}

async fn a_returned_conversation_repeats_the_note_of_its_assignment(app: TestApp) {
    let conversation = app.inbound(STRANGER, "Hello").await;
    let ann = app.signed_in(ANN).await;
    let given = json!({"account_id": SAM.1, "note": "He expects a call at five."});
    ann.put(&format!("/conversations/{conversation}/assignment"), given).await.expect(200);
    // Sam has never signed in.
    app.advance(TimeDelta::minutes(1));
    returns(&app, conversation).await;
    let text = "Returned to the team, because Sam was away. Ann wrote: He expects a call at five.";
    let note = ann.conversation(conversation).await["assignment_note"].clone();
    assert_eq!(note, json!({"text": text, "by": null}));
}

async fn waiting_conversations_of_an_account_that_signs_out_return_to_the_team(app: TestApp) {
    let (of_ann, of_bo) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    let (ann, bo) = (app.signed_in(ANN).await, app.signed_in(BO).await);
    ann.assign(of_ann, ANN).await.expect(200);
    bo.assign(of_bo, BO).await.expect(200);
    ann.delete("/sessions/current").await.no_content();
    app.advance(TimeDelta::minutes(1));
    returns(&app, of_ann).await;
    assert_eq!(holder(&bo, of_bo).await, shown(BO, "Bo"));
    let admin = app.signed_in(ADMIN).await;
    admin.put(&format!("/accounts/{}", BO.1), json!({"disabled": true})).await.expect(200);
    app.advance(TimeDelta::minutes(1));
    returns(&app, of_bo).await;
}

async fn a_conversation_that_waits_for_the_customer_does_not_return(app: TestApp) {
    let (answered, waiting) =
        (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    let ann = app.signed_in(ANN).await;
    ann.create_reply(answered, "Hello").await;
    ann.assign(waiting, ANN).await.expect(200);
    ann.delete("/sessions/current").await.no_content();
    app.advance(TimeDelta::minutes(1));
    returns(&app, waiting).await;
    let bo = app.signed_in(BO).await;
    assert_eq!(holder(&bo, answered).await, shown(ANN, "Ann"));
    app.inbound(STRANGER, "Are you there?").await;
    app.advance(TimeDelta::minutes(1));
    returns(&app, answered).await;
}
