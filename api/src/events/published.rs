//! An event with its text in the live streams (server-sent events, WHATWG HTML 9.2), which is written once for all.

use std::sync::Arc;

use bytes::Bytes;
use shared::event::Event;

/// An event, ready to be sent.
#[derive(Debug)]
pub struct Published {
    /// The event.
    pub event: Event,
    /// Its block in a stream.
    pub(super) text: Bytes,
}

impl Published {
    /// Writes the event's text. `None` if it cannot be written as JSON.
    pub(super) fn new(event: Event) -> Option<Arc<Self>> {
        let data = serde_json::to_string(&event).ok()?;
        let text = format!("event: {}\nid: {}\ndata: {data}\n\n", event.kind.as_str(), event.id);
        Some(Arc::new(Self { event, text: text.into() }))
    }
}
