//! What webhooks contain, and which endpoints get them.

use api::clock::Clock;
use serde_json::{Value, json};
use standardwebhooks::Webhook;

use super::{arrived, endpoint, private_addresses, stored};
use crate::support::{
    TestApp,
    daily_files::customers,
    fixtures::{ADMIN, ANN, SAM, STRANGER, SUPPORT_NUMBER},
    on_both_databases,
    receiver::Receiver,
};

on_both_databases![with private_addresses;
    each_type_of_event_is_delivered_with_its_content,
    an_endpoint_gets_only_its_types_and_the_events_of_its_team,
    the_official_library_verifies_a_delivery,
    two_servers_record_each_event_once,
    the_events_before_an_endpoint_are_not_delivered,
];

const ALL: [&str; 7] = [
    "message.received",
    "message.status",
    "conversation.opened",
    "conversation.assigned",
    "conversation.closed",
    "consent.changed",
    "daily_file.imported",
];

async fn each_type_of_event_is_delivered_with_its_content(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &ALL).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let opened = arrived(&receiver, 2).await;
    assert_eq!(opened[0].event_type(), "conversation.opened");
    assert_eq!(opened[0].json()["data"]["conversation"]["number"], STRANGER);
    assert_eq!(opened[1].event_type(), "message.received");
    assert_eq!(opened[1].json()["data"]["message"]["body"], "Hello");
    assert_eq!(opened[1].json()["data"]["conversation"]["id"], conversation);
    assert_eq!(opened[1].json()["data"]["team_id"], 1);
    assert_eq!(opened[1].header("content-type"), "application/json");

    let ann = app.signed_in(ANN).await;
    ann.assign(conversation, ANN).await.expect(200);
    let assigned = arrived(&receiver, 3).await[2].json();
    assert_eq!(assigned["type"], "conversation.assigned");
    assert_eq!(assigned["data"]["conversation"]["assigned_to"], json!({"id": ANN.1, "name": "Ann"}));

    app.inbound(STRANGER, "STOP").await;
    let stopped = arrived(&receiver, 5).await;
    let types: Vec<String> = stopped[3..].iter().map(|one| one.event_type()).collect();
    assert_eq!(types, ["message.received", "consent.changed"]);
    assert_eq!(stopped[4].json()["data"]["consent"]["state"], "opted_out");
    assert_eq!(stopped[4].json()["data"]["consent"]["number"], STRANGER);

    ann.close(conversation).await.expect(201);
    let closed = arrived(&receiver, 6).await[5].json();
    assert_eq!(closed["type"], "conversation.closed");
    assert_eq!(closed["data"]["conversation"]["status"], "closed");

    sam.import(customers(3)).await.expect(201);
    let imported = arrived(&receiver, 7).await[6].json();
    assert_eq!(imported["type"], "daily_file.imported");
    assert_eq!(imported["data"]["daily_file"]["accepted"], 3);
    assert_eq!(imported["data"]["daily_file"]["is_current"], true);

    let secret = created["secret"].as_str().unwrap();
    assert!(receiver.received().iter().all(|one| one.is_signed_with(secret)));
    let log = sam.get(&format!("/webhook_endpoints/{}/deliveries", created["id"])).await.items();
    assert_eq!(log[0]["body"], receiver.received()[6].body);
    assert_eq!(log[0]["webhook_id"], receiver.received()[6].header("webhook-id"));
}

async fn an_endpoint_gets_only_its_types_and_the_events_of_its_team(app: TestApp) {
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.status"]).await;
    let of_other_team = app.inbound_to(SUPPORT_NUMBER, STRANGER, "Hello").await;
    let admin = app.signed_in(ADMIN).await;
    let reply_of_other_team = admin.create_reply(of_other_team, "Yes?").await;
    app.message_becomes(&admin, reply_of_other_team, "delivered").await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let message = sam.create_reply(conversation, "Yes?").await;
    app.message_becomes(&sam, message, "delivered").await;
    let statuses = crate::support::eventually("the delivery was reported", async || {
        let received = receiver.received();
        let last = received.last()?.json();
        (last["data"]["message"]["status"] == "delivered").then_some(received)
    })
    .await;
    for one in statuses {
        assert_eq!(one.event_type(), "message.status");
        assert_eq!(one.json()["data"]["message"]["id"], message);
    }
    let other = "conversation_id IS NULL OR conversation_id <> ";
    assert_eq!(app.database.count("webhook_deliveries", &format!("{other}{conversation}")), 0);
}

async fn the_official_library_verifies_a_delivery(app: TestApp) {
    // The library checks the age of a delivery with the machine's clock.
    app.clock.set_by(Clock::System.now() - app.clock.now());
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    let created = endpoint(&sam, &receiver, &["message.received"]).await;
    sam.post(&format!("/webhook_endpoints/{}/test", created["id"]), json!({})).await.expect(201);
    let received = arrived(&receiver, 1).await.remove(0);
    let library = Webhook::new(created["secret"].as_str().unwrap()).unwrap();
    library.verify(received.body.as_bytes(), &received.headers).unwrap();
    assert_eq!(received.event_type(), "webhook.test");
    let other = Webhook::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    assert!(other.verify(received.body.as_bytes(), &received.headers).is_err());
}

async fn two_servers_record_each_event_once(app: TestApp) {
    let replica = app.replica(private_addresses);
    let (sam, receiver) = (app.signed_in(SAM).await, Receiver::start());
    endpoint(&sam, &receiver, &["message.received"]).await;
    for n in 0..10 {
        let server = if n % 2 == 0 { &app.anonymous } else { &replica.anonymous };
        app.inbound_at(server, STRANGER, &format!("Text {n}")).await;
    }
    stored(&app, 10, "delivered").await;
    let bodies: Vec<Value> =
        receiver.received().iter().map(|one| one.json()["data"]["message"]["body"].clone()).collect();
    assert_eq!(bodies, (0..10).map(|n| json!(format!("Text {n}"))).collect::<Vec<_>>());
}

async fn the_events_before_an_endpoint_are_not_delivered(app: TestApp) {
    app.inbound(STRANGER, "Before").await;
    let (admin, first, second) = (app.signed_in(ADMIN).await, Receiver::start(), Receiver::start());
    endpoint(&admin, &first, &["message.received"]).await;
    app.inbound(STRANGER, "Between").await;
    endpoint(&admin, &second, &["message.received"]).await;
    app.inbound(STRANGER, "After").await;
    let bodies = |receiver: &Receiver| -> Vec<Value> {
        receiver.received().iter().map(|one| one.json()["data"]["message"]["body"].clone()).collect()
    };
    stored(&app, 3, "delivered").await;
    assert_eq!(bodies(&first), ["Between", "After"]);
    assert_eq!(bodies(&second), ["After"]);
}
