//! The messages of a conversation as far as they were fetched: each once, oldest first, updated in place.
//!
//! It must never drop a message that was shown.

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::{
    ids::{ConversationId, MessageId},
    message::{Direction, Message},
};

use crate::{
    api::{Client, Fault},
    time_zone::Zone,
};

const NEWEST: usize = 50;
const EARLIER: usize = 200;
const NO_BLOCK: i64 = 0;

/// A message on screen.
#[derive(Clone)]
pub(super) struct Entry {
    /// The message's id.
    pub(super) id: MessageId,
    at: DateTime<Utc>,
    /// The message, whose status changes.
    message: ArcRwSignal<Message>,
    /// The messages that came together, by the first one's id; those that are written later join the last.
    pub(super) block: i64,
    day: Arc<OnceLock<String>>,
}

impl Entry {
    fn new(message: Message) -> Self {
        Self {
            id: message.id,
            at: message.created_at,
            message: ArcRwSignal::new(message),
            block: NO_BLOCK,
            day: Arc::default(),
        }
    }

    /// The day it was written on, in words.
    pub(super) fn day(&self, zone: &Zone) -> &str {
        self.day.get_or_init(|| zone.day(self.at))
    }
}

/// The thread.
#[derive(Clone, Copy)]
pub(super) struct Thread {
    client: Client,
    id: ConversationId,
    /// What was fetched, oldest first.
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// Whether there are earlier messages; `None` before the first answer.
    pub(super) has_earlier: RwSignal<Option<bool>>,
    /// Why there is nothing to show.
    pub(super) fault: RwSignal<Option<Fault>>,
    /// The newest message that was in sight.
    pub(super) seen: RwSignal<Option<MessageId>>,
    /// The newest message that the customer wrote while the page was open, to be read out.
    pub(super) heard: RwSignal<Option<Message>>,
    /// Counts what was sent from here.
    pub(super) sent: RwSignal<u32>,
    /// What was written before is with the number's previous holder.
    pub(super) previous_until: RwSignal<Option<DateTime<Utc>>>,
}

impl Thread {
    pub(super) fn new(client: Client, id: ConversationId) -> Self {
        Self {
            client,
            id,
            entries: RwSignal::new(Vec::new()),
            has_earlier: RwSignal::new(None),
            fault: RwSignal::new(None),
            seen: RwSignal::new(None),
            heard: RwSignal::new(None),
            sent: RwSignal::new(0),
            previous_until: RwSignal::new(None),
        }
    }

    /// A message that is here.
    pub(super) fn message(self, id: i64) -> Option<ArcRwSignal<Message>> {
        self.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.id.0 == id).map(|entry| entry.message.clone())
        })
    }

    /// Whether a later text of ours says the same.
    pub(super) fn says_again(self, id: MessageId, body: &str) -> bool {
        let says = |message: &Message| message.direction == Direction::Outbound && message.body == body;
        self.entries.with(|entries| {
            let later = entries.iter().rev().take_while(|entry| entry.id > id);
            later.into_iter().any(|entry| entry.message.with_untracked(says))
        })
    }

    /// The newest message's id.
    pub(super) fn newest(self) -> Option<MessageId> {
        self.entries.with(|entries| newest_of(entries))
    }

    /// Fetches the newest messages, and what lies between them and those already here.
    pub(super) async fn fetch_newest(self) {
        let known = untrack(|| self.newest());
        let outcome = self.fetch_back_to(known).await;
        self.fault.try_set(outcome.err());
    }

    async fn fetch_back_to(self, known: Option<MessageId>) -> Result<(), Fault> {
        let mut page = self.client.list_messages(self.id, None, NEWEST).await?;
        loop {
            let oldest = page.items.first().map(|message| message.id);
            let has_earlier = page.next_cursor.is_some();
            self.put(page.items);
            let gap = has_earlier && known.is_some() && oldest > known;
            if known.is_none() {
                self.has_earlier.try_set(Some(has_earlier));
            }
            if !gap {
                return Ok(());
            }
            page = self.client.list_messages(self.id, oldest, EARLIER).await?;
        }
    }

    /// Fetches the messages before those that are here.
    pub(super) async fn fetch_earlier(self) -> Result<(), Fault> {
        let oldest = self.entries.with_untracked(|entries| entries.first().map(|entry| entry.id));
        let page = self.client.list_messages(self.id, oldest, EARLIER).await?;
        self.has_earlier.try_set(Some(page.next_cursor.is_some()));
        self.put(page.items);
        Ok(())
    }

    /// Takes in what was just sent from here: it is scrolled to.
    pub(super) fn put_own(self, message: Message) {
        self.put(vec![message]);
        self.sent.try_update(|sent| *sent += 1);
    }

    /// Takes messages in: new ones at their place, known ones updated.
    pub(super) fn put(self, messages: Vec<Message>) {
        let Some(newest_before) = self.entries.try_with_untracked(|entries| newest_of(entries)) else {
            return;
        };
        let is_newer = |message: &&Message| newest_before.is_some_and(|before| message.id > before);
        let heard = messages.iter().filter(is_newer).rfind(|message| message.direction == Direction::Inbound);
        if let Some(message) = heard {
            self.heard.try_set(Some(message.clone()));
        }
        let mut fresh = Vec::new();
        self.entries.with_untracked(|entries| {
            for message in messages {
                match entries.iter().rfind(|entry| entry.id == message.id) {
                    Some(entry) => {
                        if entry.message.with_untracked(|known| *known != message) {
                            entry.message.set(message);
                        }
                    }
                    None => fresh.push(Entry::new(message)),
                }
            }
        });
        if !fresh.is_empty() {
            self.entries.try_update(|entries| {
                entries.append(&mut fresh);
                // A text that was recovered stands where it was written.
                entries.sort_by_key(|entry| (entry.at, entry.id));
                entries.dedup_by_key(|entry| entry.id);
                assign_blocks(entries);
            });
        }
    }
}

/// The one that came last, wherever it stands.
fn newest_of(entries: &[Entry]) -> Option<MessageId> {
    entries.iter().map(|entry| entry.id).max()
}

fn assign_blocks(entries: &mut [Entry]) {
    let mut current = None;
    for entry in entries {
        if entry.block == NO_BLOCK {
            entry.block = current.unwrap_or(entry.id.0);
        }
        current = Some(entry.block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(ids_and_blocks: &[(i64, i64)]) -> Vec<Entry> {
        let message: Message = serde_json::from_value(serde_json::json!({
            "id": 1, "conversation_id": 1, "direction": "inbound",
            "sender": {"kind": "customer", "id": null, "name": null}, "body": "Hi", "media": [], "segments": 1,
            "encoding": "gsm7", "status": "received", "error": null, "created_at": "2026-11-22T09:14:00Z",
            "sent_at": null, "delivered_at": null, "template_id": null,
        }))
        .unwrap();
        let entry = |&(id, block): &(i64, i64)| Entry {
            block,
            ..Entry::new(Message { id: MessageId(id), ..message.clone() })
        };
        ids_and_blocks.iter().map(entry).collect()
    }

    #[test]
    fn earlier_messages_are_a_block_of_their_own_and_later_ones_join_the_last() {
        let mut entries = entries(&[(3, 0), (4, 0), (7, 7), (8, 7), (9, 0)]);
        assign_blocks(&mut entries);
        assert_eq!(entries.iter().map(|entry| entry.block).collect::<Vec<_>>(), [3, 3, 7, 7, 7]);
    }
}
