//! How many messages of a campaign may go out now.

use chrono::{DateTime, TimeDelta, Utc};

/// How far behind its pace a campaign may catch up. After a pause or a restart it continues at its pace.
const CATCH_UP: TimeDelta = TimeDelta::seconds(5);

/// Returns the number of messages that may go out now, at most `most`, and when the next one is due. `pace`: messages per
/// minute.
pub(super) fn due(due_at: DateTime<Utc>, now: DateTime<Utc>, pace: i32, most: i64) -> (i64, DateTime<Utc>) {
    let interval = 60_000_000 / i64::from(pace.max(1));
    let start = due_at.max(now - CATCH_UP);
    let waited = (now - start).num_microseconds().unwrap_or(0);
    if waited < 0 {
        return (0, due_at);
    }
    let count = (waited / interval + 1).min(most);
    (count, start + TimeDelta::microseconds(count * interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_000_000 + seconds, 0).unwrap()
    }

    #[test]
    fn messages_go_out_at_the_pace() {
        assert_eq!(due(at(0), at(0), 60, 50), (1, at(1)));
        assert_eq!(due(at(1), at(0), 60, 50), (0, at(1)));
        assert_eq!(due(at(0), at(3), 60, 50), (4, at(4)));
        assert_eq!(due(at(0), at(4), 1, 50), (1, at(60)));
    }

    #[test]
    fn a_slice_is_limited_and_the_rest_stays_due() {
        assert_eq!(due(at(0), at(1), 6000, 50), (50, at(0) + TimeDelta::milliseconds(500)));
    }

    #[test]
    fn a_campaign_does_not_catch_up_with_a_long_stop() {
        assert_eq!(due(at(0), at(3600), 60, 50), (6, at(3601)));
    }

    #[test]
    fn every_minute_has_at_most_as_many_messages_as_the_pace() {
        for pace in [1, 7, 60, 999, 60_000] {
            let (mut due_at, mut sent, mut now) = (at(0), 0, at(0));
            while now < at(60) {
                let (count, next) = due(due_at, now, pace, 1000);
                (sent, due_at, now) = (sent + count, next, now + TimeDelta::milliseconds(317));
            }
            assert!((sent - i64::from(pace)).abs() <= i64::from(pace) / 60 + 1, "{pace}: {sent}");
        }
    }
}
