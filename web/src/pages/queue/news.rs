//! What is new in the queue that the server has, compared with the one on screen: pure.

use shared::conversation::{Conversation, Queue};

/// How many conversations are new, changed or gone.
pub(super) fn count(shown: &Queue, fresh: &Queue) -> usize {
    let changed = rows(fresh).filter(|row| find(shown, row) != Some(row)).count();
    let gone = rows(shown).filter(|row| find(fresh, row).is_none()).count();
    changed + gone
}

/// Whether showing the fresh queue would move a row.
pub(super) fn moves(shown: &Queue, fresh: &Queue) -> bool {
    let places = |queue: &Queue| -> Vec<_> {
        let sections = queue.sections.iter();
        sections
            .map(|section| (section.team.id, section.items.iter().map(|row| row.id).collect::<Vec<_>>()))
            .collect()
    };
    places(shown) != places(fresh)
}

fn rows(queue: &Queue) -> impl Iterator<Item = &Conversation> {
    queue.sections.iter().flat_map(|section| &section.items)
}

fn find<'a>(queue: &'a Queue, wanted: &Conversation) -> Option<&'a Conversation> {
    rows(queue).find(|row| row.id == wanted.id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn queue(rows: &[(i64, &str)]) -> Queue {
        let items: Vec<_> = rows
            .iter()
            .map(|(id, since)| {
                json!({
                    "id": id, "team_id": 1, "team_number": "+447700900001", "number": "+447700900123",
                    "can_reply": true, "ref": null, "name": null, "status": "open", "origin": "inbound", "next_action": "agent",
                    "waiting_since": since, "last_message_at": null, "attention": null, "opened_at": since,
                    "closed_at": null, "closed_by": null, "closure_reason": null, "previous_id": null,
                    "unread": 0,
                })
            })
            .collect();
        serde_json::from_value(json!({"sections": [{
            "team": {"id": 1, "name": "Collections", "numbers": [], "region": "GB", "time_zone": "Europe/London"},
            "counts": {"agent": rows.len(), "customer": 0}, "items": items, "next_cursor": null,
        }]}))
        .unwrap()
    }

    const NINE: &str = "2026-11-22T09:00:00Z";
    const TEN: &str = "2026-11-22T10:00:00Z";

    #[test]
    fn new_changed_and_gone_conversations_are_news() {
        let shown = queue(&[(1, NINE), (2, NINE), (3, NINE)]);
        assert_eq!(count(&shown, &shown), 0);
        assert_eq!(count(&shown, &queue(&[(1, NINE), (2, TEN), (4, TEN)])), 3);
    }

    #[test]
    fn only_another_order_or_another_set_moves_rows() {
        let shown = queue(&[(1, NINE), (2, NINE)]);
        assert!(!moves(&shown, &queue(&[(1, NINE), (2, TEN)])));
        assert!(moves(&shown, &queue(&[(2, NINE), (1, NINE)])));
        assert!(moves(&shown, &queue(&[(1, NINE), (2, NINE), (3, TEN)])));
    }
}
