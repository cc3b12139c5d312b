//! The task that sends new events to the live streams.

use std::sync::Arc;

use api::{
    clock::Clock,
    db::Db,
    events::{feed::Feed, published::Content, versions::Versions},
};
use shared::ids::EventId;
use tokio::{sync::watch, time::timeout};

use crate::support::{TestApp, fixtures::STRANGER, on_both_databases, waiting::TIMEOUT};

on_both_databases![an_event_from_before_the_feed_runs_reaches_a_stream_that_is_already_open,];

async fn an_event_from_before_the_feed_runs_reaches_a_stream_that_is_already_open(app: TestApp) {
    let feed = Arc::new(Feed::new(Arc::new(Versions::new(Clock::System))));
    let mut stream = feed.subscribe();
    app.inbound(STRANGER, "Hello").await;
    let newest = EventId(app.database.integer("SELECT max(id) FROM events"));
    let db = Db::open(&app.database.parsed_url(), 1).unwrap();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(Arc::clone(&feed).run(db, Clock::System, EventId(0), stopped));
    let event = timeout(TIMEOUT, stream.recv()).await.expect("an event in time").unwrap();
    let Content::Event(event) = &event.content else { panic!("a change of presence: {event:?}") };
    assert_eq!(event.id, newest);
    stop.send(true).unwrap();
    running.await.unwrap();
}
