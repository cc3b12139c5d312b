//! The task that sends new events to the live streams.

use std::sync::Arc;

use api::{
    clock::Clock,
    db::Db,
    events::{
        feed::Feed,
        position::Position,
        published::{Content, Published},
        versions::Versions,
    },
};
use diesel::connection::SimpleConnection as _;
use shared::ids::EventId;
use tokio::{
    sync::{broadcast, watch},
    time::timeout,
};

use crate::support::{
    Kind, TestApp,
    fixtures::{ANN, STRANGER},
    on_both_databases, run,
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

/// On PostgreSQL, a transaction can commit after another one whose event has a higher id.
#[test]
fn an_event_that_is_committed_late_reaches_the_streams_of_all_replicas() {
    run(Kind::Postgres, async |app: TestApp| {
        let event = "INSERT INTO events (kind, team_id, at) VALUES ('team_changed', 1, now())";
        app.database.run(event).unwrap();
        let db = Db::open(&app.database.parsed_url(), 1).unwrap();
        let mut first = OtherFeed::start(&db).await;
        let mut late = app.database.postgres();
        late.batch_execute(&format!("BEGIN; {event}")).unwrap();
        app.database.run(event).unwrap();
        let newest = app.database.integer("SELECT max(id) FROM events");
        assert_eq!(first.next().await, newest);
        // This replica starts between the two commits.
        let mut second = OtherFeed::start(&db).await;
        late.batch_execute("COMMIT").unwrap();
        assert_eq!((first.next().await, second.next().await), (newest - 1, newest - 1));
    });
}

/// The feed of another server, and a stream.
struct OtherFeed {
    stream: broadcast::Receiver<Arc<Published>>,
    _stop: watch::Sender<bool>,
}

impl OtherFeed {
    /// Starts to publish the events after those that exist now.
    async fn start(db: &Db) -> Self {
        let feed = Arc::new(Feed::new(Arc::new(Versions::new(Clock::System))));
        let stream = feed.subscribe();
        let end = Position::end(db, &Clock::System).await.unwrap();
        let (stop, stopped) = watch::channel(false);
        tokio::spawn(feed.run(db.clone(), Clock::System, end, stopped));
        Self { stream, _stop: stop }
    }

    async fn next(&mut self) -> i64 {
        let event = timeout(TIMEOUT, self.stream.recv()).await.expect("an event in time").unwrap();
        let Content::Event(event) = &event.content else { panic!("a change of presence: {event:?}") };
        event.id.0
    }
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
