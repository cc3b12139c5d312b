//! An event with its text in the live streams (server-sent events, WHATWG HTML 9.2), which is written once for all.

use bytes::Bytes;
use shared::{
    event::Event,
    ids::TeamId,
    presence::{PRESENCE_CHANGED, PresenceChange},
};

/// What a stream sends.
#[derive(Debug)]
pub enum Content {
    /// An event of the log.
    Event(Event),
    /// A change of presence in this team.
    Presence(TeamId),
}

/// An event or a change of presence, ready to be sent.
#[derive(Debug)]
pub struct Published {
    /// What the stream sends.
    pub content: Content,
    /// Its block in a stream.
    pub(super) text: Bytes,
}

impl Published {
    /// Writes an event's text. `None` if it cannot be written as JSON.
    pub(super) fn event(event: Event) -> Option<Self> {
        let data = serde_json::to_string(&event).ok()?;
        let text = format!("event: {}\nid: {}\ndata: {data}\n\n", event.kind.as_str(), event.id);
        Some(Self { content: Content::Event(event), text: text.into() })
    }

    /// Writes the text of a change of presence. It has no id, so that clients resume after the last event of the log.
    pub(super) fn presence(change: &PresenceChange) -> Option<Self> {
        let data = serde_json::to_string(change).ok()?;
        let text = format!("event: {PRESENCE_CHANGED}\ndata: {data}\n\n");
        Some(Self { content: Content::Presence(change.team_id), text: text.into() })
    }
}
