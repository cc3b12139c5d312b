//! Chooses what to fetch after an event: the section of the team that the event names, or the whole queue.
//!
//! A row is not fetched on its own, even if an event changes only that row: the request for the section is conditional,
//! so it costs no more, and it brings the counts and the order too.

use std::collections::BTreeSet;

use shared::{event::EventKind, ids::TeamId};

use crate::live::LiveUpdate;

/// What is to be fetched.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    /// The sections of these teams.
    Sections(BTreeSet<TeamId>),
    /// The whole queue.
    All,
}

impl Default for Wanted {
    fn default() -> Self {
        Wanted::Sections(BTreeSet::new())
    }
}

impl Wanted {
    pub(super) fn section(team: TeamId) -> Self {
        Wanted::Sections(BTreeSet::from([team]))
    }

    /// Returns what an update of the event stream may have changed; `None` if the queue is unaffected.
    pub(super) fn after(update: &LiveUpdate) -> Option<Self> {
        let event = match update {
            LiveUpdate::Event(event) => event,
            LiveUpdate::Opened => return Some(Wanted::All),
        };
        match event.kind {
            EventKind::GatewayChanged | EventKind::NoteAdded | EventKind::Mentioned | EventKind::Given => {
                None
            }
            // Sections may come, go or get another place.
            EventKind::TeamChanged | EventKind::AccountChanged => Some(Wanted::All),
            EventKind::MessageReceived
            | EventKind::MessageQueued
            | EventKind::MessageStatusChanged
            | EventKind::MessageFailed
            | EventKind::ConversationClosed
            | EventKind::ConsentChanged
            | EventKind::AttentionChanged
            | EventKind::AssignmentChanged
            | EventKind::SnoozeChanged
            | EventKind::TagsChanged => Some(event.team_id.map_or(Wanted::All, Wanted::section)),
        }
    }

    /// Returns what contains both.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Wanted::Sections(mut teams), Wanted::Sections(others)) => {
                teams.extend(others);
                Wanted::Sections(teams)
            }
            _ => Wanted::All,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn after(kind: EventKind, team: Option<i64>) -> Option<Wanted> {
        let event = json!({
            "id": 1, "kind": kind.as_str(), "team_id": team, "conversation_id": 7, "message_id": null,
            "account_id": null, "at": "2026-11-22T09:00:00Z",
        });
        Wanted::after(&LiveUpdate::Event(serde_json::from_value(event).unwrap()))
    }

    #[test]
    fn an_event_of_a_team_wants_only_its_section() {
        assert_eq!(after(EventKind::MessageReceived, Some(2)), Some(Wanted::section(TeamId(2))));
        assert_eq!(after(EventKind::ConversationClosed, Some(2)), Some(Wanted::section(TeamId(2))));
        assert_eq!(after(EventKind::ConsentChanged, None), Some(Wanted::All));
    }

    #[test]
    fn the_whole_queue_is_wanted_when_teams_change_or_events_were_missed() {
        assert_eq!(after(EventKind::TeamChanged, Some(2)), Some(Wanted::All));
        assert_eq!(after(EventKind::AccountChanged, None), Some(Wanted::All));
        assert_eq!(Wanted::after(&LiveUpdate::Opened), Some(Wanted::All));
    }

    #[test]
    fn the_gateway_and_notes_do_not_change_the_queue() {
        assert_eq!(after(EventKind::GatewayChanged, None), None);
        assert_eq!(after(EventKind::NoteAdded, Some(2)), None);
    }

    #[test]
    fn wanted_sections_add_up_and_the_whole_queue_contains_them() {
        let both = Wanted::Sections(BTreeSet::from([TeamId(1), TeamId(2)]));
        assert_eq!(Wanted::section(TeamId(1)).and(Wanted::section(TeamId(2))), both);
        assert_eq!(Wanted::section(TeamId(1)).and(Wanted::All), Wanted::All);
        assert_eq!(Wanted::All.and(Wanted::section(TeamId(1))), Wanted::All);
        assert_eq!(Wanted::default().and(both.clone()), both);
    }
}
