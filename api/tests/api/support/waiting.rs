//! Waiting for asynchronous work: a condition with a time limit instead of a fixed delay.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// Time limit for anything that the server does by itself.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
/// Interval between two checks of a condition.
pub(crate) const POLL_INTERVAL: Duration = Duration::from_millis(5);

/// Checks repeatedly until the condition holds, and panics with `wanted` at the time limit.
pub(crate) async fn eventually<T>(wanted: &str, check: impl AsyncFnMut() -> Option<T>) -> T {
    let found = within(TIMEOUT, POLL_INTERVAL, check).await;
    found.unwrap_or_else(|| panic!("timed out after {} s: waiting until {wanted}", TIMEOUT.as_secs()))
}

/// Checks repeatedly until there is a result or the time limit has passed.
pub(crate) async fn within<T>(
    limit: Duration,
    interval: Duration,
    mut check: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let checking = async {
        let mut ticks = tokio::time::interval(interval);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(found) = check().await {
                return found;
            }
        }
    };
    tokio::time::timeout(limit, checking).await.ok()
}
