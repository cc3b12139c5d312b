//! The state of a conversation and its transitions: next action, waiting time, notice. A closed conversation has no
//! transitions. This file uses no database, HTTP or clock; `queries` stores the state.

pub(super) mod queries;
#[cfg(test)]
mod tests;

use chrono::{DateTime, Utc};
use shared::{
    account::AccountName,
    conversation::{Attention, AttentionCode, Conversation, ConversationStatus, NextAction},
    ids::AccountId,
    message::{Sender, SenderKind},
};

/// The notice of a conversation with a held message.
const HELD: &str = "A scheduled message was not sent, because the customer wrote after it was scheduled. \
    Send, change or cancel it.";

/// The fields of a conversation that change until it is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Pending, open or closed.
    pub status: ConversationStatus,
    /// The side that acts next; `None` when closed.
    pub next_action: Option<NextAction>,
    /// Time at which the next action last changed from one side to the other.
    pub waiting_since: DateTime<Utc>,
    /// Time of the customer's newest message.
    pub last_message_at: Option<DateTime<Utc>>,
    /// The notice that the conversation shows to agents.
    pub attention: Option<Attention>,
    /// Number of the customer's messages since the last reply.
    pub unread: i32,
    /// Time of the message that caused this transition, by which search orders conversations. `None`, or a time before
    /// the stored one, leaves the stored one unchanged.
    pub active_at: Option<DateTime<Utc>>,
    /// The account that has the conversation (rule 16).
    pub assigned_to: Option<AccountName>,
    /// Whether the note of the assignment stays.
    pub keeps_note: bool,
    /// Until when the conversation is out of the queue (rule 20).
    pub snoozed_until: Option<DateTime<Utc>>,
    /// Whether the name and the note of the snooze stay.
    pub keeps_snooze_note: bool,
}

impl From<&Conversation> for State {
    fn from(conversation: &Conversation) -> Self {
        Self {
            status: conversation.status,
            next_action: conversation.next_action,
            waiting_since: conversation.waiting_since,
            last_message_at: conversation.last_message_at,
            attention: conversation.attention.clone(),
            unread: conversation.unread,
            active_at: None,
            assigned_to: conversation.assigned_to.clone(),
            keeps_note: true,
            snoozed_until: conversation.snoozed_until,
            keeps_snooze_note: true,
        }
    }
}

/// The conversation is closed and cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is closed")]
pub struct Closed;

impl State {
    /// A conversation that a customer's message starts (rule 3). The caller then applies [`receive`](Self::receive).
    #[must_use]
    pub fn started_by_customer(now: DateTime<Utc>) -> Self {
        Self {
            status: ConversationStatus::Open,
            next_action: Some(NextAction::Agent),
            waiting_since: now,
            last_message_at: None,
            attention: None,
            unread: 0,
            active_at: Some(now),
            assigned_to: None,
            keeps_note: true,
            snoozed_until: None,
            keeps_snooze_note: true,
        }
    }

    /// A pending conversation that a message of the team starts (rule 10).
    #[must_use]
    pub fn started_by_team(now: DateTime<Utc>) -> Self {
        Self {
            status: ConversationStatus::Pending,
            next_action: Some(NextAction::Customer),
            ..Self::started_by_customer(now)
        }
    }

    /// The customer wrote (rules 4 and 5). A second message does not change the place in the queue (rule 7). A
    /// recovered message moves the waiting time back to `written_at`, even if the team has replied since: no agent had
    /// seen the message. A snooze ends (rule 20).
    ///
    /// # Errors
    /// When it is closed. The message then starts a new conversation.
    pub fn receive(mut self, written_at: DateTime<Utc>) -> Result<Self, Closed> {
        self.require_live()?;
        self.status = ConversationStatus::Open;
        self.unread = self.unread.saturating_add(1);
        self.last_message_at = self.last_message_at.max(Some(written_at));
        self.active_at = Some(written_at);
        self.set_next_action(NextAction::Agent, written_at);
        self.waiting_since = self.waiting_since.min(written_at);
        self.snoozed_until = None;
        Ok(self)
    }

    /// The team wrote. A pending conversation stays pending. An open one that is unassigned is assigned to its author,
    /// if that is an account. The notice of a held message stays. A reply of the holder removes the note of the assignment (rule 16). A reply of any author
    /// ends a snooze and removes its note (rule 20).
    ///
    /// # Errors
    /// When it is closed.
    pub fn reply(mut self, author: &Sender, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.require_live()?;
        let author = account(author);
        if self.status == ConversationStatus::Open && self.assigned_to.is_none() {
            self.assigned_to.clone_from(&author);
        }
        let has_it =
            |author: AccountName| self.assigned_to.as_ref().is_some_and(|holder| holder.id == author.id);
        self.keeps_note = !author.is_some_and(has_it);
        self.unread = 0;
        self.attention = self.attention.filter(|attention| attention.code == AttentionCode::MessageHeld);
        self.snoozed_until = None;
        self.keeps_snooze_note = false;
        self.active_at = Some(now);
        self.set_next_action(NextAction::Customer, now);
        Ok(self)
    }

    /// The last outbound message finally failed (rule 6). `reason` explains the failure to agents. A snooze ends,
    /// because the agent who snoozed the conversation counted on the message (rule 20).
    ///
    /// # Errors
    /// When it is closed. Then only the message shows the failure.
    pub fn delivery_failed(mut self, reason: String, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.require_live()?;
        // Any other notice takes precedence. The message shows its failure anyway.
        let other = self.attention.take().filter(|attention| attention.code != AttentionCode::NotDelivered);
        self.attention = other.or(Some(Attention { code: AttentionCode::NotDelivered, text: reason }));
        if self.status == ConversationStatus::Open {
            self.set_next_action(NextAction::Agent, now);
            self.snoozed_until = None;
        }
        Ok(self)
    }

    /// A scheduled message was held, because the customer wrote after it was scheduled (rule 22). A snooze ends, because
    /// an agent must decide about the message.
    ///
    /// # Errors
    /// When it is closed.
    pub fn hold(mut self, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.require_live()?;
        let opt_out = self.attention.take().filter(is_opt_out);
        let text = HELD.to_owned();
        self.attention = opt_out.or(Some(Attention { code: AttentionCode::MessageHeld, text }));
        if self.status == ConversationStatus::Open {
            self.set_next_action(NextAction::Agent, now);
            self.snoozed_until = None;
        }
        Ok(self)
    }

    /// No message is held any more.
    ///
    /// # Errors
    /// When it is closed.
    pub fn end_hold(mut self) -> Result<Self, Closed> {
        self.require_live()?;
        self.attention = self.attention.filter(|attention| attention.code != AttentionCode::MessageHeld);
        Ok(self)
    }

    /// The customer has opted out (rule 13). `reason` explains it to agents.
    ///
    /// # Errors
    /// When it is closed.
    pub fn opt_out(mut self, reason: String) -> Result<Self, Closed> {
        self.require_live()?;
        self.attention = Some(Attention { code: AttentionCode::OptedOut, text: reason });
        Ok(self)
    }

    /// The customer has opted in again.
    ///
    /// # Errors
    /// When it is closed.
    pub fn opt_in(mut self) -> Result<Self, Closed> {
        self.require_live()?;
        self.attention = self.attention.filter(|attention| !is_opt_out(attention));
        Ok(self)
    }

    /// The customer wrote a message that sounds like an opt-out (rule 13). `text` tells agents what to do. The notice
    /// of an opt-out is not replaced.
    ///
    /// # Errors
    /// When it is closed.
    pub fn flag_opt_out(mut self, text: String) -> Result<Self, Closed> {
        self.require_live()?;
        let opted_out = self.attention.take().filter(|attention| attention.code == AttentionCode::OptedOut);
        self.attention = opted_out.or(Some(Attention { code: AttentionCode::PossibleOptOut, text }));
        Ok(self)
    }

    /// An agent dismisses the notice. The notice of an opt-out stays until the customer opts in again.
    ///
    /// # Errors
    /// When it is closed.
    pub fn dismiss_attention(mut self) -> Result<Self, Closed> {
        self.require_live()?;
        self.attention = self.attention.filter(|attention| attention.code == AttentionCode::OptedOut);
        Ok(self)
    }

    /// An agent closes the conversation (rule 9).
    ///
    /// # Errors
    /// When it is closed already.
    pub fn close(mut self) -> Result<Self, Closed> {
        self.require_live()?;
        self.status = ConversationStatus::Closed;
        self.next_action = None;
        self.snoozed_until = None;
        Ok(self)
    }

    /// Copies the state into the conversation.
    pub(super) fn write_to(self, conversation: &mut Conversation) {
        conversation.status = self.status;
        conversation.next_action = self.next_action;
        conversation.waiting_since = self.waiting_since;
        conversation.last_message_at = self.last_message_at;
        conversation.attention = self.attention;
        conversation.unread = self.unread;
        conversation.assigned_to = self.assigned_to;
        conversation.snoozed_until = self.snoozed_until;
    }

    /// Checks that the conversation can still change.
    ///
    /// # Errors
    /// When it is closed.
    pub(super) fn require_live(&self) -> Result<(), Closed> {
        if self.status == ConversationStatus::Closed { Err(Closed) } else { Ok(()) }
    }

    fn set_next_action(&mut self, next: NextAction, now: DateTime<Utc>) {
        if self.next_action != Some(next) {
            self.next_action = Some(next);
            self.waiting_since = now;
        }
    }
}

/// Whether the notice reports an opt-out, or a possible one.
fn is_opt_out(attention: &Attention) -> bool {
    matches!(attention.code, AttentionCode::OptedOut | AttentionCode::PossibleOptOut)
}

/// Returns the sender as the holder of a conversation, or `None` if it is not an account.
fn account(sender: &Sender) -> Option<AccountName> {
    match (sender.kind, sender.id, &sender.name) {
        (SenderKind::Account, Some(id), Some(name)) => {
            Some(AccountName { id: AccountId(id), name: name.clone() })
        }
        _ => None,
    }
}
