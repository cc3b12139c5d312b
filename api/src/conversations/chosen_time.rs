//! Times that callers choose in advance: for a snooze, and for a scheduled message.

use chrono::{DateTime, TimeDelta, Utc};

/// How far in the future a time can be. A leap year has 366 days.
const LONGEST: TimeDelta = TimeDelta::days(366);

/// Why a time cannot be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTime {
    /// The time is not in the future.
    #[error("Choose a time in the future.")]
    Past,
    /// The time is more than a year away.
    #[error("Choose a time within the next year.")]
    TooFar,
}

impl InvalidTime {
    /// Returns the machine-readable code for `errors[].code`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Past => "in_the_past",
            Self::TooFar => "too_far",
        }
    }
}

/// Checks that a time is in the future, and within a year.
///
/// # Errors
/// [`InvalidTime`].
pub(crate) fn require_time(chosen: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), InvalidTime> {
    match chosen - now {
        wait if wait <= TimeDelta::zero() => Err(InvalidTime::Past),
        wait if wait > LONGEST => Err(InvalidTime::TooFar),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chosen_time_is_in_the_future_within_a_year() {
        let now = DateTime::UNIX_EPOCH;
        for (wait, expected) in [
            (TimeDelta::milliseconds(-1), Err(InvalidTime::Past)),
            (TimeDelta::zero(), Err(InvalidTime::Past)),
            (TimeDelta::milliseconds(1), Ok(())),
            (TimeDelta::days(366), Ok(())),
            (TimeDelta::days(367), Err(InvalidTime::TooFar)),
        ] {
            assert_eq!(require_time(now + wait, now), expected, "{wait}");
        }
    }
}
