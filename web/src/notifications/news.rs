//! Decides which events are news for an account.

use shared::{
    event::{Event, EventKind},
    ids::AccountId,
    preferences::NotificationKind,
};

/// Returns what the event is for the account; `None` if it is no news.
pub(super) fn kind(event: &Event, own: AccountId) -> Option<NotificationKind> {
    let is_own_or_unassigned = event.account_id.is_none_or(|holder| holder == own);
    match event.kind {
        EventKind::MessageReceived if is_own_or_unassigned => Some(NotificationKind::Message),
        EventKind::MessageFailed if is_own_or_unassigned => Some(NotificationKind::Failure),
        EventKind::Mentioned => Some(NotificationKind::Mention),
        EventKind::Given => Some(NotificationKind::Given),
        _ => None,
    }
}

/// Returns whether the conversation no longer needs the account: it was answered or closed, or a colleague has it.
pub(super) fn ends(event: &Event, own: AccountId) -> bool {
    match event.kind {
        EventKind::MessageQueued | EventKind::ConversationClosed => true,
        EventKind::AssignmentChanged => event.account_id.is_some_and(|holder| holder != own),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: AccountId = AccountId(3);
    const COLLEAGUE: AccountId = AccountId(4);

    fn event(kind: EventKind, account: Option<AccountId>) -> Event {
        serde_json::from_value(serde_json::json!({
            "id": 1, "kind": kind.as_str(), "team_id": 2, "conversation_id": 7, "message_id": 9,
            "account_id": account, "at": "2026-11-22T09:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn what_happens_in_an_own_or_unassigned_conversation_is_news() {
        for holder in [None, Some(OWN)] {
            let kind = |of| kind(&event(of, holder), OWN);
            assert_eq!(kind(EventKind::MessageReceived), Some(NotificationKind::Message));
            assert_eq!(kind(EventKind::MessageFailed), Some(NotificationKind::Failure));
        }
        assert_eq!(kind(&event(EventKind::Mentioned, Some(OWN)), OWN), Some(NotificationKind::Mention));
        assert_eq!(kind(&event(EventKind::Given, Some(OWN)), OWN), Some(NotificationKind::Given));
    }

    #[test]
    fn what_happens_in_a_colleagues_conversation_is_no_news() {
        for of in [EventKind::MessageReceived, EventKind::MessageFailed] {
            assert_eq!(kind(&event(of, Some(COLLEAGUE)), OWN), None);
        }
        assert_eq!(kind(&event(EventKind::MessageStatusChanged, None), OWN), None);
    }

    #[test]
    fn a_reply_a_closure_or_another_holder_ends_the_news() {
        assert!(ends(&event(EventKind::MessageQueued, None), OWN));
        assert!(ends(&event(EventKind::ConversationClosed, None), OWN));
        assert!(ends(&event(EventKind::AssignmentChanged, Some(COLLEAGUE)), OWN));
        assert!(!ends(&event(EventKind::AssignmentChanged, Some(OWN)), OWN));
        assert!(!ends(&event(EventKind::AssignmentChanged, None), OWN));
        assert!(!ends(&event(EventKind::MessageReceived, None), OWN));
    }
}
