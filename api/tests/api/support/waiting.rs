//! Waiting for what happens elsewhere: never a fixed time, always a condition, and an end with a clear message.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

/// How long anything may take that the desk does by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long to let things happen before the next look.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Looks again and again until there is what is `wanted`.
pub(crate) async fn eventually<T>(wanted: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = within(PATIENCE, BETWEEN_LOOKS, look).await;
    found.unwrap_or_else(|| panic!("waited {} s in vain until {wanted}", PATIENCE.as_secs()))
}

/// Looks again and again until there is something, or `patience` has run out.
pub(crate) async fn within<T>(
    patience: Duration,
    between_looks: Duration,
    mut look: impl AsyncFnMut() -> Option<T>,
) -> Option<T> {
    let looking = async {
        let mut ticks = tokio::time::interval(between_looks);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    tokio::time::timeout(patience, looking).await.ok()
}
