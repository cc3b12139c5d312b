//! The only place that asks what time it is. Everything else is handed a [`Clock`], so that tests can turn it.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
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

    /// Returns at `due`, or at once when that has passed.
    pub async fn sleep_until(&self, due: DateTime<Utc>) {
        match self {
            Clock::System => {
                let wait = (due - self.now()).to_std().unwrap_or(Duration::ZERO);
                tokio::time::sleep(wait).await;
            }
            Clock::Test(clock) => clock.reaches(due).await,
        }
    }

    /// Returns after `time`.
    pub fn sleep(&self, time: TimeDelta) -> impl Future<Output = ()> {
        self.sleep_until(self.now() + time)
    }
}

/// A clock for tests: stands still until it is turned, and wakes those who sleep by it.
#[derive(Clone, Debug)]
pub struct TestClock {
    // Keeps the sender alive and turns exclusive.
    turn: Arc<Mutex<watch::Sender<DateTime<Utc>>>>,
    time: watch::Receiver<DateTime<Utc>>,
}

impl TestClock {
    /// A clock that shows `now`.
    #[must_use]
    pub fn at(now: DateTime<Utc>) -> Self {
        let (turn, time) = watch::channel(now.trunc_subsecs(6));
        Self { turn: Arc::new(Mutex::new(turn)), time }
    }

    /// What the clock shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        *self.time.borrow()
    }

    /// Turns the clock forward.
    pub fn advance(&self, by: TimeDelta) {
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        turn.send_modify(|now| *now += by);
    }

    async fn reaches(&self, due: DateTime<Utc>) {
        let mut time = self.time.clone();
        // The sender lives as long as `self`, so this only ends when the time has come.
        let _ = time.wait_for(|now| *now >= due).await;
    }
}
