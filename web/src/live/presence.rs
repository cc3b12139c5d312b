//! Presence (rule 17): the other accounts that have conversations open, as the event stream says.
//!
//! The server sends a change when an account comes, goes, or begins or stops typing, also when its last report is 30
//! seconds old. So nothing expires here, except when the stream is interrupted. A new stream begins with all presences.

use std::time::Duration;

use leptos::prelude::*;
use serde::Deserialize;
use shared::{
    account::AccountName,
    ids::{AccountId, ConversationId},
    presence::{EXPIRY_SECONDS, PresenceState, Viewer},
};

use crate::json;

/// How long presences stay on screen while the stream is interrupted.
pub(super) const EXPIRY: Duration = Duration::from_secs(EXPIRY_SECONDS as u64);

/// The fields of a `PresenceChange` that the app needs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
struct Change {
    conversation_id: ConversationId,
    account: AccountName,
    state: PresenceState,
}

/// A presence, with the text of its event.
#[derive(Clone, Debug, PartialEq)]
struct Known {
    change: Change,
    text: String,
}

/// The presences of other accounts in all conversations.
#[derive(Clone, Copy)]
pub(crate) struct Presences {
    own: Option<AccountId>,
    known: StoredValue<Vec<Known>>,
    /// Counts the changes. A signal of the presences themselves would add more to the download.
    version: RwSignal<u32>,
}

impl Presences {
    /// Creates it without any presence. Those of the account `own` are ignored.
    pub(super) fn new(own: Option<AccountId>) -> Self {
        Self { own, known: StoredValue::new(Vec::new()), version: RwSignal::new(0) }
    }

    /// Applies the text of an event, if it is a change of presence.
    pub(super) fn apply(self, text: &str) {
        let Ok(change) = json::from_str::<Change>(text) else { return };
        if Some(change.account.id) != self.own {
            self.change(|known| apply(known, Known { change, text: text.to_owned() }));
        }
    }

    pub(super) fn clear(self) {
        self.change(Vec::clear);
    }

    fn change(self, change: impl FnOnce(&mut Vec<Known>)) {
        self.known.try_update_value(change);
        self.version.try_update(|version| *version += 1);
    }

    /// Returns the texts of the events of all presences, untracked.
    pub(super) fn texts(self) -> Vec<String> {
        let texts = |known: &Vec<Known>| known.iter().map(|known| known.text.clone()).collect();
        self.known.try_with_value(texts).unwrap_or_default()
    }

    /// Returns the other accounts that have a conversation open, tracked.
    pub(crate) fn of(self, conversation: ConversationId) -> Vec<Viewer> {
        self.version.track();
        let viewers = |known: &Vec<Known>| {
            let changes = known.iter().map(|known| &known.change);
            changes
                .filter(|change| change.conversation_id == conversation)
                .map(|change| Viewer { account: change.account.clone(), state: change.state })
                .collect()
        };
        self.known.try_with_value(viewers).unwrap_or_default()
    }
}

/// Replaces what is known of an account in a conversation, in its place.
fn apply(known: &mut Vec<Known>, new: Known) {
    let is_same = |known: &Known| {
        known.change.conversation_id == new.change.conversation_id
            && known.change.account.id == new.change.account.id
    };
    let place = known.iter().position(is_same);
    if let Some(place) = place {
        known.remove(place);
    }
    if new.change.state != PresenceState::Gone {
        known.insert(place.unwrap_or(known.len()), new);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn change(conversation: i64, account: i64, state: &str) -> Known {
        let account = json!({"id": account, "name": format!("Account {account}")});
        let text = json!({"kind": "presence_changed", "team_id": 1, "conversation_id": conversation,
            "account": account, "state": state})
        .to_string();
        Known { change: json::from_str(&text).unwrap(), text }
    }

    #[test]
    fn an_account_has_one_state_in_a_conversation_until_it_is_gone() {
        let mut known = Vec::new();
        for (conversation, account, state) in
            [(7, 1, "viewing"), (7, 2, "viewing"), (8, 1, "viewing"), (7, 1, "typing")]
        {
            apply(&mut known, change(conversation, account, state));
        }
        assert_eq!(known, [change(7, 1, "typing"), change(7, 2, "viewing"), change(8, 1, "viewing")]);
        apply(&mut known, change(7, 1, "gone"));
        apply(&mut known, change(7, 1, "gone"));
        assert_eq!(known, [change(7, 2, "viewing"), change(8, 1, "viewing")]);
    }
}
