//! What the agent has typed and not sent: kept per account and conversation, with the key under which it is sent, so
//! that it survives a reload and is never sent twice.

use serde::{Deserialize, Serialize};
use shared::ids::{AccountId, ConversationId, MessageId, TemplateId};
use web_sys::StorageEvent;

use crate::{api::new_idempotency_key, storage};

/// A text on its way to being sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Draft {
    /// The text.
    pub(super) text: String,
    /// The template that it came from.
    pub(super) template_id: Option<TemplateId>,
    /// The idempotency key: a new one only once this text was sent.
    pub(super) key: String,
    /// What had been read when sending was tried and no answer came: another try is the same request.
    #[serde(default)]
    pub(super) last_seen: Option<MessageId>,
}

/// Where a draft is kept.
#[derive(Clone, Debug)]
pub(super) struct Place(String);

impl Place {
    pub(super) fn new(account: Option<AccountId>, conversation: ConversationId) -> Self {
        let account = account.map(|account| account.to_string()).unwrap_or_default();
        Self(format!("smsc-draft-{account}-{conversation}"))
    }
}

impl Draft {
    pub(super) fn empty() -> Self {
        Self { text: String::new(), template_id: None, key: new_idempotency_key(), last_seen: None }
    }

    /// The draft that is kept there, or an empty one.
    pub(super) fn recall(place: &Place) -> Self {
        storage::recall(&place.0).and_then(|text| Self::read(&text)).unwrap_or_else(Self::empty)
    }

    fn read(kept: &str) -> Option<Self> {
        serde_json::from_str(kept).ok()
    }

    /// What this draft is now that another tab has changed what is kept: the same text, sent or edited there, is sent or
    /// edited here as well. Another text is nothing to it.
    pub(super) fn after(&self, change: &StorageEvent, place: &Place) -> Option<Self> {
        if change.key().as_ref() != Some(&place.0) || Self::read(&change.old_value()?)?.key != self.key {
            return None;
        }
        match change.new_value() {
            None => Some(Self::empty()),
            Some(kept) => Self::read(&kept).filter(|draft| draft.key == self.key),
        }
    }

    /// Keeps the draft, or forgets it when it is empty.
    pub(super) fn keep(&self, place: &Place) {
        let json = if self.text.is_empty() { None } else { serde_json::to_string(self).ok() };
        storage::keep(&place.0, json.as_deref());
    }

    /// Forgets what was sent under this key, unless another text has taken its place.
    pub(super) fn forget(place: &Place, key: &str) {
        if Self::recall(place).key == key {
            storage::keep(&place.0, None);
        }
    }
}
