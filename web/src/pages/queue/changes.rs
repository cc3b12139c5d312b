//! Compares the queue on screen with a newer one.

use std::collections::HashMap;

use shared::{
    conversation::{Conversation, Queue, QueueSection},
    ids::ConversationId,
};

/// Returns the queue with a newer section of one team. `None` if the queue has no section of that team: then the place of
/// the section is unknown.
pub(super) fn with_section(queue: &Queue, newer: QueueSection) -> Option<Queue> {
    let mut queue = queue.clone();
    let section = queue.sections.iter_mut().find(|section| section.team.id == newer.team.id)?;
    *section = newer;
    Some(queue)
}

/// Returns the queue with the newer state of the rows that it has, each in its place, and the newer counts.
pub(super) fn patched(shown: &Queue, newer: &Queue) -> Queue {
    let mut patched = shown.clone();
    for section in &mut patched.sections {
        let Some(newer) = newer.sections.iter().find(|newer| newer.team.id == section.team.id) else {
            continue;
        };
        section.counts = newer.counts;
        section.assignees.clone_from(&newer.assignees);
        for row in &mut section.items {
            if let Some(newer) = newer.items.iter().find(|newer| newer.id == row.id) {
                *row = newer.clone();
            }
        }
    }
    patched
}

/// What a newer queue would add, remove and move.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Changes {
    /// Number of conversations that are not on screen.
    pub(crate) new: usize,
    /// Number of conversations on screen that are not in the newer queue, or have another place in it.
    pub(crate) moved: usize,
}

/// Counts what the newer queue would add, remove and move.
pub(super) fn changes(shown: &Queue, newer: &Queue) -> Changes {
    let places = places(newer);
    let on_screen: Vec<_> = rows(shown).map(|row| places.get(&row.id)).collect();
    let gone = on_screen.iter().filter(|place| place.is_none()).count();
    // A row that has moved down stands before a row that precedes it now, and a row that has moved up after one.
    let kept: Vec<_> = on_screen.into_iter().flatten().collect();
    let moved = kept.iter().zip(kept.iter().skip(1)).filter(|(place, next)| place > next).count();
    Changes { new: places.len() - kept.len(), moved: gone + moved }
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

/// Returns the place of each row, counted over all sections.
pub(super) fn places(queue: &Queue) -> HashMap<ConversationId, usize> {
    rows(queue).enumerate().map(|(place, row)| (row.id, place)).collect()
}

/// Returns all rows in order.
pub(super) fn rows(queue: &Queue) -> impl Iterator<Item = &Conversation> {
    queue.sections.iter().flat_map(|section| &section.items)
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
    fn new_moved_and_removed_conversations_are_counted() {
        let shown = queue(&[(1, NINE), (2, NINE), (3, NINE)]);
        assert_eq!(changes(&shown, &shown), Changes::default());
        assert_eq!(changes(&shown, &queue(&[(1, NINE), (2, TEN), (4, TEN)])), Changes { new: 1, moved: 1 });
        assert_eq!(changes(&shown, &queue(&[(2, NINE), (3, NINE), (1, TEN)])), Changes { new: 0, moved: 1 });
        assert_eq!(changes(&shown, &queue(&[(3, TEN), (1, NINE), (2, NINE)])), Changes { new: 0, moved: 1 });
    }

    #[test]
    fn a_patched_queue_has_the_newer_state_of_its_rows_in_their_places() {
        let shown = queue(&[(1, NINE), (2, NINE)]);
        let newer = queue(&[(2, NINE), (3, NINE), (1, TEN)]);
        let mut expected = queue(&[(1, TEN), (2, NINE)]);
        expected.sections[0].counts = newer.sections[0].counts;
        assert_eq!(patched(&shown, &newer), expected);
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
