//! `/events`: the live stream (server-sent events, WHATWG HTML 9.2), resumable with `Last-Event-ID`.

use std::{collections::HashSet, ops::RangeInclusive, sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, ContentEncoding},
    web,
};
use bytes::Bytes;
use futures_util::stream;
use shared::{
    event::{Event, EventKind},
    ids::EventId,
    presence::PresenceChange,
};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, timeout_at},
};

use super::{
    published::{Content, Published},
    queries,
};
use crate::{
    auth::{Authenticator, Caller},
    error::ApiError,
    state::AppState,
};

/// Interval at which a stream sends a heartbeat and checks its session.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Bounds of the delay, in milliseconds, after which a client connects again when the server has ended its stream. It
/// is random, so that the streams of a server that stops do not all open at once on the others.
const RECONNECT_MS: RangeInclusive<u32> = 1000..=5000;
/// Maximum number of events that are replayed. A client that missed more reconnects for the rest.
const MAX_REPLAY: i64 = 1000;

/// A live stream to one client.
struct Stream {
    auth: Arc<Authenticator>,
    caller: Arc<Caller>,
    live: broadcast::Receiver<Arc<Published>>,
    /// Missed events, which are sent before live ones.
    replay: std::vec::IntoIter<Published>,
    /// The ids of the missed events, to skip those that also arrive live.
    replayed: HashSet<EventId>,
    /// More events were missed than are replayed at once; the client must reconnect for the rest.
    incomplete: bool,
    /// When the next heartbeat is due.
    heartbeat_at: Instant,
    /// The first chunk, until it is sent.
    first: Option<Bytes>,
    /// The session or API key has ended; the stream ends after the current chunk.
    ended: bool,
}

/// A live stream of the changes in the caller's teams.
///
/// Each event has a kind (`event`), a position in the log (`id`) and an `Event` as JSON (`data`). Send the last `id` as
/// `Last-Event-ID` to receive the events since then. After a reconnection, fetch the data that you display again.
///
/// `presence_changed` carries its content, a `PresenceChange`, and has no `id`. A stream begins with one for each account
/// that has a conversation of the caller's teams open; forget those of an earlier stream.
#[utoipa::path(get, path = "/api/v1/events", operation_id = "stream_events", tag = "events",
    params(("Last-Event-ID" = Option<i64>, Header, description = "The last event that was received")),
    responses((status = 200, description = "The stream", content_type = "text/event-stream", body = String,
            example = "retry: 1000\n\nevent: message_received\nid: 7\n\
                data: {\"id\":7,\"kind\":\"message_received\",\"team_id\":1,\"conversation_id\":1,\
                \"message_id\":1,\"account_id\":null,\"at\":\"2026-11-22T09:30:00Z\"}\n\n")),
    security(("bearer" = []), ("cookie" = [])))]
pub async fn stream_events(
    state: web::Data<AppState>,
    caller: Caller,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let header = request.headers().get("Last-Event-ID").and_then(|value| value.to_str().ok()?.parse().ok());
    // Subscribes before it reads the log, so that no event is missed in between.
    let live = state.feed.subscribe();
    let missed = match header {
        Some(last) => state.db.read(move |conn| queries::after(conn, last, MAX_REPLAY)).await?,
        None => Vec::new(),
    };
    let first = first_chunk(&state.presences.in_scope(&caller.scope));
    let state = Stream {
        auth: Arc::clone(&state.auth),
        caller: Arc::new(caller),
        live,
        replayed: missed.iter().map(|event| event.id).collect(),
        incomplete: i64::try_from(missed.len()).is_ok_and(|missed| missed >= MAX_REPLAY),
        replay: missed.into_iter().filter_map(Published::event).collect::<Vec<_>>().into_iter(),
        heartbeat_at: Instant::now() + HEARTBEAT,
        first: Some(first),
        ended: false,
    };
    let body = stream::unfold(state, |mut state| async move {
        let chunk = state.next().await?;
        Some((Ok::<_, ApiError>(chunk), state))
    });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        // Closes the connection with the stream instead of keeping it alive.
        .force_close()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header(("X-Accel-Buffering", "no"))
        // Compression would delay events until a block is full.
        .insert_header(ContentEncoding::Identity)
        .streaming(body))
}

/// Returns the delay of a reconnection, and the current presences.
fn first_chunk(presences: &[PresenceChange]) -> Bytes {
    let mut chunk = b"retry: 1000\n\n".to_vec();
    for presence in presences.iter().filter_map(Published::presence) {
        chunk.extend(presence.text);
    }
    chunk.into()
}

impl Stream {
    /// Returns the next chunk. `None` ends the stream: the client lags too far behind, or its session has ended.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(first) = self.first.take() {
            return Some(first);
        }
        if self.ended {
            return None;
        }
        loop {
            let (published, is_live) = match self.replay.next() {
                Some(published) => (Arc::new(published), false),
                None if self.incomplete => return None,
                None => match timeout_at(self.heartbeat_at, self.live.recv()).await {
                    Ok(Ok(published)) => (published, true),
                    Ok(Err(RecvError::Lagged(_))) => return None,
                    Ok(Err(RecvError::Closed)) => return Some(self.end()),
                    Err(_) => return self.heartbeat().await,
                },
            };
            let event = match &published.content {
                Content::Event(event) => event,
                Content::Presence(team) if self.caller.scope.includes(*team) => {
                    return Some(published.text.clone());
                }
                Content::Presence(_) => continue,
            };
            let is_repeated = is_live && self.replayed.contains(&event.id);
            if event.kind == EventKind::AccountChanged && self.may_affect_caller(event) {
                // Also for a repeated event: when it was replayed, the feed may not have read it yet.
                self.reload_caller().await;
                // A change of an API key is not sent to clients. It only ends the streams of that key.
                match event.account_id {
                    Some(_) if !is_repeated => return Some(published.text.clone()),
                    _ if self.ended => return None,
                    _ => continue,
                }
            }
            if !is_repeated
                && event.kind != EventKind::AccountChanged
                && (!matches!(event.kind, EventKind::Mentioned | EventKind::Given)
                    || self.may_affect_caller(event))
                && event.team_id.is_none_or(|team| self.caller.scope.includes(team))
            {
                return Some(published.text.clone());
            }
        }
    }

    /// Ends the stream. Returns its last chunk, which says when to connect again.
    fn end(&mut self) -> Bytes {
        self.ended = true;
        format!("retry: {}\n\n", rand::random_range(RECONNECT_MS)).into()
    }

    /// Whether an event about an account concerns the caller: its own account, or for an API key a change of any key.
    fn may_affect_caller(&self, event: &Event) -> bool {
        self.caller.account_id() == event.account_id
    }

    /// Checks the session and returns a heartbeat, or `None` if the session has ended. While the database cannot be
    /// read, no session can end, and the stream stays open.
    async fn heartbeat(&mut self) -> Option<Bytes> {
        self.heartbeat_at = Instant::now() + HEARTBEAT;
        match self.auth.callers.reload(&self.caller).await {
            Ok(Some(caller)) => self.caller = caller,
            Ok(None) => self.ended = true,
            Err(error) => tracing::debug!(%error, "the session of a stream was not checked"),
        }
        (!self.ended).then(|| Bytes::from_static(b": heartbeat\n\n"))
    }

    /// Loads the caller again, because its teams or its session may have changed. Ends the stream if the session has
    /// ended or cannot be looked up.
    async fn reload_caller(&mut self) {
        match self.auth.callers.reload(&self.caller).await {
            Ok(Some(caller)) => self.caller = caller,
            Ok(None) | Err(_) => self.ended = true,
        }
    }
}
