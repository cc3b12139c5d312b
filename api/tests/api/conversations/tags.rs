//! The tags of conversations, and the lists filtered by them (rule 19).

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use shared::ErrorCode::{ConversationClosed, NotFound, ValidationFailed};

use crate::support::{
    ApiResponse, Client, Kind, TestApp, eventually,
    fixtures::{ADMIN, ANN, BO, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, REPLYING_KEY, SAM, STRANGER, stranger},
    on_both_databases, run,
    stream::Listener,
};

on_both_databases![
    a_conversation_gets_tags_in_the_order_of_the_catalogue,
    tags_are_replaced_and_removed,
    only_tags_that_the_team_can_use_are_added,
    an_archived_tag_stays_but_cannot_be_added,
    a_closed_conversation_keeps_its_tags,
    a_pending_conversation_can_be_tagged_and_the_next_one_starts_without_tags,
    a_renamed_tag_has_its_new_name_on_every_conversation,
    the_queue_is_filtered_by_a_tag,
    every_list_is_filtered_by_a_tag,
    search_is_filtered_by_a_tag,
    a_change_of_the_tags_is_an_event,
];

/// Creates a tag of Collections, or of a team.
async fn create(client: &Client, team: Option<i64>, name: &str) -> i64 {
    let created = client.post("/tags", json!({"team_id": team, "name": name, "colour": "teal"})).await;
    created.expect(201)["id"].as_i64().unwrap()
}

async fn put(client: &Client, conversation: i64, tags: &[i64]) -> ApiResponse {
    client.put(&format!("/conversations/{conversation}/tags"), json!({ "tag_ids": tags })).await
}

fn names(conversation: &Value) -> Vec<&str> {
    conversation["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect()
}

fn ids(items: &Value) -> Vec<i64> {
    items.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
}

async fn a_conversation_gets_tags_in_the_order_of_the_catalogue(app: TestApp) {
    let (admin, ann) = (app.signed_in(ADMIN).await, app.signed_in(ANN).await);
    let shared = create(&admin, None, "Press").await;
    let first = create(&admin, Some(COLLECTIONS), "Hardship").await;
    let second = create(&admin, Some(COLLECTIONS), "Vulnerable").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    assert_eq!(ann.conversation(conversation).await["tags"], json!([]));
    let tagged = put(&ann, conversation, &[shared, second, first, first]).await.expect(200);
    assert_eq!(names(&tagged), ["Hardship", "Vulnerable", "Press"]);
    assert_eq!(tagged["tags"][0], json!({"id": first, "name": "Hardship", "colour": "teal"}));
    assert_eq!(ann.conversation(conversation).await, tagged);
    let queue = ann.get("/queue").await.expect(200);
    assert_eq!(queue["sections"][0]["items"][0]["tags"], tagged["tags"]);
    // The next message of the customer leaves them.
    app.inbound(STRANGER, "Are you there?").await;
    assert_eq!(ann.conversation(conversation).await["tags"], tagged["tags"]);
}

async fn tags_are_replaced_and_removed(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let (first, second) =
        (create(&sam, Some(COLLECTIONS), "First").await, create(&sam, Some(COLLECTIONS), "Second").await);
    let conversation = app.inbound(STRANGER, "Hello").await;
    put(&ann, conversation, &[first]).await.expect(200);
    assert_eq!(names(&put(&ann, conversation, &[second]).await.expect(200)), ["Second"]);
    let program = app.anonymous.with_token(REPLYING_KEY);
    assert_eq!(names(&put(&program, conversation, &[first, second]).await.expect(200)), ["First", "Second"]);
    assert_eq!(names(&put(&ann, conversation, &[]).await.expect(200)), [""; 0]);
}

async fn only_tags_that_the_team_can_use_are_added(app: TestApp) {
    let (admin, ann) = (app.signed_in(ADMIN).await, app.signed_in(ANN).await);
    let own = create(&admin, Some(COLLECTIONS), "Hardship").await;
    let foreign = create(&admin, Some(CLAIMS), "Storm").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    for unknown in [foreign, 4711] {
        let fault = put(&ann, conversation, &[own, unknown]).await.fault(ValidationFailed);
        assert_eq!(fault, ("tag_ids".into(), "unknown".into()));
    }
    assert_eq!(ann.conversation(conversation).await["tags"], json!([]), "nothing was added");
    let of_claims = app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    put(&ann, of_claims, &[]).await.problem(NotFound);
}

async fn an_archived_tag_stays_but_cannot_be_added(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let (old, new) =
        (create(&sam, Some(COLLECTIONS), "Old").await, create(&sam, Some(COLLECTIONS), "New").await);
    let (tagged, other) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    put(&ann, tagged, &[old]).await.expect(200);
    sam.delete(&format!("/tags/{old}")).await.no_content();
    assert_eq!(names(&put(&ann, tagged, &[old, new]).await.expect(200)).len(), 2);
    let fault = put(&ann, other, &[old]).await.fault(ValidationFailed);
    assert_eq!(fault, ("tag_ids".into(), "unknown".into()));
}

async fn a_closed_conversation_keeps_its_tags(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    put(&ann, conversation, &[tag]).await.expect(200);
    assert_eq!(names(&ann.close(conversation).await.expect(201)), ["Hardship"]);
    put(&ann, conversation, &[]).await.problem(ConversationClosed);
    for change in ["DELETE FROM conversation_tags", "UPDATE conversation_tags SET tag_id = tag_id"] {
        app.database.run(change).expect_err("the database refuses, too");
    }
    let again =
        format!("INSERT INTO conversation_tags (conversation_id, tag_id) VALUES ({conversation}, {tag})");
    app.database.run(&again).expect_err("the database refuses, too");
    assert_eq!(names(&ann.conversation(conversation).await), ["Hardship"]);
    let closed = ann.get(&format!("/conversations?team_id={COLLECTIONS}&status=closed")).await.expect(200);
    assert_eq!(names(&closed["items"][0]), ["Hardship"]);
}

async fn a_pending_conversation_can_be_tagged_and_the_next_one_starts_without_tags(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let ad_hoc = json!({"team_id": COLLECTIONS, "number": STRANGER, "body": "Please call us."});
    let pending = sam.post("/conversations", ad_hoc).await.expect(201)["id"].as_i64().unwrap();
    assert_eq!(names(&put(&sam, pending, &[tag]).await.expect(200)), ["Hardship"]);
    assert_eq!(app.inbound(STRANGER, "Hello").await, pending);
    assert_eq!(names(&sam.conversation(pending).await), ["Hardship"]);
    assert_eq!(sam.close(pending).await.status, 201);
    let next = app.inbound(STRANGER, "Me again").await;
    assert_eq!(sam.conversation(next).await["tags"], json!([]));
}

async fn a_renamed_tag_has_its_new_name_on_every_conversation(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let (closed, open) = (app.inbound(STRANGER, "Hello").await, app.inbound(&stranger(1), "Hello").await);
    for conversation in [closed, open] {
        put(&ann, conversation, &[tag]).await.expect(200);
    }
    assert_eq!(ann.close(closed).await.status, 201);
    let shown = async || ann.get("/queue").await.expect(200)["sections"][0]["items"][0].clone();
    assert_eq!(names(&shown().await), ["Hardship"]);
    sam.put(&format!("/tags/{tag}"), json!({"name": "In difficulty", "colour": "red"})).await.expect(200);
    assert_eq!(names(&shown().await), ["In difficulty"]);
    assert_eq!(ann.conversation(closed).await["tags"][0]["colour"], "red");
}

async fn the_queue_is_filtered_by_a_tag(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let mut tagged = Vec::new();
    for n in 0..6 {
        let id = app.inbound(&stranger(n), "Hello").await;
        if n % 2 == 0 {
            put(&ann, id, &[tag]).await.expect(200);
            tagged.push(id);
        }
    }
    ann.assign(tagged[1], ANN).await.expect(200);
    let section = async |filter: &str| {
        ann.get(&format!("/queue?team_id={COLLECTIONS}&{filter}")).await.expect(200)["sections"][0].clone()
    };
    let filter = format!("tag={tag}");
    assert_eq!(ids(&section(&filter).await["items"]), tagged);
    assert_eq!(section(&filter).await["counts"]["agent"], 6, "the counts are those of the whole team");
    assert_eq!(ids(&section(&format!("{filter}&assigned=me")).await["items"]), [tagged[1]]);
    assert_eq!(ids(&section(&format!("{filter}&assigned=none")).await["items"]), [tagged[0], tagged[2]]);
    assert_eq!(section("tag=4711").await["items"], json!([]));
    // A change of the tags, and a reply, change the filtered section.
    ann.create_reply(tagged[0], "Good morning").await;
    put(&ann, tagged[2], &[]).await.expect(200);
    assert_eq!(ids(&section(&filter).await["items"]), [tagged[1], tagged[0]]);
    let page = section(&format!("{filter}&limit=1")).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let path = format!("/conversations?team_id={COLLECTIONS}&status=open&{filter}&limit=1&cursor={cursor}");
    assert_eq!(ids(&ann.get(&path).await.expect(200)["items"]), [tagged[0]]);
}

async fn every_list_is_filtered_by_a_tag(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let until = app.clock.now() + chrono::TimeDelta::days(1);
    for (place, status) in ["closed", "snoozed", "pending"].into_iter().enumerate() {
        let mut made = Vec::new();
        for n in 0..2 {
            let number = stranger(10 * place + n);
            let id = if status == "pending" {
                let ad_hoc = json!({"team_id": COLLECTIONS, "number": number, "body": "Please call us."});
                sam.post("/conversations", ad_hoc).await.expect(201)["id"].as_i64().unwrap()
            } else {
                app.inbound(&number, "Hello").await
            };
            made.push(id);
        }
        put(&sam, made[0], &[tag]).await.expect(200);
        for id in &made {
            match status {
                "closed" => assert_eq!(sam.close(*id).await.status, 201),
                "snoozed" => {
                    let body = json!({ "until": until });
                    sam.put(&format!("/conversations/{id}/snooze"), body).await.expect(200);
                }
                _ => {}
            }
        }
        let list = format!("/conversations?team_id={COLLECTIONS}&status={status}");
        assert_eq!(sam.get(&list).await.items().len(), 2, "{status}");
        let filtered = sam.get(&format!("{list}&tag={tag}")).await.expect(200);
        assert_eq!(ids(&filtered["items"]), [made[0]], "{status}");
    }
}

async fn search_is_filtered_by_a_tag(app: TestApp) {
    let sam = app.signed_in(SAM).await;
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let (tagged, other) =
        (app.inbound(&stranger(1), "Hello").await, app.inbound(&stranger(2), "Hello").await);
    put(&sam, tagged, &[tag]).await.expect(200);
    let part = &stranger(1)[1..9];
    for (text, found) in [(part, vec![other, tagged]), (&stranger(1)[1..], vec![tagged])] {
        assert_eq!(ids(&sam.get(&format!("/search?q={text}")).await.expect(200)["items"]), found);
        let filtered = sam.get(&format!("/search?q={text}&tag={tag}")).await.expect(200);
        assert_eq!(ids(&filtered["items"]), [tagged]);
        assert_eq!(names(&filtered["items"][0]), ["Hardship"]);
    }
    let filtered = sam.get(&format!("/search?q={}&tag={tag}", &stranger(2)[1..])).await.expect(200);
    assert_eq!(filtered["items"], json!([]));
}

async fn a_change_of_the_tags_is_an_event(app: TestApp) {
    let (sam, ann, bo) = (app.signed_in(SAM).await, app.signed_in(ANN).await, app.signed_in(BO).await);
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let mut stream = Listener::to(&bo).await;
    put(&ann, conversation, &[tag]).await.expect(200);
    put(&ann, conversation, &[tag]).await.expect(200);
    put(&ann, conversation, &[]).await.expect(200);
    assert_eq!(app.database.count("events", "kind = 'tags_changed'"), 2, "no change, no event");
    for _ in 0..2 {
        // The customer's message may still be published when the stream begins.
        let mut event = stream.event().await.unwrap();
        while event["kind"] == "message_received" {
            event = stream.event().await.unwrap();
        }
        assert_eq!(event["kind"], "tags_changed");
        assert_eq!((&event["conversation_id"], &event["account_id"]), (&json!(conversation), &json!(ANN.1)));
    }
}

async fn a_tag_that_a_colleague_adds_meanwhile_is_added_once(app: TestApp) {
    let (sam, ann) = (app.signed_in(SAM).await, app.signed_in(ANN).await);
    let tag = create(&sam, Some(COLLECTIONS), "Hardship").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let mut colleague = app.database.lock(conversation);
    let adding = tokio::spawn(async move { put(&ann, conversation, &[tag]).await });
    eventually("the request waits", async || app.database.has_waiting_request().then_some(())).await;
    let add = format!(
        "INSERT INTO conversation_tags (conversation_id, tag_id) VALUES ({conversation}, {tag}); COMMIT"
    );
    colleague.batch_execute(&add).unwrap();
    assert_eq!(names(&adding.await.unwrap().expect(200)), ["Hardship"]);
}

#[test]
fn a_tag_that_a_colleague_adds_meanwhile_is_added_once_on_postgres() {
    run(Kind::Postgres, a_tag_that_a_colleague_adds_meanwhile_is_added_once);
}
