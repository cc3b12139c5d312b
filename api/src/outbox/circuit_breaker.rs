//! A circuit breaker that limits how many messages are in flight to the gateway.
//!
//! - Closed: up to `MAX_IN_FLIGHT`.
//! - Open, after `FAILURE_THRESHOLD` failures in a row or while the gateway refuses our credentials: none.
//! - Half-open, once the wait is over: a single attempt. A success closes the breaker; a failure opens it for longer.
//!
//! So thousands of waiting messages put no load on a failing gateway or on this server. Pure: callers pass the time in.

use std::time::Duration;

use chrono::TimeDelta;

use super::backoff::backoff;

/// Maximum number of attempts in flight.
const MAX_IN_FLIGHT: usize = 32;
/// Number of consecutive failures that opens the breaker. Fewer may concern single numbers only.
const FAILURE_THRESHOLD: u32 = 8;
/// Longest time that failures keep the breaker open. After the gateway recovers, messages wait at most this long.
const MAX_OPEN: TimeDelta = TimeDelta::seconds(15);

/// What an attempt showed about the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GatewaySignal {
    /// The gateway works.
    Success,
    /// The gateway did not respond, failed, or asked us to retry later.
    Failure,
    /// The gateway refuses our credentials.
    Unauthorised,
    /// The attempt showed nothing about the gateway.
    Inconclusive,
}

/// The state of the breaker. See the module's documentation.
#[derive(Clone, Copy, Debug)]
pub(super) struct CircuitBreaker {
    /// Interval between attempts while the gateway refuses our credentials.
    credentials_retry: TimeDelta,
    failures: u32,
    not_before: Option<Duration>,
}

impl CircuitBreaker {
    pub(super) const fn new(credentials_retry: TimeDelta) -> Self {
        Self { credentials_retry, failures: 0, not_before: None }
    }

    /// Returns how many more attempts may start now. `refused`: the gateway refuses our credentials.
    pub(super) fn free_slots(&self, in_flight: usize, refused: bool, now: Duration) -> usize {
        if !refused && self.failures < FAILURE_THRESHOLD {
            return MAX_IN_FLIGHT.saturating_sub(in_flight);
        }
        let is_half_open = in_flight == 0 && self.not_before.is_none_or(|not_before| not_before <= now);
        usize::from(is_half_open)
    }

    /// Records the result of an attempt.
    pub(super) fn record(&mut self, signal: GatewaySignal, now: Duration, jitter: f64) {
        match signal {
            GatewaySignal::Success => *self = Self::new(self.credentials_retry),
            GatewaySignal::Failure => {
                self.failures = self.failures.saturating_add(1);
                let wait = backoff((self.failures + 1).saturating_sub(FAILURE_THRESHOLD), jitter, None);
                self.not_before = Some(now + wait.min(MAX_OPEN).to_std().unwrap_or_default());
            }
            GatewaySignal::Unauthorised => {
                self.not_before = Some(now + self.credentials_retry.to_std().unwrap_or_default());
            }
            GatewaySignal::Inconclusive => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(second: u64) -> Duration {
        Duration::from_secs(1000 + second)
    }

    #[test]
    fn failures_open_the_breaker_for_longer_each_time_and_a_success_closes_it() {
        let mut breaker = CircuitBreaker::new(TimeDelta::seconds(30));
        assert_eq!((breaker.free_slots(0, false, at(0)), breaker.free_slots(30, false, at(0))), (32, 2));
        for _ in 1..FAILURE_THRESHOLD {
            breaker.record(GatewaySignal::Failure, at(0), 0.0);
            assert_eq!(breaker.free_slots(0, false, at(0)), 32);
        }
        breaker.record(GatewaySignal::Failure, at(0), 0.0);
        assert_eq!((breaker.free_slots(0, false, at(0)), breaker.free_slots(0, false, at(1))), (0, 1));
        assert_eq!(breaker.free_slots(1, false, at(1)), 0);
        for _ in 0..10 {
            breaker.record(GatewaySignal::Failure, at(1), 0.9);
        }
        assert_eq!((breaker.free_slots(0, false, at(15)), breaker.free_slots(0, false, at(16))), (0, 1));
        breaker.record(GatewaySignal::Success, at(16), 0.0);
        assert_eq!(breaker.free_slots(0, false, at(16)), 32);
    }

    #[test]
    fn refused_credentials_are_tried_at_start_and_then_every_half_minute() {
        let mut breaker = CircuitBreaker::new(TimeDelta::seconds(30));
        assert_eq!(breaker.free_slots(0, true, at(0)), 1);
        breaker.record(GatewaySignal::Unauthorised, at(0), 0.0);
        assert_eq!((breaker.free_slots(0, true, at(29)), breaker.free_slots(0, true, at(30))), (0, 1));
        // Meanwhile the gateway accepted the credentials of another replica.
        assert_eq!(breaker.free_slots(0, false, at(1)), 32);
    }
}
