//! Conversations that are fetched before they are opened: those under the pointer or focus in the list, and the one
//! after the open conversation.
//!
//! A fetched conversation is used once. An event that may have changed it drops it, also while it is being fetched. The
//! list clears all of them when it leaves the screen, so none outlives the session.

use std::{cell::RefCell, collections::VecDeque};

use shared::{
    Page, conversation::ConversationDetail, history::History, ids::ConversationId, message::Message,
};

use super::{history::PAGE, thread::NEWEST};
use crate::{
    api::{Client, RequestError},
    live::LiveUpdate,
    tasks::spawn_detached,
};

/// Number of conversations that are held.
const LIMIT: usize = 4;

/// A conversation with its newest messages.
pub(super) struct Prefetched {
    pub(super) detail: ConversationDetail,
    pub(super) messages: Page<Message>,
    /// The newest page of the history, if the messages begin with the first one.
    pub(super) history: Option<History>,
}

struct Entry<T> {
    id: ConversationId,
    /// Identifies the fetch: its response is dropped with the entry.
    number: u32,
    /// `None` while it is being fetched.
    fetched: Option<T>,
}

/// The entries, oldest first.
struct Cache<T> {
    entries: VecDeque<Entry<T>>,
    last: u32,
}

impl<T> Cache<T> {
    const fn new() -> Self {
        Self { entries: VecDeque::new(), last: 0 }
    }

    /// Starts a fetch and returns its number. `None` if the conversation is already there.
    fn start(&mut self, id: ConversationId) -> Option<u32> {
        if self.entries.iter().any(|entry| entry.id == id) {
            return None;
        }
        if self.entries.len() == LIMIT {
            self.entries.pop_front();
        }
        self.last = self.last.wrapping_add(1);
        self.entries.push_back(Entry { id, number: self.last, fetched: None });
        Some(self.last)
    }

    /// Stores the response of a fetch, unless its entry was dropped; without a response, drops the entry.
    fn finish(&mut self, number: u32, fetched: Option<T>) {
        match fetched {
            Some(fetched) => {
                if let Some(entry) = self.entries.iter_mut().find(|entry| entry.number == number) {
                    entry.fetched = Some(fetched);
                }
            }
            None => self.entries.retain(|entry| entry.number != number),
        }
    }

    fn take(&mut self, id: ConversationId) -> Option<T> {
        let place = self.entries.iter().position(|entry| entry.id == id && entry.fetched.is_some())?;
        self.entries.remove(place)?.fetched
    }

    fn drop_changed(&mut self, conversation: Option<ConversationId>) {
        match conversation {
            Some(id) => self.entries.retain(|entry| entry.id != id),
            None => self.entries.clear(),
        }
    }
}

thread_local! {
    static CACHE: RefCell<Cache<Prefetched>> = const { RefCell::new(Cache::new()) };
}

/// Fetches a conversation, unless it is held or being fetched already. Failures are ignored: opening it fetches again.
pub(super) fn prefetch(client: Client, id: ConversationId) {
    let Some(number) = CACHE.with_borrow_mut(|cache| cache.start(id)) else { return };
    spawn_detached(async move {
        let fetched = fetch(client, id).await.ok();
        CACHE.with_borrow_mut(|cache| cache.finish(number, fetched));
    });
}

async fn fetch(client: Client, id: ConversationId) -> Result<Prefetched, RequestError> {
    let detail = client.get_conversation(id).await?;
    let messages = client.list_messages(id, None, NEWEST).await?;
    let history = match messages.next_cursor {
        None => Some(client.get_history(id, None, PAGE).await?),
        Some(_) => None,
    };
    Ok(Prefetched { detail, messages, history })
}

/// Returns the conversation if it is held, and drops it from the cache.
pub(super) fn take(id: ConversationId) -> Option<Prefetched> {
    CACHE.with_borrow_mut(|cache| cache.take(id))
}

/// Drops what an update may have changed.
pub(super) fn drop_changed(update: &LiveUpdate) {
    let conversation = match update {
        LiveUpdate::Event(event) => event.conversation_id,
        LiveUpdate::Opened => None,
    };
    CACHE.with_borrow_mut(|cache| cache.drop_changed(conversation));
}

/// Drops all conversations.
pub(super) fn clear() {
    CACHE.with_borrow_mut(|cache| cache.drop_changed(None));
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: ConversationId = ConversationId(1);
    const TWO: ConversationId = ConversationId(2);

    #[test]
    fn a_fetched_conversation_is_returned_once() {
        let mut cache = Cache::new();
        let number = cache.start(ONE).unwrap();
        assert_eq!(cache.take(ONE), None, "it is still being fetched");
        assert_eq!(cache.start(ONE), None, "it is not fetched twice");
        cache.finish(number, Some("one"));
        assert_eq!(cache.take(ONE), Some("one"));
        assert_eq!(cache.take(ONE), None);
    }

    #[test]
    fn an_event_drops_its_conversation_also_while_that_is_being_fetched() {
        let mut cache = Cache::new();
        let (one, two) = (cache.start(ONE).unwrap(), cache.start(TWO).unwrap());
        cache.finish(two, Some("two"));
        cache.drop_changed(Some(ONE));
        cache.finish(one, Some("outdated"));
        assert_eq!(cache.take(ONE), None);
        assert_eq!(cache.take(TWO), Some("two"));
    }

    #[test]
    fn an_event_of_no_conversation_drops_all() {
        let mut cache = Cache::new();
        let number = cache.start(ONE).unwrap();
        cache.finish(number, Some("one"));
        cache.drop_changed(None);
        assert_eq!(cache.take(ONE), None);
    }

    #[test]
    fn a_failed_fetch_is_tried_again_and_the_oldest_conversation_makes_room() {
        let mut cache = Cache::new();
        let number = cache.start(ONE).unwrap();
        cache.finish(number, None::<&str>);
        assert!(cache.start(ONE).is_some());
        for id in 2..=5 {
            cache.start(ConversationId(id));
        }
        assert!(cache.start(ONE).is_some(), "the oldest entry was dropped");
    }
}
