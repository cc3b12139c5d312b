//! The unsent draft of a reply. The browser stores it per account and conversation, with the idempotency key for
//! sending it: a draft survives a reload and is not sent twice.

use serde::{Deserialize, Serialize};
use shared::ids::{AccountId, ConversationId, MessageId, TemplateId};
use web_sys::StorageEvent;

use crate::{api::new_idempotency_key, storage};

/// An unsent reply.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    pub(super) text: String,
    /// The template that the text came from.
    pub(super) template_id: Option<TemplateId>,
    /// The idempotency key, replaced once a message has been sent with it.
    pub(super) key: String,
    /// Last seen message of an attempt that got no response. A retry sends the same request.
    #[serde(default)]
    pub(super) last_seen: Option<MessageId>,
}

/// Storage key of a draft.
#[derive(Clone, Debug)]
pub(super) struct StorageKey(String);

impl StorageKey {
    pub(super) fn new(account: Option<AccountId>, conversation: ConversationId) -> Self {
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        Self(format!("smsc-draft-{account}-{conversation}"))
    }
}

impl Draft {
    pub(super) fn empty() -> Self {
        Self { text: String::new(), template_id: None, key: new_idempotency_key(), last_seen: None }
    }

    /// Returns the stored draft, or an empty one.
    pub(super) fn load(key: &StorageKey) -> Self {
        storage::load(&key.0).and_then(|json| Self::parse(&json)).unwrap_or_else(Self::empty)
    }

    fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Returns the draft after a change in another tab. If the same draft was sent or edited there, this one becomes
    /// empty or takes over the edit. Returns `None` for a change of a different draft.
    pub(super) fn after_change(&self, change: &StorageEvent, key: &StorageKey) -> Option<Self> {
        if change.key().as_ref() != Some(&key.0) || Self::parse(&change.old_value()?)?.key != self.key {
            return None;
        }
        match change.new_value() {
            None => Some(Self::empty()),
            Some(json) => Self::parse(&json).filter(|draft| draft.key == self.key),
        }
    }

    /// Stores the draft, or deletes it if it is empty.
    pub(super) fn save(&self, key: &StorageKey) {
        let json = if self.text.is_empty() { None } else { serde_json::to_string(self).ok() };
        storage::save(&key.0, json.as_deref());
    }

    /// Deletes the stored draft if it still has this idempotency key.
    pub(super) fn delete(key: &StorageKey, idempotency_key: &str) {
        if Self::load(key).key == idempotency_key {
            storage::save(&key.0, None);
        }
    }
}
