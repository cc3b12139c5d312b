//! `/events`: the live stream (server-sent events, WHATWG HTML 9.2), resumable with `Last-Event-ID`.

use std::{collections::HashSet, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use futures_util::stream;
use shared::{
    Problem,
    event::{Event, EventKind},
    ids::EventId,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{feed::Feed, queries};
use crate::{
    auth::Caller,
    clock::Clock,
    db::{Db, DbError},
    desk::Desk,
    error::ApiError,
};

/// How often a quiet stream says that it lives, and looks whether its session does.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How many events are replayed at most; whoever has missed more fetches everything anyway.
const REPLAY: i64 = 1000;

/// A stream to one caller.
struct Stream {
    db: Db,
    clock: Clock,
    feed: Arc<Feed>,
    caller: Caller,
    live: broadcast::Receiver<Event>,
    /// What is to be sent before anything live.
    waiting: std::vec::IntoIter<Event>,
    /// Which those are: one of them may come once more, live.
    replayed: HashSet<EventId>,
    /// There were more than are replayed at once: the reader comes back for the rest.
    incomplete: bool,
    /// When the reader hears something at the latest.
    heartbeat_at: Instant,
    greeted: bool,
    /// The session has ended, and the reader has been told.
    over: bool,
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
    let state = Stream {
        db: desk.db.clone(),
        clock: desk.clock.clone(),
        feed: Arc::clone(&desk.feed),
        caller,
        live,
        replayed: missed.iter().map(|event| event.id).collect(),
        incomplete: i64::try_from(missed.len()).is_ok_and(|missed| missed >= REPLAY),
        waiting: missed.into_iter(),
        heartbeat_at: Instant::now() + HEARTBEAT,
        greeted: false,
        over: false,
    };
    let body = stream::unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Some((Ok::<_, ApiError>(web::Bytes::from(chunk)), state))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // The connection closes with the stream, not only once the keep-alive time has passed.
        .force_close()
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
        if self.over {
            return None;
        }
        loop {
            let event = match self.waiting.next() {
                Some(event) => event,
                None if self.incomplete => return None,
                None => match timeout_at(self.heartbeat_at, self.live.recv()).await {
                    Ok(Ok(event)) if self.replayed.contains(&event.id) => continue,
                    Ok(Ok(event)) => event,
                    Ok(Err(RecvError::Lagged(_) | RecvError::Closed)) => return None,
                    Err(_) => return self.heartbeat().await,
                },
            };
            if event.kind == EventKind::AccountChanged && self.may_concern(&event) {
                let found =
                    self.feed.rechecks.caller(event.id, &self.caller, &self.db, self.clock.now()).await;
                self.take(found);
                // The change of a key is not announced; it only ends that key's streams.
                match event.account_id {
                    Some(_) => return line(&event),
                    None if self.over => return None,
                    None => continue,
                }
            }
            if event.kind != EventKind::AccountChanged
                && event.team_id.is_none_or(|team| self.caller.scope.includes(team))
            {
                return line(&event);
            }
        }
    }

    /// Whether a change concerns the reader: of its own account, or for an API key of any key.
    fn may_concern(&self, event: &Event) -> bool {
        self.caller.account_id() == event.account_id
    }

    /// Whatever others have been told meanwhile, this reader hears from us, and is looked at.
    async fn heartbeat(&mut self) -> Option<String> {
        self.heartbeat_at = Instant::now() + HEARTBEAT;
        self.look_again().await;
        (!self.over).then(|| ": still here\n\n".to_owned())
    }

    /// The account or the key may have changed: its teams are those of now, and a session that is over ends.
    async fn look_again(&mut self) {
        let found = self.caller.again(&self.db, self.clock.now()).await;
        self.take(found);
    }

    fn take(&mut self, found: Result<Option<Caller>, DbError>) {
        match found {
            Ok(Some(caller)) => self.caller = caller,
            Ok(None) | Err(_) => self.over = true,
        }
    }
}

/// An event as it stands in the stream.
fn line(event: &Event) -> Option<String> {
    let data = serde_json::to_string(event).ok()?;
    Some(format!("event: {}\nid: {}\ndata: {data}\n\n", event.kind.as_str(), event.id))
}
