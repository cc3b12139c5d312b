//! Presence (rule 17): the other accounts that have conversations open, as the event stream says.
//!
//! The server sends a change when an account comes, goes, or begins or stops typing, also when its last report is 30
//! seconds old. So nothing expires here, except when the stream is interrupted. A new stream begins with all presences.

use std::time::Duration;

use leptos::prelude::*;
use shared::{
    ids::{AccountId, ConversationId},
    presence::{PresenceChange, PresenceState, Viewer},
};

/// How long presences stay on screen while the stream is interrupted.
pub(super) const EXPIRY: Duration = Duration::from_secs(shared::presence::EXPIRY_SECONDS as u64);

/// The presences of other accounts in all conversations.
#[derive(Clone, Copy)]
pub(crate) struct Presences {
    own: Option<AccountId>,
    known: RwSignal<Vec<PresenceChange>>,
}

impl Presences {
    /// Creates it without any presence. Those of the account `own` are ignored.
    pub(super) fn new(own: Option<AccountId>) -> Self {
        Self { own, known: RwSignal::new(Vec::new()) }
    }

    pub(super) fn apply(self, change: PresenceChange) {
        if Some(change.account.id) != self.own {
            self.known.try_update(|known| apply(known, change));
        }
    }

    pub(super) fn clear(self) {
        if self.known.try_with_untracked(|known| !known.is_empty()) == Some(true) {
            self.known.set(Vec::new());
        }
    }

    /// Returns all presences, untracked.
    pub(super) fn all(self) -> Vec<PresenceChange> {
        self.known.try_get_untracked().unwrap_or_default()
    }

    /// Returns the other accounts that have a conversation open, tracked.
    pub(crate) fn of(self, conversation: ConversationId) -> Vec<Viewer> {
        self.known.with(|known| {
            let in_conversation = known.iter().filter(|presence| presence.conversation_id == conversation);
            in_conversation
                .map(|presence| Viewer { account: presence.account.clone(), state: presence.state })
                .collect()
        })
    }
}

/// Replaces what is known of an account in a conversation.
fn apply(known: &mut Vec<PresenceChange>, change: PresenceChange) {
    known.retain(|presence| {
        presence.conversation_id != change.conversation_id || presence.account.id != change.account.id
    });
    if change.state != PresenceState::Gone {
        known.push(change);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(conversation: i64, account: i64, state: &str) -> PresenceChange {
        let account = json!({"id": account, "name": format!("Account {account}")});
        let change = json!({"kind": "presence_changed", "team_id": 1, "conversation_id": conversation,
            "account": account, "state": state});
        serde_json::from_value(change).unwrap()
    }

    #[test]
    fn an_account_has_one_state_in_a_conversation_until_it_is_gone() {
        let mut known = Vec::new();
        for (conversation, account, state) in
            [(7, 1, "viewing"), (7, 2, "viewing"), (8, 1, "viewing"), (7, 1, "typing")]
        {
            apply(&mut known, change(conversation, account, state));
        }
        assert_eq!(known, [change(7, 2, "viewing"), change(8, 1, "viewing"), change(7, 1, "typing")]);
        apply(&mut known, change(7, 1, "gone"));
        apply(&mut known, change(7, 1, "gone"));
        assert_eq!(known, [change(7, 2, "viewing"), change(8, 1, "viewing")]);
    }
}
