//! Names the customer of a conversation, on screen and for screen readers.

use std::borrow::Cow;

use crate::language::t;
use shared::conversation::Conversation;

/// Returns ref, name and number, as far as known: "A-10021 · Maria Jones · +44 7700 900123".
pub(crate) fn title(conversation: &Conversation) -> String {
    let number = conversation.number.display();
    let known = [conversation.reference.as_deref(), conversation.name.as_deref(), Some(number.as_str())];
    let known = known.into_iter().flatten().filter(|part| !part.is_empty());
    known.map(isolated).collect::<Vec<_>>().join(" · ")
}

/// Returns the accessible name of a row's link: "Open conversation with Maria Jones, +44 7700 900123".
pub(crate) fn open_label(conversation: &Conversation) -> String {
    let number = conversation.number.display();
    match conversation.name.as_deref() {
        Some(name) if !name.is_empty() => {
            t!("Open conversation with {name}, {number}", name = isolated(name), number)
        }
        _ => t!("Open conversation with {number}", number),
    }
}

/// Isolates right-to-left text, so that it does not reorder a number next to it. Does what `<bdi>` does, in places
/// without markup.
pub(crate) fn isolated(text: &str) -> Cow<'_, str> {
    const FIRST_STRONG_ISOLATE: char = '\u{2068}';
    const POP_ISOLATE: char = '\u{2069}';
    if text.chars().any(is_right_to_left) {
        let plain = text.chars().filter(|character| !is_direction(*character));
        Cow::Owned([FIRST_STRONG_ISOLATE].into_iter().chain(plain).chain([POP_ISOLATE]).collect())
    } else {
        Cow::Borrowed(text)
    }
}

/// Returns whether the character belongs to a right-to-left script (Hebrew, Arabic and others) or sets the direction.
fn is_right_to_left(character: char) -> bool {
    matches!(character, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefe}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
        || is_direction(character)
}

fn is_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Returns a cell's text, or a dash if it is empty.
pub(crate) fn or_dash(text: Option<&str>) -> String {
    text.filter(|text| !text.is_empty()).unwrap_or("–").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(reference: Option<&str>, name: Option<&str>) -> Conversation {
        serde_json::from_value(serde_json::json!({
            "id": 1, "team_id": 1, "team_number": "+447700900001", "number": "+447700900123", "can_reply": true,
            "ref": reference, "name": name, "status": "open", "origin": "inbound", "next_action": "agent",
            "waiting_since": "2026-11-22T09:14:00Z", "last_message_at": null, "attention": null,
            "opened_at": "2026-11-22T09:14:00Z", "closed_at": null, "closed_by": null,
            "closure_reason": null, "previous_id": null, "unread": 0,
        }))
        .unwrap()
    }

    #[test]
    fn a_title_has_the_known_parts() {
        assert_eq!(
            title(&conversation(Some("A-10021"), Some("Maria Jones"))),
            "A-10021 · Maria Jones · +44 7700 900123"
        );
        assert_eq!(title(&conversation(None, None)), "+44 7700 900123");
        assert_eq!(title(&conversation(Some(""), Some("Jo"))), "Jo · +44 7700 900123");
    }

    #[test]
    fn a_right_to_left_name_is_isolated_and_others_are_unchanged() {
        assert_eq!(isolated("Maria Jones"), "Maria Jones");
        assert_eq!(isolated("Zoë 東京"), "Zoë 東京");
        assert_eq!(isolated("דנה"), "\u{2068}דנה\u{2069}");
        assert_eq!(isolated("abc\u{202e}def\u{2069}"), "\u{2068}abcdef\u{2069}");
        let known = title(&conversation(Some("A-1"), Some("ليلى")));
        assert_eq!(known, "A-1 · \u{2068}ليلى\u{2069} · +44 7700 900123");
    }

    #[test]
    fn a_customer_without_a_name_is_named_by_the_number() {
        assert_eq!(open_label(&conversation(None, None)), "Open conversation with +44 7700 900123");
    }
}
