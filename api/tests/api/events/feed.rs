//! The task that sends new events to the live streams.

use std::sync::Arc;

use api::{
    clock::Clock,
    db::Db,
    events::{feed::Feed, position::Position, published::Content, versions::Versions},
};
use shared::ids::EventId;
use tokio::{sync::watch, time::timeout};

use crate::support::{
    TestApp,
    fixtures::{ANN, STRANGER},
    on_both_databases,
    stream::Listener,
    waiting::{POLL_INTERVAL, TIMEOUT},
};

on_both_databases![
    an_event_from_before_the_feed_runs_reaches_a_stream_that_is_already_open,
    streams_end_when_the_log_lacks_its_last_events,
];

async fn an_event_from_before_the_feed_runs_reaches_a_stream_that_is_already_open(app: TestApp) {
    let feed = Arc::new(Feed::new(Arc::new(Versions::new(Clock::System))));
    let mut stream = feed.subscribe();
    app.inbound(STRANGER, "Hello").await;
    let newest = EventId(app.database.integer("SELECT max(id) FROM events"));
    let db = Db::open(&app.database.parsed_url(), 1).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(Arc::clone(&feed).run(db, Clock::System, Position::start(), stopped));
    let event = timeout(TIMEOUT, stream.recv()).await.expect("an event in time").unwrap();
    let Content::Event(event) = &event.content else { panic!("a change of presence: {event:?}") };
    assert_eq!(event.id, newest);
    stop.send(true).unwrap();
    running.await.unwrap();
}

async fn streams_end_when_the_log_lacks_its_last_events(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Listener::to(&ann).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    assert_eq!(stream.event().await.unwrap()["kind"], "message_received");
    assert_eq!(ann.conversation(conversation).await["unread"], 1);
    // As after a failover to a standby that had not received the last transactions.
    let lose = "DELETE FROM events WHERE id = (SELECT max(id) FROM events);
        UPDATE accounts SET permissions = '[]' WHERE id = 3";
    app.database.run(lose).unwrap();
    let last = app
        .advance_until("the stream ended", async || timeout(POLL_INTERVAL, stream.block()).await.ok())
        .await;
    assert!(last.unwrap().starts_with("retry: "));
    assert_eq!(stream.block().await, None);
    assert_eq!(ann.get("/me").await.expect(200)["permissions"], serde_json::json!([]), "caches are not used");
}
