//! Finds conversations for the palette among the loaded queue, by name, reference or number.

use shared::conversation::{Conversation, Queue};

/// Number of conversations that each group lists.
pub(super) const LIMIT: usize = 6;

/// Returns the first conversations of the loaded queue that match the text; the first of the queue for an empty text.
pub(super) fn in_queue(queue: &Queue, text: &str) -> Vec<Conversation> {
    let rows = queue.sections.iter().flat_map(|section| &section.items);
    rows.filter(|row| matches(row, text)).take(LIMIT).cloned().collect()
}

/// Returns whether the name or reference contains the text in any case, or the number its digits. A leading 0 of a
/// number stands for the country code.
fn matches(conversation: &Conversation, text: &str) -> bool {
    const FEWEST_DIGITS: usize = 3;
    let text = text.trim().to_lowercase();
    let contains =
        |field: &Option<String>| field.as_ref().is_some_and(|field| field.to_lowercase().contains(&text));
    if text.is_empty() || contains(&conversation.name) || contains(&conversation.reference) {
        return true;
    }
    let is_number = text.chars().all(|character| character.is_ascii_digit() || " +()-.".contains(character));
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0');
    is_number && digits.len() >= FEWEST_DIGITS && conversation.number.as_str().contains(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation() -> Conversation {
        serde_json::from_value(serde_json::json!({
            "id": 1, "team_id": 1, "team_number": "+447700900001", "number": "+447700900123", "can_reply": true,
            "ref": "A-10021", "name": "Maria Jones", "status": "open", "origin": "inbound", "next_action": "agent",
            "waiting_since": "2026-11-22T09:14:00Z", "last_message_at": null, "attention": null,
            "opened_at": "2026-11-22T09:14:00Z", "closed_at": null, "closed_by": null,
            "closure_reason": null, "previous_id": null, "unread": 0,
        }))
        .unwrap()
    }

    #[test]
    fn a_conversation_is_found_by_name_reference_and_any_spelling_of_the_number() {
        for text in ["", "jones", "a-100", "07700 900123", "+44 7700", "900123", "(07700) 900-123"] {
            assert!(matches(&conversation(), text), "{text}");
        }
        for text in ["smith", "B-1", "07700 900124", "12 monkeys", "000"] {
            assert!(!matches(&conversation(), text), "{text}");
        }
    }
}
