//! The customer's earlier conversations with the team, read-only, above the messages of this one (rule 23). Each ends
//! with a bar that says how it was closed and links to it.

use leptos::prelude::*;
use shared::{
    history::{EarlierConversation, History},
    ids::{ConversationId, MessageId},
    message::Message,
};

use super::{ConversationContext, bubble::bubble, messages::message_row};
use crate::{
    api::{Client, RequestError},
    components::{
        timestamp::day_and_month,
        when::{Row, keyed},
    },
    language::{t, with_views},
    time_zone::Zone,
};

/// Page size.
pub(super) const PAGE: usize = 50;

/// An earlier conversation and its loaded messages, oldest first.
#[derive(Clone)]
struct Earlier {
    conversation: EarlierConversation,
    messages: Vec<Message>,
}

/// The loaded part of the history. It grows upwards.
#[derive(Clone, Copy)]
pub(super) struct LoadedHistory {
    client: Client,
    id: ConversationId,
    /// Loaded conversations, oldest first.
    conversations: RwSignal<Vec<Earlier>>,
    /// Whether there are older messages; `None` until the first response.
    pub(super) has_more: RwSignal<Option<bool>>,
}

impl LoadedHistory {
    pub(super) fn new(client: Client, id: ConversationId) -> Self {
        Self { client, id, conversations: RwSignal::new(Vec::new()), has_more: RwSignal::new(None) }
    }

    /// Fetches the newest page, or the page before the loaded messages.
    pub(super) async fn fetch_page(self) -> Result<(), RequestError> {
        let oldest =
            self.conversations.with_untracked(|loaded| loaded.first()?.messages.first().map(|m| m.id));
        let page = self.client.get_history(self.id, oldest, PAGE).await?;
        self.show(page);
        Ok(())
    }

    /// Adds a fetched page above the loaded messages.
    pub(super) fn show(self, page: History) {
        self.has_more.try_set(Some(page.next_cursor.is_some()));
        self.conversations.try_update(|loaded| prepend(loaded, page));
    }

    fn message(self, conversation: i64, id: i64) -> Option<Message> {
        self.conversations.with_untracked(|loaded| {
            let earlier = loaded.iter().find(|earlier| earlier.conversation.id.0 == conversation)?;
            earlier.messages.iter().find(|message| message.id == MessageId(id)).cloned()
        })
    }
}

/// Adds an older page. Its last conversation may be the first loaded one.
fn prepend(loaded: &mut Vec<Earlier>, page: History) {
    let mut messages = page.items;
    let mut older = Vec::new();
    for conversation in page.conversations {
        let rest = messages.iter().position(|message| message.conversation_id != conversation.id);
        let rest = messages.split_off(rest.unwrap_or(messages.len()));
        older.push(Earlier { conversation, messages: std::mem::replace(&mut messages, rest) });
    }
    if let (Some(first), Some(last)) = (loaded.first_mut(), older.last_mut())
        && first.conversation.id == last.conversation.id
    {
        last.messages.append(&mut first.messages);
        loaded.remove(0);
    }
    loaded.splice(0..0, older);
}

/// The earlier conversations, a group for each.
pub(super) fn earlier_conversations(context: ConversationContext, zone: &Zone) -> AnyView {
    let history = context.thread.history;
    let zone = zone.clone();
    keyed(
        move || {
            let row = |earlier: &Earlier| Row::new(earlier.conversation.id.0);
            history.conversations.with(|loaded| loaded.iter().map(row).collect())
        },
        move |row| group(context, row.id, &zone),
    )
}

fn group(context: ConversationContext, id: i64, zone: &Zone) -> AnyView {
    let history = context.thread.history;
    let Some(conversation) = history.conversations.with_untracked(|loaded| {
        loaded.iter().map(|earlier| &earlier.conversation).find(|found| found.id.0 == id).cloned()
    }) else {
        return ().into_any();
    };
    let label = summary(&conversation, zone);
    let (row_zone, bubble_zone) = (zone.clone(), zone.clone());
    let rows = keyed(
        move || history.conversations.with(|loaded| rows_of(loaded, id, &row_zone)),
        move |row| {
            let message = history.message(id, row.id);
            let message = message.map(|message| bubble(context, ArcRwSignal::new(message), &bubble_zone));
            message_row(row.above, message)
        },
    );
    view! {
        <div role="group" aria-label=label>
            <ol>{rows}</ol>
            {bar(conversation, zone)}
        </div>
    }
    .into_any()
}

/// The rows of a conversation. The first message of each day has the date above it.
fn rows_of(loaded: &[Earlier], id: i64, zone: &Zone) -> Vec<Row> {
    let Some(earlier) = loaded.iter().find(|earlier| earlier.conversation.id.0 == id) else {
        return Vec::new();
    };
    let mut before = None;
    let row = |message: &Message| {
        let day = Some(zone.day(message.created_at));
        let above = (before != day).then(|| day.clone()).flatten();
        before = day;
        Row { id: message.id.0, above }
    };
    earlier.messages.iter().map(row).collect()
}

/// "closed 12 Oct"
fn summary(conversation: &EarlierConversation, zone: &Zone) -> String {
    match conversation.closed_at {
        Some(at) => t!("Earlier conversation, closed {date}", date = zone.day_and_month(at)),
        None => t!("Earlier conversation, not closed yet").to_owned(),
    }
}

/// "Closed 12 Oct · Payment arranged · by Bo", and the note of the closure.
fn bar(conversation: EarlierConversation, zone: &Zone) -> AnyView {
    let href = format!("/conversations/{}", conversation.id);
    let text = match conversation.closed_at {
        Some(at) => {
            let name = view! { <bdi>{conversation.closed_by}</bdi> }.into_any();
            let reason = view! { <bdi>{conversation.closure_reason}</bdi> }.into_any();
            let views = [("date", day_and_month(at, zone)), ("reason", reason), ("name", name)];
            with_views(t!("Closed {date} · {reason} · by {name}"), views)
        }
        None => t!("Not closed yet · on {number}", number = conversation.team_number.display()).into_any(),
    };
    let note = conversation.closure_note.map(|note| {
        view! { <p dir="auto" class="mt-1 wrap-anywhere whitespace-pre-wrap">{note}</p> }
    });
    view! {
        <div class="my-3 border-y border-edge bg-panel px-3 py-2 text-center text-sm">
            <a href=href class="link wrap-anywhere">{text}</a>
            {note}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(messages: &[(i64, i64)]) -> History {
        let conversation = |id: i64| {
            serde_json::json!({"id": id, "team_number": "+447700900001", "opened_at": "2026-11-22T09:14:00Z",
                "closed_at": null, "closed_by": null, "closure_reason": null, "closure_note": null})
        };
        let message = |(of, id): &(i64, i64)| {
            serde_json::json!({"id": id, "conversation_id": of, "direction": "inbound", "body": "Hi",
                "sender": {"kind": "customer", "id": null, "name": null}, "media": [], "segments": 1,
                "encoding": "gsm7", "status": "received", "error": null, "created_at": "2026-11-22T09:14:00Z",
                "sent_at": null, "delivered_at": null, "template_id": null})
        };
        let mut conversations: Vec<i64> = messages.iter().map(|(of, _)| *of).collect();
        conversations.dedup();
        serde_json::from_value(serde_json::json!({
            "conversations": conversations.into_iter().map(conversation).collect::<Vec<_>>(),
            "items": messages.iter().map(message).collect::<Vec<_>>(), "next_cursor": null,
        }))
        .unwrap()
    }

    fn ids(loaded: &[Earlier]) -> Vec<(i64, Vec<i64>)> {
        let of = |earlier: &Earlier| {
            (earlier.conversation.id.0, earlier.messages.iter().map(|message| message.id.0).collect())
        };
        loaded.iter().map(of).collect()
    }

    #[test]
    fn an_older_page_continues_the_conversation_in_which_the_newer_page_begins() {
        let mut loaded = Vec::new();
        prepend(&mut loaded, page(&[(2, 5), (2, 6), (3, 7)]));
        assert_eq!(ids(&loaded), [(2, vec![5, 6]), (3, vec![7])]);
        prepend(&mut loaded, page(&[(1, 3), (2, 4)]));
        assert_eq!(ids(&loaded), [(1, vec![3]), (2, vec![4, 5, 6]), (3, vec![7])]);
        prepend(&mut loaded, page(&[(1, 2)]));
        assert_eq!(ids(&loaded), [(1, vec![2, 3]), (2, vec![4, 5, 6]), (3, vec![7])]);
        prepend(&mut loaded, page(&[]));
        assert_eq!(ids(&loaded).len(), 3);
    }
}
