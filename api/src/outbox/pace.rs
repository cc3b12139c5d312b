//! How many texts are at the gateway at once. While it does not answer, or refuses our credentials, they are one at a time
//! and ever further apart, so that thousands that wait cost neither it nor the desk anything. Pure: it is told the time.

use std::time::Duration;

use chrono::TimeDelta;

use super::backoff::backoff;

/// How many texts are at the gateway at once.
const AT_ONCE: usize = 32;
/// After how many troubles in a row the pace slows down: fewer may be those of single numbers.
const PATIENCE: u32 = 8;
/// How far apart tries are at most while the gateway is in trouble: a text waits so long after its end.
const FURTHEST: TimeDelta = TimeDelta::seconds(15);

/// What a try told of the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It works.
    Answer,
    /// It does not, or turns us away for now.
    Trouble,
    /// It refuses our credentials.
    Refusal,
    /// It was not asked.
    Nothing,
}

/// The pace of a worker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How far apart tries are while it refuses our credentials.
    refused: TimeDelta,
    troubles: u32,
    not_before: Option<Duration>,
}

impl Pace {
    pub(super) const fn new(refused: TimeDelta) -> Self {
        Self { refused, troubles: 0, not_before: None }
    }

    /// How many more may go to the gateway now, where `at_work` are. `refused`: it refuses our credentials.
    pub(super) fn room(&self, at_work: usize, refused: bool, now: Duration) -> usize {
        if !refused && self.troubles < PATIENCE {
            return AT_ONCE.saturating_sub(at_work);
        }
        let may_go = at_work == 0 && self.not_before.is_none_or(|not_before| not_before <= now);
        usize::from(may_go)
    }

    /// Takes in what a try told.
    pub(super) fn note(&mut self, heard: Heard, now: Duration, jitter: f64) {
        match heard {
            Heard::Answer => *self = Self::new(self.refused),
            Heard::Trouble => {
                self.troubles = self.troubles.saturating_add(1);
                let wait = backoff((self.troubles + 1).saturating_sub(PATIENCE), jitter, None);
                self.not_before = Some(now + wait.min(FURTHEST).to_std().unwrap_or_default());
            }
            Heard::Refusal => self.not_before = Some(now + self.refused.to_std().unwrap_or_default()),
            Heard::Nothing => {}
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
    fn a_gateway_in_trouble_is_asked_once_at_a_time_and_ever_less_often() {
        let mut pace = Pace::new(TimeDelta::seconds(30));
        assert_eq!((pace.room(0, false, at(0)), pace.room(30, false, at(0))), (32, 2));
        for _ in 1..PATIENCE {
            pace.note(Heard::Trouble, at(0), 0.0);
            assert_eq!(pace.room(0, false, at(0)), 32);
        }
        pace.note(Heard::Trouble, at(0), 0.0);
        assert_eq!((pace.room(0, false, at(0)), pace.room(0, false, at(1))), (0, 1));
        assert_eq!(pace.room(1, false, at(1)), 0);
        for _ in 0..10 {
            pace.note(Heard::Trouble, at(1), 0.9);
        }
        assert_eq!((pace.room(0, false, at(15)), pace.room(0, false, at(16))), (0, 1));
        pace.note(Heard::Answer, at(16), 0.0);
        assert_eq!(pace.room(0, false, at(16)), 32);
    }

    #[test]
    fn a_gateway_that_refuses_us_is_asked_every_half_minute_and_at_once_after_a_start() {
        let mut pace = Pace::new(TimeDelta::seconds(30));
        assert_eq!(pace.room(0, true, at(0)), 1);
        pace.note(Heard::Refusal, at(0), 0.0);
        assert_eq!((pace.room(0, true, at(29)), pace.room(0, true, at(30))), (0, 1));
        // Another replica was let in meanwhile.
        assert_eq!(pace.room(0, false, at(1)), 32);
    }
}
