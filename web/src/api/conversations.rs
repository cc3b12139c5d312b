//! Requests for conversations with their messages, key data and closure.

use gloo_net::http::Method;
use serde::Deserialize;
use shared::{
    Page,
    closure::{Closure, NewClosure},
    consent::{Consent, NewOptOut},
    conversation::{Action, AssignmentNote, Conversation, ConversationDetail, NewConversation},
    customer::{Customer, KeyData},
    history::History,
    ids::{ConversationId, MessageId, TeamId},
    message::{Message, NewMessage},
    note::NewNote,
    team::TeamSummary,
};

use super::{
    Client, Filter, RequestError,
    client::{encoded, read},
};

/// Which of a team's conversations to list.
#[derive(Clone, Copy)]
pub(crate) enum StatusFilter {
    /// In progress, in queue order.
    Open(Filter),
    /// Closed, newest first.
    Closed,
}

impl Client {
    /// Returns a page of a team's conversations.
    pub(crate) async fn list_conversations(
        self,
        team: TeamId,
        status: StatusFilter,
        limit: usize,
        cursor: Option<&str>,
    ) -> Result<Page<Conversation>, RequestError> {
        let (status, assigned) = match status {
            StatusFilter::Open(filter) => ("open", filter.parameter()),
            StatusFilter::Closed => ("closed", String::new()),
        };
        let mut path = format!("/conversations?team_id={team}&status={status}{assigned}&limit={limit}");
        if let Some(cursor) = cursor {
            path.push_str("&cursor=");
            path.push_str(&encoded(cursor));
        }
        self.get(&path).await
    }

    /// Sends an ad-hoc message. The server sends one message per idempotency key.
    pub(crate) async fn create_conversation(
        self,
        conversation: &NewConversation,
        idempotency_key: &str,
    ) -> Result<Conversation, RequestError> {
        self.post("/conversations", conversation, idempotency_key).await
    }

    /// Returns a conversation with its team, customer, closure and consent.
    pub(crate) async fn get_conversation(
        self,
        id: ConversationId,
    ) -> Result<ConversationDetail, RequestError> {
        read_detail(&self.get_text(&format!("/conversations/{id}")).await?)
    }

    /// Returns a page of messages, oldest first: the newest page, or the one before a message.
    pub(crate) async fn list_messages(
        self,
        id: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<Page<Message>, RequestError> {
        self.get(&messages_path(id, "messages", before, limit)).await
    }

    /// Returns a page of the customer's earlier conversations, oldest first: the newest page, or the one before a message.
    pub(crate) async fn get_history(
        self,
        id: ConversationId,
        before: Option<MessageId>,
        limit: usize,
    ) -> Result<History, RequestError> {
        self.get(&messages_path(id, "history", before, limit)).await
    }

    /// Sends a reply. The server sends one message per idempotency key.
    pub(crate) async fn create_message(
        self,
        id: ConversationId,
        message: &NewMessage,
        idempotency_key: &str,
    ) -> Result<Message, RequestError> {
        self.post(&format!("/conversations/{id}/messages"), message, idempotency_key).await
    }

    /// Adds a note, which only the team sees. The server adds one note per idempotency key.
    pub(crate) async fn create_note(
        self,
        id: ConversationId,
        note: &NewNote,
        idempotency_key: &str,
    ) -> Result<Message, RequestError> {
        self.post(&format!("/conversations/{id}/notes"), note, idempotency_key).await
    }

    /// Returns the customer's key data from the current daily file.
    pub(crate) async fn get_key_data(self, id: ConversationId) -> Result<KeyData, RequestError> {
        self.get(&format!("/conversations/{id}/key_data")).await
    }

    /// Closes the conversation, which cannot be undone.
    pub(crate) async fn create_closure(
        self,
        id: ConversationId,
        closure: &NewClosure,
        idempotency_key: &str,
    ) -> Result<ConversationDetail, RequestError> {
        let path = format!("/conversations/{id}/closure");
        read_detail(&self.post_text(&path, closure, idempotency_key).await?)
    }
}

impl Client {
    /// Opts the customer out at their request in a message.
    pub(crate) async fn create_opt_out(self, id: ConversationId) -> Result<(), RequestError> {
        let path = format!("/conversations/{id}/opt_out");
        self.write_text(Method::POST, &path, &NewOptOut::default()).await.map(drop)
    }

    /// Dismisses the warning of the conversation.
    pub(crate) async fn delete_attention(self, id: ConversationId) -> Result<(), RequestError> {
        self.delete(&format!("/conversations/{id}/attention")).await
    }
}

fn messages_path(id: ConversationId, list: &str, before: Option<MessageId>, limit: usize) -> String {
    let before = before.map(|before| format!("&before={before}")).unwrap_or_default();
    format!("/conversations/{id}/{list}?limit={limit}{before}")
}

/// The fields of a [`ConversationDetail`] beside the conversation.
#[derive(Deserialize)]
struct DetailFields {
    next_id: Option<ConversationId>,
    team: TeamSummary,
    customer: Option<Customer>,
    closure: Option<Closure>,
    consent: Option<Consent>,
    assignment_note: Option<AssignmentNote>,
    permitted_actions: Vec<Action>,
    has_draft: bool,
}

/// Parses the two parts separately, because serde's `flatten` would add a second deserializer for every type in it to
/// the download.
fn read_detail(text: &str) -> Result<ConversationDetail, RequestError> {
    let conversation: Conversation = read(text)?;
    let fields: DetailFields = read(text)?;
    Ok(ConversationDetail {
        conversation,
        next_id: fields.next_id,
        team: fields.team,
        customer: fields.customer,
        closure: fields.closure,
        consent: fields.consent,
        assignment_note: fields.assignment_note,
        permitted_actions: fields.permitted_actions,
        // The event stream says who views the conversation.
        viewers: Vec::new(),
        has_draft: fields.has_draft,
    })
}
