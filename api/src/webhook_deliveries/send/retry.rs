//! What follows from the outcome of an attempt.

use chrono::TimeDelta;
use shared::{webhook_delivery::TEST_TYPE, webhook_endpoint::DisabledReason};

use super::{attempt::Outcome, queries::Claimed};

/// What follows from the outcome of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The endpoint has the delivery.
    Delivered,
    /// The next attempt begins after this time.
    Retry(TimeDelta),
    /// There is no further attempt.
    Failed,
    /// There is no further attempt, and the endpoint is disabled.
    Disable(DisabledReason),
}

/// Returns what follows. `waits` are the times before each further attempt; `random`, from 0 to 1000, adds up to a tenth, so
/// that those that failed together are not all repeated together.
pub(super) fn next(outcome: Outcome, claimed: &Claimed, waits: &[TimeDelta], random: i32) -> Next {
    match outcome {
        Outcome::Accepted => return Next::Delivered,
        Outcome::Gone => return Next::Disable(DisabledReason::Gone),
        Outcome::Refused | Outcome::Unanswered => {}
    }
    if claimed.event_type == TEST_TYPE {
        return Next::Failed;
    }
    let attempts = usize::try_from(claimed.attempts).unwrap_or_default();
    match waits.get(attempts) {
        Some(wait) => Next::Retry(*wait + *wait * random / 10_000),
        None => Next::Disable(DisabledReason::Failing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claimed(attempts: i32, event_type: &str) -> Claimed {
        Claimed::for_test(attempts, event_type)
    }

    #[test]
    fn a_delivery_is_attempted_after_each_wait_and_then_disables_its_endpoint() {
        let waits = [5, 300].map(TimeDelta::seconds);
        let after = |attempts| next(Outcome::Refused, &claimed(attempts, "message.received"), &waits, 0);
        assert_eq!(after(0), Next::Retry(TimeDelta::seconds(5)));
        assert_eq!(after(1), Next::Retry(TimeDelta::seconds(300)));
        assert_eq!(after(2), Next::Disable(DisabledReason::Failing));
    }

    #[test]
    fn gone_disables_at_once_and_a_test_is_not_repeated() {
        let waits = [5].map(TimeDelta::seconds);
        let of = |outcome, event_type| next(outcome, &claimed(0, event_type), &waits, 1000);
        assert_eq!(of(Outcome::Gone, "message.received"), Next::Disable(DisabledReason::Gone));
        assert_eq!(of(Outcome::Unanswered, TEST_TYPE), Next::Failed);
        assert_eq!(of(Outcome::Accepted, TEST_TYPE), Next::Delivered);
        assert_eq!(of(Outcome::Unanswered, "message.received"), Next::Retry(TimeDelta::milliseconds(5500)));
    }
}
