//! The loaded messages of a conversation: each once, oldest first, updated in place. Only a scheduled message can leave,
//! when it is cancelled, or move, when it is sent. Above the first message is the [history](super::history).

use std::sync::{Arc, OnceLock};

use chrono::{DateTime, Utc};
use leptos::prelude::*;
use shared::{
    Page,
    history::History,
    ids::{AccountId, ConversationId, MessageId},
    message::{Direction, Message, Sender, SenderKind},
};

use super::history::LoadedHistory;
use crate::{
    api::{Client, RequestError},
    time_zone::Zone,
};

/// Page size of the first fetch.
pub(super) const NEWEST: usize = 50;
/// Page size of fetches of earlier messages.
const EARLIER: usize = 200;
const NO_BLOCK: i64 = 0;

/// A message on screen.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) id: MessageId,
    at: DateTime<Utc>,
    /// The message. Its status changes.
    message: ArcRwSignal<Message>,
    /// The block of messages loaded together: the id of its first message. Newer messages join the last block.
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

    /// Returns the day of the message as shown on screen.
    pub(super) fn day(&self, zone: &Zone) -> &str {
        self.day.get_or_init(|| zone.day(self.at))
    }
}

/// The thread.
#[derive(Clone, Copy)]
pub(super) struct Thread {
    client: Client,
    id: ConversationId,
    /// Loaded messages, oldest first.
    pub(super) entries: RwSignal<Vec<Entry>>,
    /// The customer's earlier conversations, loaded once the first message of this one is.
    pub(super) history: LoadedHistory,
    /// Whether there are earlier messages in this conversation; `None` until the first response.
    pub(super) has_earlier: RwSignal<Option<bool>>,
    /// Error of the last fetch of the newest messages.
    pub(super) error: RwSignal<Option<RequestError>>,
    /// The newest message that has been visible.
    pub(super) seen: RwSignal<Option<MessageId>>,
    /// The newest inbound message that arrived while the page was open, for screen readers.
    pub(super) latest_inbound: RwSignal<Option<Message>>,
    /// Number of messages sent from this page.
    pub(super) sent: RwSignal<u32>,
    /// Messages before this time are with the number's previous holder.
    pub(super) previous_until: RwSignal<Option<DateTime<Utc>>>,
}

impl Thread {
    pub(super) fn new(client: Client, id: ConversationId) -> Self {
        Self {
            client,
            id,
            entries: RwSignal::new(Vec::new()),
            history: LoadedHistory::new(client, id),
            has_earlier: RwSignal::new(None),
            error: RwSignal::new(None),
            seen: RwSignal::new(None),
            latest_inbound: RwSignal::new(None),
            sent: RwSignal::new(0),
            previous_until: RwSignal::new(None),
        }
    }

    /// Returns a loaded message.
    pub(super) fn message(self, id: i64) -> Option<ArcRwSignal<Message>> {
        self.entries.with_untracked(|entries| {
            entries.iter().find(|entry| entry.id.0 == id).map(|entry| entry.message.clone())
        })
    }

    /// Returns whether a later outbound message has the same text.
    pub(super) fn is_repeated_later(self, id: MessageId, body: &str) -> bool {
        let repeats = |message: &Message| message.direction == Direction::Outbound && message.body == body;
        self.entries.with(|entries| {
            let later = entries.iter().rev().take_while(|entry| entry.id > id);
            later.into_iter().any(|entry| entry.message.with_untracked(repeats))
        })
    }

    /// Returns the name of the sender of the last message that is not a note, if it is a reply after `since` that
    /// another account or an API key has sent.
    pub(super) fn reply_of_another(self, own: Option<AccountId>, since: DateTime<Utc>) -> Option<String> {
        let reply = |message: &Message| {
            let Sender { kind, id, name } = &message.sender;
            let is_own = *kind == SenderKind::Account && *id == own.map(|own| own.0);
            let is_later_reply = message.direction == Direction::Outbound && message.created_at > since;
            name.clone().filter(|_| is_later_reply && !is_own)
        };
        let is_sent =
            |message: &Message| message.direction != Direction::Note && !message.status.is_scheduled();
        self.entries.with(|entries| {
            entries.iter().rfind(|entry| entry.message.with_untracked(is_sent))?.message.with(reply)
        })
    }

    /// Returns the number of messages that are scheduled or held.
    pub(super) fn scheduled(self) -> usize {
        self.entries.with(|entries| {
            entries.iter().filter(|entry| entry.message.with(|message| message.status.is_scheduled())).count()
        })
    }

    /// Removes a message that was cancelled.
    pub(super) fn remove(self, id: MessageId) {
        self.entries.try_update(|entries| entries.retain(|entry| entry.id != id));
    }

    /// Removes the scheduled messages that the server does not list any more. `listed` are all messages from the first of
    /// them on.
    fn remove_cancelled(self, listed: &[Message]) {
        let Some(first) = listed.first() else { return };
        let is_cancelled = |entry: &Entry| {
            entry.message.with_untracked(|message| message.status.is_scheduled())
                && entry.at >= first.created_at
                && !listed.iter().any(|message| message.id == entry.id)
        };
        if self.entries.try_with_untracked(|entries| entries.iter().any(is_cancelled)) == Some(true) {
            self.entries.try_update(|entries| entries.retain(|entry| !is_cancelled(entry)));
        }
    }

    /// Returns the id of the newest message.
    pub(super) fn newest(self) -> Option<MessageId> {
        self.entries.with(|entries| newest_of(entries))
    }

    /// Shows the newest messages and the history above them, which were fetched before the page was opened.
    pub(super) fn start_with(self, newest: Page<Message>, history: Option<History>) {
        if let Some(history) = history {
            self.history.show(history);
        }
        self.has_earlier.try_set(Some(newest.next_cursor.is_some()));
        self.merge(newest.items);
    }

    /// Fetches the newest messages, and any between them and the loaded ones.
    pub(super) async fn fetch_newest(self) {
        let known = untrack(|| self.newest());
        let outcome = self.fetch_back_to(known).await;
        self.error.try_set(outcome.err());
    }

    async fn fetch_back_to(self, known: Option<MessageId>) -> Result<(), RequestError> {
        let mut page = self.client.list_messages(self.id, None, NEWEST).await?;
        self.remove_cancelled(&page.items);
        loop {
            let oldest = page.items.first().map(|message| message.id);
            let has_earlier = page.next_cursor.is_some();
            if known.is_none() && !has_earlier {
                // Before the messages are shown, so that they do not move. If it fails, the button fetches it again.
                let _ = self.history.fetch_page().await;
            }
            self.merge(page.items);
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

    /// Returns whether there are messages before the loaded ones, in this conversation or in the history.
    pub(super) fn has_more(self) -> bool {
        match self.has_earlier.get() {
            None => false,
            Some(true) => true,
            Some(false) => self.history.has_more.get() != Some(false),
        }
    }

    /// Fetches the page before the loaded messages, of this conversation or of the history.
    pub(super) async fn fetch_more(self) -> Result<(), RequestError> {
        if self.has_earlier.get_untracked() != Some(true) {
            return self.history.fetch_page().await;
        }
        let oldest = self.entries.with_untracked(|entries| entries.first().map(|entry| entry.id));
        let page = self.client.list_messages(self.id, oldest, EARLIER).await?;
        let has_earlier = page.next_cursor.is_some();
        if !has_earlier {
            let _ = self.history.fetch_page().await;
        }
        self.has_earlier.try_set(Some(has_earlier));
        self.merge(page.items);
        Ok(())
    }

    /// Adds a message that was just sent from this page. The thread scrolls to it.
    pub(super) fn add_sent(self, message: Message) {
        self.merge(vec![message]);
        self.sent.try_update(|sent| *sent += 1);
    }

    /// Merges fetched messages: inserts new ones in order and updates loaded ones.
    pub(super) fn merge(self, messages: Vec<Message>) {
        let Some(newest_before) = self.entries.try_with_untracked(|entries| newest_of(entries)) else {
            return;
        };
        let is_newer = |message: &&Message| newest_before.is_some_and(|before| message.id > before);
        let inbound =
            messages.iter().filter(is_newer).rfind(|message| message.direction == Direction::Inbound);
        if let Some(message) = inbound {
            self.latest_inbound.try_set(Some(message.clone()));
        }
        let (mut new, mut moved) = (Vec::new(), Vec::new());
        self.entries.with_untracked(|entries| {
            for message in messages {
                match entries.iter().rfind(|entry| entry.id == message.id) {
                    Some(entry) => {
                        if entry.at != message.created_at {
                            moved.push((entry.id, message.created_at));
                        }
                        if entry.message.with_untracked(|known| *known != message) {
                            entry.message.set(message);
                        }
                    }
                    None => new.push(Entry::new(message)),
                }
            }
        });
        if !new.is_empty() || !moved.is_empty() {
            self.entries.try_update(|entries| {
                for entry in entries.iter_mut() {
                    if let Some((_, at)) = moved.iter().find(|(id, _)| *id == entry.id) {
                        (entry.at, entry.day, entry.block) = (*at, Arc::default(), NO_BLOCK);
                    }
                }
                entries.append(&mut new);
                // Sorted by time, because a recovered message arrives late and has a higher id than later ones.
                entries.sort_by_key(|entry| (entry.at, entry.id));
                entries.dedup_by_key(|entry| entry.id);
                assign_blocks(entries);
            });
        }
    }
}

/// Returns the highest id. It is not always that of the last entry, because a recovered message arrives late.
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
    fn earlier_messages_form_a_new_block_and_newer_messages_join_the_last_block() {
        let mut entries = entries(&[(3, 0), (4, 0), (7, 7), (8, 7), (9, 0)]);
        assign_blocks(&mut entries);
        assert_eq!(entries.iter().map(|entry| entry.block).collect::<Vec<_>>(), [3, 3, 7, 7, 7]);
    }
}
