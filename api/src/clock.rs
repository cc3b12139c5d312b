//! The only module that reads the system time (`clippy.toml` disallows it elsewhere). All other code takes a
//! [`Clock`], so that tests control time.

use std::{
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::watch;

/// A clock with microsecond precision, which is the precision of both databases.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The system clock.
    System,
    /// A clock that only a test moves.
    Test(TestClock),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the only place that reads the system time")]
            Clock::System => Utc::now().trunc_subsecs(6),
            Clock::Test(clock) => clock.now(),
        }
    }

    /// Time since an arbitrary start. It never jumps or goes back, even when the system clock is changed. Rate limits
    /// and delays in this process use it.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        match self {
            Clock::System => START.get_or_init(Instant::now).elapsed(),
            Clock::Test(clock) => clock.reading().monotonic,
        }
    }

    /// Sleeps for `time`, measured by the [monotonic](Self::monotonic) clock.
    pub fn sleep(&self, time: TimeDelta) -> impl Future<Output = ()> {
        self.sleep_after(self.monotonic(), time)
    }

    /// Sleeps until `time` has passed since `start`, a time of the [monotonic](Self::monotonic) clock.
    pub fn sleep_after(&self, start: Duration, time: TimeDelta) -> impl Future<Output = ()> {
        let due = start + time.to_std().unwrap_or(Duration::ZERO);
        async move {
            match self {
                Clock::System => tokio::time::sleep(due.saturating_sub(self.monotonic())).await,
                Clock::Test(clock) => clock.wait_until(due).await,
            }
        }
    }
}

/// The current time of a test clock.
#[derive(Clone, Copy, Debug)]
struct Reading {
    now: DateTime<Utc>,
    monotonic: Duration,
}

/// A clock for tests. It stands still until a test moves it, and then wakes the tasks that sleep on it.
#[derive(Clone, Debug)]
pub struct TestClock {
    // The mutex makes changes exclusive; the field keeps the sender alive.
    sender: Arc<Mutex<watch::Sender<Reading>>>,
    reading: watch::Receiver<Reading>,
}

impl TestClock {
    /// Creates a clock that stands at `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let (sender, reading) =
            watch::channel(Reading { now: now.trunc_subsecs(6), monotonic: Duration::from_secs(1000) });
        Self { sender: Arc::new(Mutex::new(sender)), reading }
    }

    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.reading().now
    }

    /// Advances the wall clock and the monotonic clock.
    pub fn advance(&self, by: TimeDelta) {
        self.update(|reading| {
            reading.now += by;
            reading.monotonic += by.to_std().unwrap_or(Duration::ZERO);
        });
    }

    /// Moves only the wall clock, forward or back, as an operator or a time server does.
    pub fn set_by(&self, by: TimeDelta) {
        self.update(|reading| reading.now += by);
    }

    fn reading(&self) -> Reading {
        *self.reading.borrow()
    }

    fn update(&self, change: impl FnOnce(&mut Reading)) {
        let sender = self.sender.lock().unwrap_or_else(PoisonError::into_inner);
        sender.send_modify(change);
    }

    async fn wait_until(&self, due: Duration) {
        let mut reading = self.reading.clone();
        // The sender lives as long as `self`, so this cannot fail because the channel closed.
        let _ = reading.wait_for(|reading| reading.monotonic >= due).await;
    }
}
