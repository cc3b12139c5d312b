//! The live stream: what changed in one's teams, in order, and what one missed.

use chrono::TimeDelta;
use reqwest::{Method, Response};
use serde_json::{Value, json};

use crate::support::{
    Client, TestApp,
    fixtures::{ADMIN, ANN, CLAIMS, CLAIMS_NUMBER, COLLECTIONS, CY, STRANGER, stranger},
    on_both_databases, statements,
    stream::Listener,
    waiting::{BETWEEN_LOOKS, PATIENCE},
};

on_both_databases![
    signing_out_ends_all_streams_of_a_session_with_one_look,
    a_stream_tells_what_happens_as_it_happens,
    a_stream_tells_of_ones_own_teams_only,
    what_was_missed_is_told_after_the_last_event_id,
    without_a_last_event_id_only_what_comes_is_told,
    what_another_desk_does_is_told_too,
    a_stream_never_tells_what_was_written,
    many_streams_are_all_told,
];

/// A stream that is read event by event.
struct Stream {
    answer: Response,
    read: String,
}

impl Stream {
    async fn open(client: &Client, last_event_id: Option<&str>) -> Self {
        let mut request = client.request(Method::GET, "/events").header("Accept-Encoding", "gzip, br");
        if let Some(last) = last_event_id {
            request = request.header("Last-Event-ID", last);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
        assert_eq!(header("cache-control").as_deref(), Some("no-store"));
        assert_eq!(header("connection").as_deref(), Some("close"), "the connection ends with the stream");
        assert!(header("content-encoding").is_none_or(|encoding| encoding == "identity"));
        let mut stream = Self { answer, read: String::new() };
        // The first thing is said at once, so that proxies and browsers know that the stream stands.
        assert_eq!(stream.block().await, "retry: 1000");
        stream
    }

    async fn block(&mut self) -> String {
        let reading = async {
            loop {
                if let Some((block, rest)) = self.read.split_once("\n\n") {
                    let block = block.to_owned();
                    self.read = rest.to_owned();
                    return block;
                }
                let chunk = self.answer.chunk().await.unwrap().expect("the stream goes on");
                self.read += std::str::from_utf8(&chunk).unwrap();
            }
        };
        tokio::time::timeout(PATIENCE, reading).await.expect("the stream tells in time")
    }

    /// The next event; its three lines must agree.
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

async fn a_stream_tells_what_happens_as_it_happens(app: TestApp) {
    app.gateway.order(json!({"fault": "receipts", "mode": "never", "times": null})).await;
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    let conversation = app.text(STRANGER, "Hello").await;
    let received = stream.event().await;
    let expected = json!({"id": received["id"], "kind": "message_received", "team_id": COLLECTIONS,
        "conversation_id": conversation, "message_id": 1, "account_id": null, "at": "2024-11-25T09:00:00Z"});
    assert_eq!(received, expected);

    app.advance(TimeDelta::minutes(1));
    let reply = ann.replies(conversation, "Hi").await;
    let queued = stream.event().await;
    assert_eq!((&queued["kind"], &queued["message_id"]), (&json!("message_queued"), &json!(reply)));
    assert_eq!(queued["at"], "2024-11-25T09:01:00Z");
    assert_eq!(stream.event().await["kind"], "message_status_changed");
    assert_eq!(ann.close(conversation).await.status, 201);
    let closed = stream.event().await;
    assert_eq!((&closed["kind"], &closed["message_id"]), (&json!("conversation_closed"), &Value::Null));
    assert!(closed["id"].as_i64() > queued["id"].as_i64());
}

async fn a_stream_tells_of_ones_own_teams_only(app: TestApp) {
    let mut of_ann = Stream::open(&app.signed_in(ANN).await, None).await;
    let mut of_cy = Stream::open(&app.signed_in(CY).await, None).await;
    let mut of_admin = Stream::open(&app.signed_in(ADMIN).await, None).await;
    app.text(STRANGER, "Hello").await;
    app.text_to(CLAIMS_NUMBER, STRANGER, "Hello").await;
    app.text(STRANGER, "Hello again").await;
    app.text_to(CLAIMS_NUMBER, STRANGER, "Hello again").await;
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
    // What was missed is of one's own teams, too.
    let mut of_cy = Stream::open(&app.signed_in(CY).await, Some("0")).await;
    assert_eq!(teams(&mut of_cy, 2).await, [CLAIMS; 2]);
}

async fn what_was_missed_is_told_after_the_last_event_id(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    app.text(STRANGER, "1").await;
    let last = stream.event().await["id"].to_string();
    drop(stream);
    for n in 2..=4 {
        app.text(STRANGER, &n.to_string()).await;
    }
    let mut stream = Stream::open(&ann, Some(&last)).await;
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(stream.event().await["message_id"].as_i64().unwrap());
    }
    app.text(STRANGER, "5").await;
    messages.push(stream.event().await["message_id"].as_i64().unwrap());
    assert_eq!(messages, [2, 3, 4, 5], "nothing twice, nothing left out");
}

async fn without_a_last_event_id_only_what_comes_is_told(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut earlier = Stream::open(&ann, None).await;
    app.text(STRANGER, "1").await;
    // Until the first text has been told, a stream that opens may still hear of it.
    earlier.event().await;
    // What is no id is as good as none.
    for last in [None, Some(""), Some("abc"), Some("99999999999999999999")] {
        let mut stream = Stream::open(&ann, last).await;
        let before = app.database.number("SELECT max(id) FROM events");
        app.text(STRANGER, "next").await;
        assert!(stream.event().await["id"].as_i64().unwrap() > before, "{last:?}");
    }
}

async fn what_another_desk_does_is_told_too(app: TestApp) {
    let other = app.replica(|_| {});
    let there = other.signed_in(ANN).await;
    let mut stream = Stream::open(&there, None).await;
    let here = app.signed_in(ANN).await;
    let conversation = app.text(STRANGER, "Hello").await;
    here.replies(conversation, "Hi").await;
    // The other desk looks once a second of its clock.
    for kind in ["message_received", "message_queued"] {
        let told = app
            .as_time_passes("the other desk's stream told", async || {
                tokio::time::timeout(BETWEEN_LOOKS, stream.event()).await.ok()
            })
            .await;
        assert_eq!(told["kind"], kind);
    }
}

async fn a_stream_never_tells_what_was_written(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut stream = Stream::open(&ann, None).await;
    app.text(STRANGER, "the secret words").await;
    let told = stream.block().await;
    assert!(!told.contains("secret") && !told.contains("900456"), "{told}");
}

async fn many_streams_are_all_told(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut streams = Vec::new();
    for _ in 0..20 {
        streams.push(Stream::open(&ann, None).await);
    }
    for n in 0..5 {
        app.text(&stranger(n), "Hello").await;
    }
    for stream in &mut streams {
        assert_eq!(stream.kinds(5).await, ["message_received"; 5]);
    }
}

async fn signing_out_ends_all_streams_of_a_session_with_one_look(app: TestApp) {
    let ann = app.signed_in(ANN).await;
    let mut streams = Vec::new();
    for _ in 0..200 {
        streams.push(Listener::to(&ann).await);
    }
    statements::take_down(&app.database.url);
    ann.delete("/sessions/current").await.done();
    for stream in &mut streams {
        assert_eq!(stream.kinds_to_the_end().await, ["account_changed"]);
    }
    let sent = statements::counted(&app.database.url);
    let looks: usize = sent
        .iter()
        .filter(|(text, _)| text.contains("SELECT") && text.contains("sessions"))
        .map(|(_, n)| n)
        .sum();
    // One for the request that signs out, one for all streams; heartbeats may add some.
    assert!((1..50).contains(&looks), "{looks} lookups: {sent:#?}");
}
