//! The rules of a conversation's state: who is to act next, since when, and what must not happen any more. Pure: no
//! database, no HTTP, no clock of its own.

use chrono::{DateTime, Utc};
use shared::conversation::{Attention, ConversationStatus, NextAction};

/// What of a conversation changes while it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it stands.
    pub status: ConversationStatus,
    /// Who is to act next; `None` once closed.
    pub next_action: Option<NextAction>,
    /// When the next action last changed hands.
    pub waiting_since: DateTime<Utc>,
    /// When the customer last wrote.
    pub last_message_at: Option<DateTime<Utc>>,
    /// What needs an agent's eye.
    pub attention: Option<Attention>,
    /// The customer's messages that nobody has answered.
    pub unread: i32,
    /// When somebody wrote just now, which search goes by; `None` and what is earlier leave it as it was.
    pub active_at: Option<DateTime<Utc>>,
}

/// The conversation is closed: nothing changes any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the conversation is closed")]
pub struct Closed;

impl State {
    /// A conversation that a customer's message triggers (rule 3), before that message is [`received`](Self::receive).
    #[must_use]
    pub fn begun_by_customer(now: DateTime<Utc>) -> Self {
        Self {
            status: ConversationStatus::Open,
            next_action: Some(NextAction::Agent),
            waiting_since: now,
            last_message_at: None,
            attention: None,
            unread: 0,
            active_at: Some(now),
        }
    }

    /// A conversation that our message triggers (rule 10): nobody has replied.
    #[must_use]
    pub fn begun_by_us(now: DateTime<Utc>) -> Self {
        Self {
            status: ConversationStatus::Pending,
            next_action: Some(NextAction::Customer),
            ..Self::begun_by_customer(now)
        }
    }

    /// The customer wrote (rules 4 and 5). A second impatient text keeps the first one's place in the queue (rule 7). One
    /// that is recovered late was written before now: nobody has seen it, so the customer has waited since then, whatever
    /// we wrote meanwhile.
    ///
    /// # Errors
    /// When it is closed: the text begins a new conversation.
    pub fn receive(mut self, written: DateTime<Utc>) -> Result<Self, Closed> {
        self.live()?;
        self.status = ConversationStatus::Open;
        self.unread = self.unread.saturating_add(1);
        self.last_message_at = self.last_message_at.max(Some(written));
        self.active_at = Some(written);
        self.hand_to(NextAction::Agent, written);
        self.waiting_since = self.waiting_since.min(written);
        Ok(self)
    }

    /// We wrote. A pending conversation stays pending: nobody has replied yet.
    ///
    /// # Errors
    /// When it is closed.
    pub fn reply(mut self, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.live()?;
        self.unread = 0;
        self.attention = None;
        self.active_at = Some(now);
        self.hand_to(NextAction::Customer, now);
        Ok(self)
    }

    /// The last text that we sent finally failed (rule 6). `reason` says why, in plain words.
    ///
    /// # Errors
    /// When it is closed: the message alone shows the failure.
    pub fn delivery_failed(mut self, reason: String, now: DateTime<Utc>) -> Result<Self, Closed> {
        self.live()?;
        // An opt-out matters more, also a possible one; the message shows its failure itself.
        let opt_out = self.attention.take().filter(|attention| attention.code != Attention::NOT_DELIVERED);
        self.attention = opt_out.or(Some(Attention { code: Attention::NOT_DELIVERED.into(), text: reason }));
        if self.status == ConversationStatus::Open {
            self.hand_to(NextAction::Agent, now);
        }
        Ok(self)
    }

    /// The customer has opted out (rule 13). `reason` says so, in plain words.
    ///
    /// # Errors
    /// When it is closed.
    pub fn opt_out(mut self, reason: String) -> Result<Self, Closed> {
        self.live()?;
        self.attention = Some(Attention { code: Attention::OPTED_OUT.into(), text: reason });
        Ok(self)
    }

    /// The customer has opted in again.
    ///
    /// # Errors
    /// When it is closed.
    pub fn opt_in(mut self) -> Result<Self, Closed> {
        self.live()?;
        self.attention = self.attention.filter(|attention| attention.code == Attention::NOT_DELIVERED);
        Ok(self)
    }

    /// The customer wrote what sounds like an opt-out (rule 13). `text` says what to do. An opt-out that stands stays.
    ///
    /// # Errors
    /// When it is closed.
    pub fn flag_opt_out(mut self, text: String) -> Result<Self, Closed> {
        self.live()?;
        let opted_out = self.attention.take().filter(|attention| attention.code == Attention::OPTED_OUT);
        self.attention = opted_out.or(Some(Attention { code: Attention::POSSIBLE_OPT_OUT.into(), text }));
        Ok(self)
    }

    /// An agent dismisses what the conversation shows. An opt-out stays until the customer opts in.
    ///
    /// # Errors
    /// When it is closed.
    pub fn dismiss_attention(mut self) -> Result<Self, Closed> {
        self.live()?;
        self.attention = self.attention.filter(|attention| attention.code == Attention::OPTED_OUT);
        Ok(self)
    }

    /// It is over (rule 9).
    ///
    /// # Errors
    /// When it was already.
    pub fn close(mut self) -> Result<Self, Closed> {
        self.live()?;
        self.status = ConversationStatus::Closed;
        self.next_action = None;
        Ok(self)
    }

    fn live(&self) -> Result<(), Closed> {
        if self.status == ConversationStatus::Closed { Err(Closed) } else { Ok(()) }
    }

    fn hand_to(&mut self, who: NextAction, now: DateTime<Utc>) {
        if self.next_action != Some(who) {
            self.next_action = Some(who);
            self.waiting_since = now;
        }
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

    fn open() -> State {
        State::begun_by_customer(at(0)).receive(at(0)).unwrap()
    }

    #[test]
    fn a_second_impatient_text_keeps_the_place_of_the_first() {
        let state = open().receive(at(5)).unwrap();
        assert_eq!(state.waiting_since, at(0));
        assert_eq!(state.last_message_at, Some(at(5)));
        assert_eq!(state.unread, 2);
    }

    #[test]
    fn a_text_that_is_recovered_late_counts_from_when_it_was_written() {
        let waiting = open().reply(at(3)).unwrap().receive(at(9)).unwrap();
        let recovered = waiting.receive(at(5)).unwrap();
        assert_eq!((recovered.waiting_since, recovered.last_message_at), (at(5), Some(at(9))));
        let answered = open().reply(at(9)).unwrap();
        let recovered = answered.receive(at(5)).unwrap();
        assert_eq!((recovered.next_action, recovered.waiting_since), (Some(NextAction::Agent), at(5)));
        assert_eq!(recovered.unread, 1);
    }

    #[test]
    fn a_reply_hands_to_the_customer_and_the_next_text_hands_back() {
        let replied = open().reply(at(3)).unwrap();
        assert_eq!((replied.next_action, replied.waiting_since), (Some(NextAction::Customer), at(3)));
        assert_eq!(replied.unread, 0);
        let again = replied.receive(at(9)).unwrap();
        assert_eq!((again.next_action, again.waiting_since), (Some(NextAction::Agent), at(9)));
    }

    #[test]
    fn a_failed_text_returns_to_the_agent_with_the_reason_until_the_next_reply() {
        let failed = open().reply(at(1)).unwrap().delivery_failed("The phone is off.".into(), at(2)).unwrap();
        assert_eq!((failed.next_action, failed.waiting_since), (Some(NextAction::Agent), at(2)));
        assert_eq!(failed.attention.as_ref().unwrap().text, "The phone is off.");
        assert_eq!(failed.reply(at(3)).unwrap().attention, None);
    }

    #[test]
    fn a_pending_conversation_opens_only_when_the_customer_writes() {
        let pending = State::begun_by_us(at(0));
        assert_eq!(pending.clone().reply(at(1)).unwrap().status, ConversationStatus::Pending);
        let failed = pending.clone().delivery_failed("No.".into(), at(1)).unwrap();
        assert_eq!((failed.status, failed.next_action), (pending.status, pending.next_action));
        assert_eq!(pending.receive(at(2)).unwrap().status, ConversationStatus::Open);
    }

    #[test]
    fn opting_out_shows_until_opting_in_and_hides_nothing_else() {
        let out = open().opt_out("Opted out.".into()).unwrap();
        assert_eq!(out.attention.as_ref().unwrap().code, "opted_out");
        assert_eq!((out.next_action, out.waiting_since), (Some(NextAction::Agent), at(0)));
        let failed = out.clone().delivery_failed("Off.".into(), at(1)).unwrap();
        assert_eq!(failed.attention, out.attention);
        assert_eq!(out.opt_in().unwrap(), open());
        let failed = open().reply(at(1)).unwrap().delivery_failed("Off.".into(), at(2)).unwrap();
        assert_eq!(failed.clone().opt_in().unwrap(), failed);
    }

    #[test]
    fn a_possible_opt_out_shows_until_the_reply_or_until_it_is_dismissed() {
        let failed = open().reply(at(1)).unwrap().delivery_failed("Off.".into(), at(2)).unwrap();
        let flagged = failed.receive(at(3)).unwrap().flag_opt_out("Ask.".into()).unwrap();
        assert_eq!(flagged.attention.as_ref().unwrap().code, "possible_opt_out");
        assert_eq!((flagged.next_action, flagged.waiting_since), (Some(NextAction::Agent), at(2)));
        assert_eq!(flagged.clone().receive(at(4)).unwrap().attention, flagged.attention);
        assert_eq!(
            flagged.clone().delivery_failed("Off.".into(), at(4)).unwrap().attention,
            flagged.attention
        );
        assert_eq!(flagged.clone().reply(at(4)).unwrap().attention, None);
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
        fn whatever_happens_the_state_stays_whole(
            steps in prop::collection::vec(
                prop::sample::select(vec![Step::Receive, Step::Reply, Step::Fail, Step::Close]), 0..30)
        ) {
            let mut state = open();
            for (minute, step) in (1..).zip(steps) {
                let before = state.clone();
                let next = match step {
                    Step::Receive => state.clone().receive(at(minute)),
                    Step::Reply => state.clone().reply(at(minute)),
                    Step::Fail => state.clone().delivery_failed("No.".into(), at(minute)),
                    Step::Close => state.clone().close(),
                };
                let closed = before.status == ConversationStatus::Closed;
                prop_assert_eq!(next.is_err(), closed, "only what is closed refuses, and always");
                let Ok(next) = next else { continue };
                let is_closed = next.status == ConversationStatus::Closed;
                prop_assert_eq!(next.next_action.is_none(), is_closed);
                let same_hands = next.next_action == before.next_action || is_closed;
                prop_assert_eq!(next.waiting_since == before.waiting_since, same_hands);
                state = next;
            }
        }
    }
}
