//! Exponential backoff with jitter, so that messages that failed together are not retried together. The wait is at
//! least as long as the gateway asks for, up to `LONGEST_ASKED`.

use chrono::TimeDelta;

/// Upper bound of the first wait.
const FIRST: TimeDelta = TimeDelta::seconds(2);
/// Upper bound of every wait that the gateway did not ask for. It is short because later messages to the same number
/// wait too; the circuit breaker keeps the load off a failing gateway.
const LONGEST: TimeDelta = TimeDelta::minutes(1);
/// Longest wait accepted from the gateway. No message is due later than this.
pub(super) const LONGEST_ASKED: TimeDelta = TimeDelta::hours(1);

/// Returns the wait after the given number of attempts. `jitter` is a random number in 0..1; `asked` is the wait that
/// the gateway asked for.
#[must_use]
pub fn backoff(attempts: u32, jitter: f64, asked: Option<TimeDelta>) -> TimeDelta {
    let doublings = attempts.saturating_sub(1).min(10);
    let ceiling = (FIRST * (1 << doublings)).min(LONGEST).num_milliseconds();
    // "Equal jitter": half of the wait is fixed, half is random.
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
