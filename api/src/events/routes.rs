//! `/events`: the live stream (server-sent events, WHATWG HTML 9.2), resumable with `Last-Event-ID`.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use futures_util::stream;
use shared::{Problem, event::Event, ids::EventId};
use tokio::sync::broadcast::{self, error::RecvError};

use super::queries;
use crate::{auth::Caller, db::Db, desk::Desk, error::ApiError};

/// How often a quiet stream says that it lives, and looks whether its session does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many events are replayed at most; whoever has missed more fetches everything anyway.
const REPLAY: i64 = 1000;

/// A stream to one caller.
struct Stream {
    db: Db,
    caller: Caller,
    live: broadcast::Receiver<Event>,
    /// What is to be sent before anything live.
    waiting: std::vec::IntoIter<Event>,
    /// The last event among those.
    replayed: EventId,
    greeted: bool,
}

/// The live stream of what changes in the caller's teams.
///
/// Each event has a kind (`event`), its place in the log (`id`) and an `Event` as JSON (`data`). Send the last `id` as
/// `Last-Event-ID` to get what came since. Fetch what you show anew after a reconnection.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The last event that was received")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = Event),
        (status = 401, body = Problem)),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn stream_events(
    desk: web::Data<Desk>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let header = request.headers().get("Last-Event-ID").and_then(|value| value.to_str().ok()?.parse().ok());
    // Listening begins before the log is read, so that nothing falls between.
    let live = desk.feed.subscribe();
    let missed = match header {
        Some(last) => desk.db.read(move |conn| queries::after(conn, last, REPLAY)).await?,
        None => Vec::new(),
    };
    let replayed = missed.last().map(|event| event.id).or(header).unwrap_or(EventId(0));
    let mine: Vec<Event> = missed.into_iter().filter(|event| caller.scope.includes(event.team_id)).collect();
    let state =
        Stream { db: desk.db.clone(), caller, live, waiting: mine.into_iter(), replayed, greeted: false };
    let body = stream::unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Some((Ok::<_, ApiError>(web::Bytes::from(chunk)), state))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would hold events back until a block is full.
        .insert_header(ContentEncoding::Identity)
        .streaming(body))
}

impl Stream {
    /// The next chunk; `None` when the stream ends, because the reader lags too far behind or the session is over.
    async fn next(&mut self) -> Option<String> {
        if !self.greeted {
            self.greeted = true;
            return Some("retry: 1000\n\n".to_owned());
        }
        loop {
            let event = match self.waiting.next() {
                Some(event) => return line(&event),
                None => match tokio::time::timeout(HEARTBEAT, self.live.recv()).await {
                    Ok(Ok(event)) => event,
                    Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
                    Err(_) => return self.heartbeat().await,
                },
            };
            // What was replayed may come once more, live.
            if event.id > self.replayed && self.caller.scope.includes(event.team_id) {
                return line(&event);
            }
        }
    }

    async fn heartbeat(&self) -> Option<String> {
        self.caller.is_still_signed_in(&self.db).await.then(|| ": still here\n\n".to_owned())
    }
}

/// An event as it stands in the stream.
fn line(event: &Event) -> Option<String> {
    let data = serde_json::to_string(event).ok()?;
    Some(format!("event: {}\nid: {}\ndata: {data}\n\n", event.kind.as_str(), event.id))
}
