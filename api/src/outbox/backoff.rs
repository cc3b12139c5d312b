//! How long to wait before the next try: exponential, with jitter, so that what failed together does not return
//! together; never sooner than the gateway asks.

use chrono::TimeDelta;

/// The first wait, at most.
const FIRST: TimeDelta = TimeDelta::seconds(2);
/// The longest wait: the pace of all texts together spares the gateway, and others to the same number wait behind this one.
const LONGEST: TimeDelta = TimeDelta::minutes(1);
/// The longest wait that the gateway is granted: no message is due later than this.
pub(super) const LONGEST_ASKED: TimeDelta = TimeDelta::hours(1);

/// The wait after the `attempts`-th try. `jitter` is a random number in 0..1.
#[must_use]
pub fn backoff(attempts: u32, jitter: f64, asked: Option<TimeDelta>) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(10);
    let ceiling = (FIRST * (1 << doublings)).min(LONGEST).num_milliseconds();
    // "Equal jitter": half of the wait is certain.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 60,000 ms")]
    let wait = TimeDelta::milliseconds(ceiling / 2 + (ceiling as f64 / 2.0 * jitter) as i64);
    wait.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_stays_within_its_bounds(attempts in 0..1000u32, jitter in 0.0..1.0f64, asked in -9_999..10_000i64) {
            let wait = backoff(attempts, jitter, None);
            prop_assert!(wait >= TimeDelta::seconds(1) && wait <= LONGEST);
            let asked = backoff(attempts, jitter, Some(TimeDelta::seconds(asked)));
            prop_assert!(asked >= wait && asked <= LONGEST_ASKED);
        }
    }

    #[test]
    fn waits_double_and_the_gateway_may_ask_for_more() {
        assert_eq!(backoff(1, 0.0, None), TimeDelta::seconds(1));
        assert_eq!(backoff(3, 0.0, None), TimeDelta::seconds(4));
        assert_eq!(backoff(1, 0.0, Some(TimeDelta::seconds(60))), TimeDelta::seconds(60));
    }
}
