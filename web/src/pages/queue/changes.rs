//! Compares the queue on screen with a newer one.

use shared::conversation::{Conversation, Queue, QueueSection};

/// Returns the queue with a newer section of one team. `None` if the queue has no section of that team: then the place of
/// the section is unknown.
pub(super) fn with_section(queue: &Queue, newer: QueueSection) -> Option<Queue> {
    let mut queue = queue.clone();
    let section = queue.sections.iter_mut().find(|section| section.team.id == newer.team.id)?;
    *section = newer;
    Some(queue)
}

/// Counts the conversations that are new, changed or gone.
pub(super) fn count(shown: &Queue, newer: &Queue) -> usize {
    let changed = rows(newer).filter(|row| find(shown, row) != Some(row)).count();
    let gone = rows(shown).filter(|row| find(newer, row).is_none()).count();
    changed + gone
}

/// Returns whether showing the newer queue would add, remove or move rows.
pub(super) fn move_rows(shown: &Queue, newer: &Queue) -> bool {
    let order = |queue: &Queue| -> Vec<_> {
        let sections = queue.sections.iter();
        sections
            .map(|section| (section.team.id, section.items.iter().map(|row| row.id).collect::<Vec<_>>()))
            .collect()
    };
    order(shown) != order(newer)
}

fn rows(queue: &Queue) -> impl Iterator<Item = &Conversation> {
    queue.sections.iter().flat_map(|section| &section.items)
}

fn find<'a>(queue: &'a Queue, wanted: &Conversation) -> Option<&'a Conversation> {
    rows(queue).find(|row| row.id == wanted.id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use shared::ids::TeamId;

    use super::*;

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
    fn new_changed_and_removed_conversations_are_counted() {
        let shown = queue(&[(1, NINE), (2, NINE), (3, NINE)]);
        assert_eq!(count(&shown, &shown), 0);
        assert_eq!(count(&shown, &queue(&[(1, NINE), (2, TEN), (4, TEN)])), 3);
    }

    #[test]
    fn a_newer_section_replaces_the_one_of_its_team_and_leaves_the_others() {
        let both = |first: Queue, second: Queue| {
            let mut second = second;
            second.sections.iter_mut().for_each(|section| section.team.id = TeamId(2));
            Queue { sections: first.sections.into_iter().chain(second.sections).collect() }
        };
        let shown = both(queue(&[(1, NINE)]), queue(&[(2, NINE)]));
        let newer = both(queue(&[(1, NINE)]), queue(&[(2, TEN), (3, TEN)]));
        let section = newer.sections.last().cloned().unwrap();
        assert_eq!(with_section(&shown, section.clone()), Some(newer));
        assert_eq!(with_section(&queue(&[(1, NINE)]), section), None);
    }

    #[test]
    fn a_changed_field_does_not_move_rows_but_a_new_order_or_row_does() {
        let shown = queue(&[(1, NINE), (2, NINE)]);
        assert!(!move_rows(&shown, &queue(&[(1, NINE), (2, TEN)])));
        assert!(move_rows(&shown, &queue(&[(2, NINE), (1, NINE)])));
        assert!(move_rows(&shown, &queue(&[(1, NINE), (2, NINE), (3, TEN)])));
    }
}
