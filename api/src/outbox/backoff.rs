//! How long to wait before the next try: exponential, with jitter, so that what failed together does not return
//! together; never sooner than the gateway asks.

use chrono::TimeDelta;

/// The first wait, at most.
const FIRST_SECONDS: i64 = 2;
/// The longest wait.
const LONGEST_SECONDS: i64 = 300;

/// The wait after the `attempts`-th try. `jitter` is a random number in 0..1.
#[must_use]
pub fn backoff(attempts: i32, jitter: f64, asked_seconds: Option<u64>) -> TimeDelta {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(10);
    let ceiling = FIRST_SECONDS.saturating_mul(1 << doublings).min(LONGEST_SECONDS) * 1000;
    // "Equal jitter": half of the wait is certain.
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 300,000 ms")]
    let wait = ceiling / 2 + (ceiling as f64 / 2.0 * jitter) as i64;
    let asked = asked_seconds.and_then(|seconds| i64::try_from(seconds).ok()).unwrap_or(0);
    TimeDelta::milliseconds(wait.max(asked.min(LONGEST_SECONDS * 12) * 1000))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_wait_stays_within_its_bounds(attempts in 1..1000, jitter in 0.0..1.0f64, asked in 0..10_000u64) {
            let wait = backoff(attempts, jitter, None);
            prop_assert!(wait >= TimeDelta::seconds(1) && wait <= TimeDelta::seconds(LONGEST_SECONDS));
            prop_assert!(backoff(attempts, jitter, Some(asked)) >= wait);
        }
    }

    #[test]
    fn waits_double_and_the_gateway_may_ask_for_more() {
        assert_eq!(backoff(1, 0.0, None), TimeDelta::seconds(1));
        assert_eq!(backoff(3, 0.0, None), TimeDelta::seconds(4));
        assert_eq!(backoff(1, 0.0, Some(60)), TimeDelta::seconds(60));
    }
}
