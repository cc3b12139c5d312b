//! The state of a conversation and its transitions: next action, waiting time, notice. A closed conversation has no
//! transitions. This file uses no database, HTTP or clock; `queries` stores the state.

pub(super) mod queries;

use chrono::{DateTime, Utc};
use shared::{
    conversation::{Assignee, Attention, AttentionCode, Conversation, ConversationStatus, NextAction},
    ids::AccountId,
    message::{Sender, SenderKind},
};

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
    pub assigned_to: Option<Assignee>,
    /// Whether the note of the assignment stays.
    pub keeps_note: bool,
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
    /// seen the message.
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
        Ok(self)
    }

    /// The team wrote. A pending conversation stays pending. An open one that is unassigned is assigned to its author, if
    /// that is an account. A reply of the holder removes the note of the assignment (rule 16).
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
            |author: Assignee| self.assigned_to.as_ref().is_some_and(|holder| holder.id == author.id);
        self.keeps_note = !author.is_some_and(has_it);
        self.unread = 0;
        self.attention = None;
        self.active_at = Some(now);
        self.set_next_action(NextAction::Customer, now);
        Ok(self)
    }

    /// The last outbound message finally failed (rule 6). `reason` explains the failure to agents.
    ///
    /// # Errors
    /// When it is closed. Then only the message shows the failure.
    pub fn delivery_failed(mut self, reason: String, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.require_live()?;
        // The notice of an opt-out, or of a possible one, takes precedence. The message shows its failure anyway.
        let opt_out = self.attention.take().filter(|attention| attention.code != AttentionCode::NotDelivered);
        self.attention = opt_out.or(Some(Attention { code: AttentionCode::NotDelivered, text: reason }));
        if self.status == ConversationStatus::Open {
            self.set_next_action(NextAction::Agent, now);
        }
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
        self.attention = self.attention.filter(|attention| attention.code == AttentionCode::NotDelivered);
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

/// Returns the sender as the holder of a conversation, or `None` if it is not an account.
fn account(sender: &Sender) -> Option<Assignee> {
    match (sender.kind, sender.id, &sender.name) {
        (SenderKind::Account, Some(id), Some(name)) => {
            Some(Assignee { id: AccountId(id), name: name.clone() })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::minutes(minute)
    }

    fn ann() -> Sender {
        Sender { kind: SenderKind::Account, id: Some(3), name: Some("Ann".into()) }
    }

    fn open() -> State {
        State::started_by_customer(at(0)).receive(at(0)).unwrap()
    }

    #[test]
    fn a_second_message_keeps_the_place_in_the_queue() {
        let state = open().receive(at(5)).unwrap();
        assert_eq!(state.waiting_since, at(0));
        assert_eq!(state.last_message_at, Some(at(5)));
        assert_eq!(state.unread, 2);
    }

    #[test]
    fn a_recovered_message_counts_from_the_time_it_was_written() {
        let waiting = open().reply(&ann(), at(3)).unwrap().receive(at(9)).unwrap();
        let recovered = waiting.receive(at(5)).unwrap();
        assert_eq!((recovered.waiting_since, recovered.last_message_at), (at(5), Some(at(9))));
        let answered = open().reply(&ann(), at(9)).unwrap();
        let recovered = answered.receive(at(5)).unwrap();
        assert_eq!((recovered.next_action, recovered.waiting_since), (Some(NextAction::Agent), at(5)));
        assert_eq!(recovered.unread, 1);
    }

    #[test]
    fn after_a_reply_the_customer_is_next_and_after_their_message_the_agent() {
        let replied = open().reply(&ann(), at(3)).unwrap();
        assert_eq!((replied.next_action, replied.waiting_since), (Some(NextAction::Customer), at(3)));
        assert_eq!(replied.unread, 0);
        let again = replied.receive(at(9)).unwrap();
        assert_eq!((again.next_action, again.waiting_since), (Some(NextAction::Agent), at(9)));
    }

    #[test]
    fn after_a_failed_message_the_agent_is_next_and_sees_the_reason_until_the_next_reply() {
        let failed =
            open().reply(&ann(), at(1)).unwrap().delivery_failed("The phone is off.".into(), at(2)).unwrap();
        assert_eq!((failed.next_action, failed.waiting_since), (Some(NextAction::Agent), at(2)));
        assert_eq!(failed.attention.as_ref().unwrap().text, "The phone is off.");
        assert_eq!(failed.reply(&ann(), at(3)).unwrap().attention, None);
    }

    #[test]
    fn a_pending_conversation_opens_only_when_the_customer_writes() {
        let pending = State::started_by_team(at(0));
        assert_eq!(pending.clone().reply(&ann(), at(1)).unwrap().status, ConversationStatus::Pending);
        let failed = pending.clone().delivery_failed("No.".into(), at(1)).unwrap();
        assert_eq!((failed.status, failed.next_action), (pending.status, pending.next_action));
        assert_eq!(pending.receive(at(2)).unwrap().status, ConversationStatus::Open);
    }

    #[test]
    fn a_reply_assigns_an_open_conversation_without_a_holder_to_the_account_that_wrote_it() {
        let bo = Sender { kind: SenderKind::Account, id: Some(4), name: Some("Bo".into()) };
        let program = Sender { kind: SenderKind::ApiKey, id: Some(3), name: Some("Ann".into()) };
        let holder = |state: &State| state.assigned_to.as_ref().map(|holder| holder.id.0);
        let replied = open().reply(&ann(), at(1)).unwrap();
        assert_eq!((holder(&replied), replied.keeps_note), (Some(3), false));
        let by_another = State { keeps_note: true, ..replied }.reply(&bo, at(2)).unwrap();
        assert_eq!((holder(&by_another), by_another.keeps_note), (Some(3), true));
        let by_program = open().reply(&program, at(1)).unwrap();
        assert_eq!((holder(&by_program), by_program.keeps_note), (None, true));
        assert_eq!(holder(&State::started_by_team(at(0)).reply(&ann(), at(1)).unwrap()), None);
    }

    #[test]
    fn the_notice_of_an_opt_out_stays_until_the_opt_in_and_changes_nothing_else() {
        let out = open().opt_out("Opted out.".into()).unwrap();
        assert_eq!(out.attention.as_ref().unwrap().code, AttentionCode::OptedOut);
        assert_eq!((out.next_action, out.waiting_since), (Some(NextAction::Agent), at(0)));
        let failed = out.clone().delivery_failed("Off.".into(), at(1)).unwrap();
        assert_eq!(failed.attention, out.attention);
        assert_eq!(out.opt_in().unwrap(), open());
        let failed = open().reply(&ann(), at(1)).unwrap().delivery_failed("Off.".into(), at(2)).unwrap();
        assert_eq!(failed.clone().opt_in().unwrap(), failed);
    }

    #[test]
    fn the_notice_of_a_possible_opt_out_stays_until_a_reply_or_its_dismissal() {
        let failed = open().reply(&ann(), at(1)).unwrap().delivery_failed("Off.".into(), at(2)).unwrap();
        let flagged = failed.receive(at(3)).unwrap().flag_opt_out("Ask.".into()).unwrap();
        assert_eq!(flagged.attention.as_ref().unwrap().code, AttentionCode::PossibleOptOut);
        assert_eq!((flagged.next_action, flagged.waiting_since), (Some(NextAction::Agent), at(2)));
        assert_eq!(flagged.clone().receive(at(4)).unwrap().attention, flagged.attention);
        assert_eq!(
            flagged.clone().delivery_failed("Off.".into(), at(4)).unwrap().attention,
            flagged.attention
        );
        assert_eq!(flagged.clone().reply(&ann(), at(4)).unwrap().attention, None);
        assert_eq!(
            flagged.clone().dismiss_attention().unwrap(),
            State { attention: None, ..flagged.clone() }
        );
        assert_eq!(flagged.clone().opt_in().unwrap().attention, None);
        let out = flagged.opt_out("Opted out.".into()).unwrap();
        assert_eq!(out.clone().flag_opt_out("Ask.".into()).unwrap(), out);
        assert_eq!(out.clone().dismiss_attention().unwrap(), out);
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Receive,
        Reply,
        Fail,
        Close,
    }

    proptest! {
        #[test]
        fn every_sequence_of_transitions_keeps_the_invariants(
            steps in prop::collection::vec(
                prop::sample::select(vec![Step::Receive, Step::Reply, Step::Fail, Step::Close]), 0..30)
        ) {
            let mut state = open();
            for (minute, step) in (1..).zip(steps) {
                let before = state.clone();
                let next = match step {
                    Step::Receive => state.clone().receive(at(minute)),
                    Step::Reply => state.clone().reply(&ann(), at(minute)),
                    Step::Fail => state.clone().delivery_failed("No.".into(), at(minute)),
                    Step::Close => state.clone().close(),
                };
                let closed = before.status == ConversationStatus::Closed;
                prop_assert_eq!(next.is_err(), closed, "a transition fails exactly when the conversation is closed");
                let Ok(next) = next else { continue };
                let is_closed = next.status == ConversationStatus::Closed;
                prop_assert_eq!(next.next_action.is_none(), is_closed);
                let same_side = next.next_action == before.next_action || is_closed;
                prop_assert_eq!(next.waiting_since == before.waiting_since, same_side);
                state = next;
            }
        }
    }
}
