//! The only place that asks what time it is. Everything else is handed a [`Clock`], so that tests can turn it.

use std::{
    future::Future,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::{Duration, Instant},
};

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use tokio::sync::watch;

/// Tells the time, to the microsecond: the finest that both databases keep.
#[derive(Clone, Debug)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// A clock that stands still until a test turns it.
    Test(TestClock),
}

impl Clock {
    /// The time now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place where time enters")]
            Clock::System => Utc::now().trunc_subsecs(6),
            Clock::Test(clock) => clock.now(),
        }
    }

    /// Time since an arbitrary start. It never goes back and never jumps, whatever becomes of the machine's clock: limits
    /// and waits inside this process are measured by it.
    #[must_use]
    pub fn monotonic(&self) -> Duration {
        static START: OnceLock<Instant> = OnceLock::new();
        match self {
            Clock::System => START.get_or_init(Instant::now).elapsed(),
            Clock::Test(clock) => clock.reading().monotonic,
        }
    }

    /// Returns after `time`, measured by the [monotonic](Self::monotonic) clock.
    pub fn sleep(&self, time: TimeDelta) -> impl Future<Output = ()> {
        let due = self.monotonic() + time.to_std().unwrap_or(Duration::ZERO);
        async move {
            match self {
                Clock::System => tokio::time::sleep(due.saturating_sub(self.monotonic())).await,
                Clock::Test(clock) => clock.reaches(due).await,
            }
        }
    }
}

/// What a test clock shows.
#[derive(Clone, Copy, Debug)]
struct Reading {
    now: DateTime<Utc>,
    monotonic: Duration,
}

/// A clock for tests: stands still until a test turns it, and wakes the tasks that sleep by it.
#[derive(Clone, Debug)]
pub struct TestClock {
    // Keeps the sender alive and turns exclusive.
    turn: Arc<Mutex<watch::Sender<Reading>>>,
    reading: watch::Receiver<Reading>,
}

impl TestClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let (turn, reading) =
            watch::channel(Reading { now: now.trunc_subsecs(6), monotonic: Duration::from_secs(1000) });
        Self { turn: Arc::new(Mutex::new(turn)), reading }
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.reading().now
    }

    /// Lets time pass.
    pub fn advance(&self, by: TimeDelta) {
        self.turn(|reading| {
            reading.now += by;
            reading.monotonic += by.to_std().unwrap_or(Duration::ZERO);
        });
    }

    /// Sets the wall clock forward or back, as an operator or a time server does, while no time passes.
    pub fn set_by(&self, by: TimeDelta) {
        self.turn(|reading| reading.now += by);
    }

    fn reading(&self) -> Reading {
        *self.reading.borrow()
    }

    fn turn(&self, change: impl FnOnce(&mut Reading)) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.send_modify(change);
    }

    async fn reaches(&self, due: Duration) {
        let mut reading = self.reading.clone();
        // The sender lives as long as `self`, so this only ends when the time has come.
        let _ = reading.wait_for(|reading| reading.monotonic >= due).await;
    }
}
