//! Compare and act (rule 15): rejects a reply, a closure or a snooze when the conversation has messages that its sender
//! has not seen. The caller holds the lock on the conversation, so no message can arrive between this check and the
//! commit.

use shared::{
    ids::{ConversationId, MessageId},
    message::{Message, Sender, SenderKind},
};

use crate::{
    db::{DbConnection, DbError},
    messages::queries::unseen,
};

/// The largest number of colleagues that a problem names.
const MOST_NAMES: usize = 2;

/// The operation to check.
#[derive(Clone, Copy, Debug)]
pub enum Operation {
    /// A reply.
    Reply,
    /// The change of a scheduled message.
    Change,
    /// The closure of the conversation.
    Closure,
    /// A snooze of the conversation.
    Snooze,
}

/// The conversation has moved on: it has messages that the sender of the operation has not seen.
#[derive(Debug, thiserror::Error)]
#[error("{}", detail(*operation, unseen, *newest))]
pub struct Moved {
    /// The rejected operation.
    pub operation: Operation,
    /// The unseen messages in order of arrival.
    pub unseen: Vec<Message>,
    /// The last of them.
    pub newest: MessageId,
}

/// "The reply was not sent: the customer and Bo wrote after the last message that you saw. Read …"
fn detail(operation: Operation, unseen: &[Message], newest: MessageId) -> String {
    let (not, again) = match operation {
        Operation::Reply => ("The reply was not sent", "send the reply again"),
        Operation::Change => ("The message was not changed", "change it again"),
        Operation::Closure => ("The conversation was not closed", "close it again"),
        Operation::Snooze => ("The conversation was not snoozed", "snooze it again"),
    };
    format!(
        "{not}: {} wrote after the last message that you saw. Read the new messages, then {again} with \
         last_seen_message_id {newest}.",
        writers(unseen),
    )
}

/// Why [`require_seen`] rejected an operation.
#[derive(Debug, thiserror::Error)]
pub enum UnseenError {
    /// The conversation has unseen messages.
    #[error(transparent)]
    Moved(#[from] Moved),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Rejects the operation when the customer or a colleague of `caller` wrote after the message `last_seen`. Without
/// `last_seen`, accepts it.
///
/// # Errors
/// [`UnseenError`].
pub(super) fn require_seen(
    conn: &mut DbConnection,
    conversation: ConversationId,
    last_seen: Option<MessageId>,
    caller: &Sender,
    operation: Operation,
) -> Result<(), UnseenError> {
    let Some(last_seen) = last_seen else { return Ok(()) };
    let unseen = unseen(conn, conversation, last_seen, caller)?;
    match unseen.last().map(|message| message.id) {
        Some(newest) => Err(Moved { operation, unseen, newest }.into()),
        None => Ok(()),
    }
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
    fn the_problem_names_the_writers_of_the_unseen_messages() {
        let customer = || message("customer", None, Some("Maria"));
        let colleague = |id: i64, name| message("account", Some(id), Some(name));
        assert_eq!(writers(&[customer(), customer()]), "the customer");
        assert_eq!(writers(&[colleague(2, "Bo"), colleague(2, "Bo")]), "Bo");
        assert_eq!(writers(&[colleague(2, "Bo"), customer(), colleague(3, "Cy")]), "the customer, Bo and Cy");
        let three = [colleague(2, "Bo"), colleague(3, "Cy"), message("api_key", Some(2), Some("CRM"))];
        assert_eq!(writers(&three), "3 colleagues");
        assert_eq!(writers(&[message("account", Some(2), None)]), "a colleague");
    }

    #[test]
    fn the_problem_says_what_was_not_done_and_how_to_do_it_anyway() {
        let moved = |operation| {
            Moved { operation, unseen: vec![message("customer", None, None)], newest: MessageId(1) }
                .to_string()
        };
        assert_eq!(
            moved(Operation::Reply),
            "The reply was not sent: the customer wrote after the last message that you saw. Read the new messages, \
             then send the reply again with last_seen_message_id 1."
        );
        assert_eq!(
            moved(Operation::Closure),
            "The conversation was not closed: the customer wrote after the last message that you saw. Read the new \
             messages, then close it again with last_seen_message_id 1."
        );
    }
}
