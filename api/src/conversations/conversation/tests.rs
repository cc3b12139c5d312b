//! Tests of the state of a conversation.

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
    assert_eq!(flagged.clone().delivery_failed("Off.".into(), at(4)).unwrap().attention, flagged.attention);
    assert_eq!(flagged.clone().reply(&ann(), at(4)).unwrap().attention, None);
    assert_eq!(flagged.clone().dismiss_attention().unwrap(), State { attention: None, ..flagged.clone() });
    assert_eq!(flagged.clone().opt_in().unwrap().attention, None);
    let out = flagged.opt_out("Opted out.".into()).unwrap();
    assert_eq!(out.clone().flag_opt_out("Ask.".into()).unwrap(), out);
    assert_eq!(out.clone().dismiss_attention().unwrap(), out);
}

#[test]
fn a_held_message_needs_the_agent_and_its_notice_stays_until_the_hold_ends() {
    let held = open().reply(&ann(), at(1)).unwrap().hold(at(2)).unwrap();
    assert_eq!(held.attention.as_ref().unwrap().code, AttentionCode::MessageHeld);
    assert_eq!((held.next_action, held.waiting_since), (Some(NextAction::Agent), at(2)));
    assert_eq!(held.clone().receive(at(3)).unwrap().attention, held.attention);
    assert_eq!(held.clone().opt_in().unwrap(), held);
    assert_eq!(held.clone().end_hold().unwrap().attention, None);
    assert_eq!(held.clone().reply(&ann(), at(3)).unwrap().attention, held.attention);
    let out = open().opt_out("Opted out.".into()).unwrap();
    assert_eq!(out.clone().hold(at(1)).unwrap().attention, out.attention);
    assert_eq!(out.clone().end_hold().unwrap(), out);
    let pending = State::started_by_team(at(0)).hold(at(1)).unwrap();
    assert_eq!(pending.next_action, Some(NextAction::Customer));
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

fn snoozed() -> State {
    State { snoozed_until: Some(at(60)), ..open() }
}

#[test]
fn a_message_a_reply_a_failure_and_the_closure_end_a_snooze() {
    for ended in [
        snoozed().receive(at(5)).unwrap(),
        snoozed().reply(&ann(), at(5)).unwrap(),
        snoozed().delivery_failed("Unreachable".into(), at(5)).unwrap(),
        snoozed().close().unwrap(),
    ] {
        assert_eq!(ended.snoozed_until, None, "{ended:?}");
    }
    assert_eq!(snoozed().dismiss_attention().unwrap().snoozed_until, Some(at(60)));
}

#[test]
fn the_note_of_a_snooze_stays_until_the_next_reply() {
    assert!(snoozed().receive(at(5)).unwrap().keeps_snooze_note);
    assert!(!snoozed().reply(&ann(), at(5)).unwrap().keeps_snooze_note);
}
