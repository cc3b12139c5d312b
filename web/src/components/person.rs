//! How a conversation's other end is called, on screen and to a screen reader.

use shared::conversation::Conversation;

/// "A-10021 · Maria Jones · +44 7700 900123": what is known of it.
pub(crate) fn title(conversation: &Conversation) -> String {
    let number = conversation.number.display();
    let known = [conversation.reference.as_deref(), conversation.name.as_deref(), Some(number.as_str())];
    known.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// "Open conversation with Maria Jones, +44 7700 900123": the accessible name of a row's link.
pub(crate) fn open_label(conversation: &Conversation) -> String {
    let number = conversation.number.display();
    match conversation.name.as_deref() {
        Some(name) if !name.is_empty() => format!("Open conversation with {name}, {number}"),
        _ => format!("Open conversation with {number}"),
    }
}

/// A cell's text, or a dash for nothing.
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
    fn a_title_says_what_is_known() {
        assert_eq!(
            title(&conversation(Some("A-10021"), Some("Maria Jones"))),
            "A-10021 · Maria Jones · +44 7700 900123"
        );
        assert_eq!(title(&conversation(None, None)), "+44 7700 900123");
        assert_eq!(title(&conversation(Some(""), Some("Jo"))), "Jo · +44 7700 900123");
    }

    #[test]
    fn somebody_without_a_name_is_called_by_their_number() {
        assert_eq!(open_label(&conversation(None, None)), "Open conversation with +44 7700 900123");
    }
}
