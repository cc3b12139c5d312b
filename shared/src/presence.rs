//! Presence (rule 17): which accounts have a conversation open, and which of them are typing.

use serde::{Deserialize, Serialize};

use crate::{
    account::AccountName,
    ids::{ConversationId, TeamId},
};

/// Number of seconds between two reports of a client whose state does not change.
pub const REPORT_SECONDS: i64 = 15;
/// Number of seconds after which a presence without a further report ends.
pub const EXPIRY_SECONDS: i64 = 30;
/// Maximum length of the id of a tab.
pub const MAX_TAB_CHARACTERS: usize = 64;
/// The stream's `event` field of a [`PresenceChange`].
pub const PRESENCE_CHANGED: &str = "presence_changed";

/// What an account does in a conversation. A later value outranks an earlier one when several tabs of an account differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceState {
    /// It has left the conversation.
    Gone,
    /// It has the conversation open.
    Viewing,
    /// It is writing a reply.
    Typing,
}

/// `PUT /conversations/{id}/presence`. Send it at once when the state changes, and every 15 seconds while it stays.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PresenceReport {
    /// What the account does now.
    pub state: PresenceState,
    /// The tab or device that reports, if the account may have the conversation open in several: 1 to 64 visible ASCII
    /// characters. The account is gone when all of them are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tab: Option<String>,
}

/// An account that has a conversation open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Viewer {
    /// The account.
    pub account: AccountName,
    /// `viewing` or `typing`.
    pub state: PresenceState,
}

/// The kind of a [`PresenceChange`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PresenceChangeKind {
    /// An account opened or left a conversation, or began or stopped typing.
    PresenceChanged,
}

/// `presence_changed` in the stream `GET /events`. It carries its content, and has no `id`, because it is in no log. A
/// new stream begins with the current presences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PresenceChange {
    /// Always `presence_changed`.
    pub kind: PresenceChangeKind,
    /// The conversation's team.
    pub team_id: TeamId,
    /// The conversation.
    pub conversation_id: ConversationId,
    /// The account.
    pub account: AccountName,
    /// What the account does now.
    pub state: PresenceState,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_has_the_name_of_the_event() {
        assert_eq!(serde_json::to_value(PresenceChangeKind::PresenceChanged).unwrap(), PRESENCE_CHANGED);
    }

    #[test]
    fn typing_outranks_viewing_and_viewing_outranks_gone() {
        assert!(PresenceState::Typing > PresenceState::Viewing);
        assert!(PresenceState::Viewing > PresenceState::Gone);
    }
}
