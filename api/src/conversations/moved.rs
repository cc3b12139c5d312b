//! Compare and act (rule 15): holds a reply or a closure while its sender has not seen every message. The caller has
//! locked the conversation, so no message can arrive between this check and the commit.

use shared::{
    ErrorCode,
    ids::{ConversationId, MessageId},
    message::{Message, Sender, SenderKind},
};

use crate::{db::DbConnection, error::ApiError, messages::queries::unseen};

/// The largest number of colleagues that a problem names.
const MOST_NAMES: usize = 2;

/// What is held.
#[derive(Clone, Copy, Debug)]
pub(super) enum Held {
    /// A reply.
    Reply,
    /// A closure.
    Closure,
}

/// Refuses when the customer or a colleague of `caller` wrote after the message `last_seen`. Compares nothing without
/// `last_seen`.
///
/// # Errors
/// `conversation_moved`, with the messages in the order of their arrival.
pub(super) fn require_seen(
    conn: &mut DbConnection,
    conversation: ConversationId,
    last_seen: Option<MessageId>,
    caller: &Sender,
    held: Held,
) -> Result<(), ApiError> {
    let Some(last_seen) = last_seen else { return Ok(()) };
    let unseen = unseen(conn, conversation, last_seen, caller)?;
    let Some(newest) = unseen.last() else { return Ok(()) };
    let detail = detail(&unseen, newest.id, held);
    Err(ApiError::new(ErrorCode::ConversationMoved, detail).messages(unseen))
}

/// "The customer and Bo wrote after the message that you saw last. Read …"
fn detail(unseen: &[Message], newest: MessageId, held: Held) -> String {
    let (not, again) = match held {
        Held::Reply => ("The reply was not sent", "send the reply again"),
        Held::Closure => ("The conversation was not closed", "close it again"),
    };
    format!(
        "{not}: {} wrote after the message that you saw last. Read the new messages, then {again} with \
         last_seen_message_id {newest}.",
        writers(unseen),
    )
}

/// "the customer", "Bo", "the customer, Bo and Cy", "the customer and 3 colleagues"
fn writers(unseen: &[Message]) -> String {
    let mut writers = Vec::new();
    if unseen.iter().any(|message| message.sender.kind == SenderKind::Customer) {
        writers.push("the customer".to_owned());
    }
    let mut colleagues: Vec<&Sender> = Vec::new();
    for sender in unseen.iter().map(|message| &message.sender) {
        let known = colleagues.iter().any(|known| (known.kind, known.id) == (sender.kind, sender.id));
        if sender.kind != SenderKind::Customer && !known {
            colleagues.push(sender);
        }
    }
    if colleagues.len() > MOST_NAMES {
        writers.push(format!("{} colleagues", colleagues.len()));
    } else {
        let name = |sender: &&Sender| sender.name.clone().unwrap_or_else(|| "a colleague".to_owned());
        writers.extend(colleagues.iter().map(name));
    }
    match writers.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => "a colleague".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: &str, id: Option<i64>, name: Option<&str>) -> Message {
        let value = serde_json::json!({
            "id": 1, "conversation_id": 1, "direction": "inbound", "sender": {"kind": kind, "id": id, "name": name},
            "body": "Hi", "media": [], "segments": 1, "encoding": "gsm7", "status": "received", "error": null,
            "created_at": "2026-11-22T09:14:00Z", "sent_at": null, "delivered_at": null, "template_id": null,
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn a_problem_names_who_wrote() {
        let customer = || message("customer", None, Some("Maria"));
        let colleague = |id: i64, name| message("account", Some(id), Some(name));
        assert_eq!(writers(&[customer(), customer()]), "the customer");
        assert_eq!(writers(&[colleague(2, "Bo"), colleague(2, "Bo")]), "Bo");
        assert_eq!(writers(&[colleague(2, "Bo"), customer(), colleague(3, "Cy")]), "the customer, Bo and Cy");
        let three = [colleague(2, "Bo"), colleague(3, "Cy"), message("api_key", Some(2), Some("CRM"))];
        assert_eq!(writers(&three), "3 colleagues");
        assert_eq!(writers(&[message("account", Some(2), None)]), "a colleague");
    }
}
