//! Waiting for what happens elsewhere: never a fixed time, always a condition, and an end with a clear message.

use std::time::Duration;

/// How long anything may take that the desk does by itself.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long to let things happen before the next look.
pub(crate) const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Looks again and again until there is what is `wanted`.
pub(crate) async fn eventually<T>(wanted: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        let mut ticks = tokio::time::interval(BETWEEN_LOOKS);
        loop {
            ticks.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    match tokio::time::timeout(PATIENCE, looking).await {
        Ok(found) => found,
        Err(_) => panic!("waited {} s in vain until {wanted}", PATIENCE.as_secs()),
    }
}
