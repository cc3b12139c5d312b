//! The live event stream: changes in the caller's teams, in order, and the missed events after a reconnection.

use chrono::TimeDelta;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, CY, STRANGER, stranger},
    on_both_databases, statements,
    stream::Listener,
    waiting::{POLL_INTERVAL, TIMEOUT},
};

on_both_databases![
    signing_out_ends_all_streams_of_a_session_with_one_lookup,
    a_stream_sends_events_as_they_happen,
    a_stream_sends_only_events_of_the_callers_teams,
    missed_events_are_sent_after_the_last_event_id,
    without_a_last_event_id_only_new_events_are_sent,
    events_of_another_server_are_sent_too,
    an_event_never_contains_the_message,
    all_open_streams_receive_each_event,
];

/// An open event stream, read event by event.
struct Stream {
    response: Response,
    buffer: String,
}

impl Stream {
    async fn open(client: &Client, last_event_id: Option<&str>) -> Self {
        let mut request = client.request(Method::GET, "/events").header("Accept-Encoding", "gzip, br");
        if let Some(last) = last_event_id {
            request = request.header("Last-Event-ID", last);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("connection").as_deref(), Some("close"), "the connection ends with the stream");
        assert!(header("content-encoding").is_none_or(|encoding| encoding == "identity"));
        let mut stream = Self { response, buffer: String::new() };
        // The server sends this line at once, so that proxies and browsers see that the stream is open.
        assert_eq!(stream.block().await, "retry: 1000");
        stream
    }

    async fn block(&mut self) -> String {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.buffer.split_once("\n\n") {
                    let block = block.to_owned();
                    self.buffer = rest.to_owned();
                    return block;
                }
                let chunk = self.response.chunk().await.unwrap().expect("the stream goes on");
                self.buffer += std::str::from_utf8(&chunk).unwrap();
            }
        };
        tokio::time::timeout(TIMEOUT, reading).await.expect("an event in time")
    }

    /// Returns the next event; asserts that its three lines agree.
    async fn event(&mut self) -> Value {
        let block = self.block().await;
        let lines: Vec<&str> = block.lines().collect();
        let [kind, id, data] = lines.try_into().unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(kind, format!("event: {}", data["kind"].as_str().unwrap()));
        assert_eq!(id, format!("id: {}", data["id"]));
        data
    }

    async fn kinds(&mut self, count: usize) -> Vec<String> {
        let mut kinds = Vec::new();
        for _ in 0..count {
            kinds.push(self.event().await["kind"].as_str().unwrap().to_owned());
        }
        kinds
    }
}

async fn a_stream_sends_events_as_they_happen(app: TestApp) {
    app.gateway.inject_fault(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    let received = stream.event().await;
    let expected = json!({"id": received["id"], "kind": "message_received", "team_id": COLLECTIONS,
        "conversation_id": conversation, "message_id": 1, "account_id": null, "at": "2024-11-25T09:00:00Z"});
    assert_eq!(received, expected);

    app.advance(TimeDelta::minutes(1));
    let reply = ann.create_reply(conversation, "Hi").await;
    let queued = stream.event().await;
    assert_eq!((&queued["kind"], &queued["message_id"]), (&json!("message_queued"), &json!(reply)));
    assert_eq!(queued["at"], "2024-11-25T09:01:00Z");
    assert_eq!(stream.event().await["kind"], "message_status_changed");
    assert_eq!(ann.close(conversation).await.status, 201);
    let closed = stream.event().await;
    assert_eq!((&closed["kind"], &closed["message_id"]), (&json!("conversation_closed"), &Value::Null));
    assert!(closed["id"].as_i64() > queued["id"].as_i64());
}

async fn a_stream_sends_only_events_of_the_callers_teams(app: TestApp) {
    let mut of_ann = Stream::open(&app.signed_in(ANN).await, None).await;
    let mut of_cy = Stream::open(&app.signed_in(CY).await, None).await;
    let mut of_admin = Stream::open(&app.signed_in(ADMIN).await, None).await;
    app.inbound(STRANGER, "Hello").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    app.inbound(STRANGER, "Hello again").await;
    app.inbound_to(CLAIMS_NUMBER, STRANGER, "Hello again").await;
    let teams = async |stream: &mut Stream, count: usize| {
        let mut teams = Vec::new();
        for _ in 0..count {
            teams.push(stream.event().await["team_id"].as_i64().unwrap());
        }
        teams
    };
    assert_eq!(teams(&mut of_ann, 2).await, [COLLECTIONS; 2]);
    assert_eq!(teams(&mut of_cy, 2).await, [CLAIMS; 2]);
    assert_eq!(teams(&mut of_admin, 4).await, [COLLECTIONS, CLAIMS, COLLECTIONS, CLAIMS]);
    // Missed events are also limited to the caller's teams.
    let mut of_cy = Stream::open(&app.signed_in(CY).await, Some("0")).await;
    assert_eq!(teams(&mut of_cy, 2).await, [CLAIMS; 2]);
}

async fn missed_events_are_sent_after_the_last_event_id(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    app.inbound(STRANGER, "1").await;
    let last = stream.event().await["id"].to_string();
    drop(stream);
    for n in 2..=4 {
        app.inbound(STRANGER, &n.to_string()).await;
    }
    let mut stream = Stream::open(&ann, Some(&last)).await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(stream.event().await["message_id"].as_i64().unwrap());
    }
    app.inbound(STRANGER, "5").await;
    messages.push(stream.event().await["message_id"].as_i64().unwrap());
    assert_eq!(messages, [2, 3, 4, 5], "each event exactly once");
}

async fn without_a_last_event_id_only_new_events_are_sent(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut earlier = Stream::open(&ann, None).await;
    app.inbound(STRANGER, "1").await;
    // Until the first event has been sent, a new stream may still receive it.
    earlier.event().await;
    // An invalid id counts as none.
    for last in [None, Some(""), Some("abc"), Some("99999999999999999999")] {
        let mut stream = Stream::open(&ann, last).await;
        let before = app.database.integer("SELECT max(id) FROM events");
        app.inbound(STRANGER, "next").await;
        assert!(stream.event().await["id"].as_i64().unwrap() > before, "{last:?}");
    }
}

async fn events_of_another_server_are_sent_too(app: TestApp) {
    let other = app.replica(|_| {});
    let on_second = other.signed_in(ANN).await;
    let mut stream = Stream::open(&on_second, None).await;
    let on_first = app.signed_in(ANN).await;
    let conversation = app.inbound(STRANGER, "Hello").await;
    on_first.create_reply(conversation, "Hi").await;
    // The other server looks for new events ten times a second by its clock.
    for kind in ["message_received", "message_queued"] {
        let received = app
            .advance_until("the other server's stream sent an event", async || {
                tokio::time::timeout(POLL_INTERVAL, stream.event()).await.ok()
            })
            .await;
        assert_eq!(received["kind"], kind);
    }
}

async fn an_event_never_contains_the_message(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    app.inbound(STRANGER, "the secret words").await;
    let received = stream.block().await;
    assert!(!received.contains("secret") && !received.contains("900456"), "{received}");
}

async fn all_open_streams_receive_each_event(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Stream::open(&ann, None).await);
    }
    for n in 0..5 {
        app.inbound(&stranger(n), "Hello").await;
    }
    for stream in &mut streams {
        assert_eq!(stream.kinds(5).await, ["message_received"; 5]);
    }
}

async fn signing_out_ends_all_streams_of_a_session_with_one_lookup(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(Listener::to(&ann).await);
    }
    statements::start_recording(&app.database.url);
    ann.delete("/sessions/current").await.no_content();
    for stream in &mut streams {
        assert_eq!(stream.kinds_until_end().await, ["account_changed"]);
    }
    let sent = statements::recorded_counts(&app.database.url);
    let lookups: usize = sent
        .iter()
        .filter(|(text, _)| text.contains("SELECT") && text.contains("sessions"))
        .map(|(_, n)| n)
        .sum();
    // One query for the request that signs out, one for all streams; heartbeats may add some.
    assert!((1..50).contains(&lookups), "{lookups} lookups: {sent:#?}");
}
