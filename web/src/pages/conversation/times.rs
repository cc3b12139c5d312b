//! The times of snoozes and scheduled messages: the presets, and a time on the clocks of the team's zone.

use crate::language::marked;
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Timelike, Utc};

/// Hour at which "this afternoon" begins.
const AFTERNOON: u32 = 14;
/// Hour at which a working day begins.
const MORNING: u32 = 9;

/// Returns the presets after `now`, soonest first. `local` returns a time on the clocks of the team's zone.
pub(super) fn presets(
    now: DateTime<Utc>,
    local: &impl Fn(DateTime<Utc>) -> NaiveDateTime,
) -> Vec<(&'static str, DateTime<Utc>)> {
    let today = local(now).date();
    let at = |days: u64, hour: u32| {
        let time = NaiveTime::from_hms_opt(hour, 0, 0)?;
        let day = today.checked_add_days(Days::new(days))?;
        Some(to_utc(day.and_time(time), local))
    };
    let to_monday = 7 - u64::from(today.weekday().num_days_from_monday());
    // To the minute, so that the time is the one that the screen shows.
    let in_an_hour = now + TimeDelta::milliseconds(3_600_000 - now.timestamp_millis() % 60_000);
    let mut presets = vec![(marked!("In 1 hour"), in_an_hour)];
    let afternoon = at(0, AFTERNOON).filter(|afternoon| *afternoon > now + TimeDelta::hours(1));
    presets.extend(afternoon.map(|afternoon| (marked!("This afternoon"), afternoon)));
    presets.extend(at(1, MORNING).map(|morning| (marked!("Tomorrow morning"), morning)));
    if to_monday > 1 {
        presets.extend(at(to_monday, MORNING).map(|monday| (marked!("Next Monday"), monday)));
    }
    presets
}

/// Returns the time at which the zone's clocks show `time`. If they show it twice, returns the second; if they skip it,
/// returns the time as long after the skipped hour.
pub(crate) fn to_utc(time: NaiveDateTime, local: &impl Fn(DateTime<Utc>) -> NaiveDateTime) -> DateTime<Utc> {
    let offset = |at: DateTime<Utc>| local(at) - at.naive_utc();
    let guess = time.and_utc() - offset(time.and_utc());
    // The offset at the guess is right, unless the clocks change between the two times.
    time.and_utc() - offset(guess)
}

/// Reads the value of an input for date and time: "2026-11-30T09:00".
pub(crate) fn parse(value: &str) -> Option<NaiveDateTime> {
    let mut numbers = value.split(['-', 'T', ':']).map(str::parse::<u32>);
    let mut next = || numbers.next()?.ok();
    let (year, month, day) = (i32::try_from(next()?).ok()?, next()?, next()?);
    NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(next()?, next()?, 0)
}

/// Returns the value of an input for date and time.
pub(crate) fn input_value(time: NaiveDateTime) -> String {
    let (year, month, day) = (time.year(), time.month(), time.day());
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}", time.hour(), time.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    /// The clocks of London in 2026: summer time from 29 March to 25 October, 01:00 UTC.
    fn london(at: DateTime<Utc>) -> NaiveDateTime {
        let is_summer = (utc("2026-03-29T01:00:00Z")..utc("2026-10-25T01:00:00Z")).contains(&at);
        at.naive_utc() + TimeDelta::hours(i64::from(is_summer))
    }

    /// The clocks of New York in 2026: summer time from 8 March, 07:00 UTC, to 1 November, 06:00 UTC.
    fn new_york(at: DateTime<Utc>) -> NaiveDateTime {
        let is_summer = (utc("2026-03-08T07:00:00Z")..utc("2026-11-01T06:00:00Z")).contains(&at);
        at.naive_utc() - TimeDelta::hours(5 - i64::from(is_summer))
    }

    fn labels(now: &str) -> Vec<&'static str> {
        presets(utc(now), &london).into_iter().map(|(label, _)| label).collect()
    }

    #[test]
    fn the_presets_are_times_of_the_zone() {
        // A Thursday in summer.
        let expected = [
            ("In 1 hour", "2026-07-02T10:30:00Z"),
            ("This afternoon", "2026-07-02T13:00:00Z"),
            ("Tomorrow morning", "2026-07-03T08:00:00Z"),
            ("Next Monday", "2026-07-06T08:00:00Z"),
        ];
        assert_eq!(
            presets(utc("2026-07-02T09:30:00Z"), &london),
            expected.map(|(label, at)| (label, utc(at)))
        );
    }

    #[test]
    fn a_preset_that_has_passed_or_repeats_another_is_left_out() {
        assert_eq!(labels("2026-07-02T14:00:00Z"), ["In 1 hour", "Tomorrow morning", "Next Monday"]);
        // A Sunday: tomorrow is Monday.
        assert_eq!(labels("2026-07-05T15:00:00Z"), ["In 1 hour", "Tomorrow morning"]);
        // A Monday: the next one is in a week.
        let monday = presets(utc("2026-07-06T15:00:00Z"), &london);
        assert_eq!(monday.last(), Some(&("Next Monday", utc("2026-07-13T08:00:00Z"))));
    }

    #[test]
    fn a_time_after_the_clocks_change_is_right() {
        // The Friday before the clocks go forward, and the one before they go back.
        let friday = presets(utc("2026-03-27T10:00:00Z"), &london);
        assert_eq!(friday.last(), Some(&("Next Monday", utc("2026-03-30T08:00:00Z"))));
        let friday = presets(utc("2026-10-23T10:00:00Z"), &london);
        assert_eq!(friday.last(), Some(&("Next Monday", utc("2026-10-26T09:00:00Z"))));
    }

    #[test]
    fn every_time_on_the_clocks_is_found_also_when_they_change() {
        for (value, expected) in [
            ("2026-03-29T00:59", "2026-03-29T00:59:00Z"),
            // Skipped: the clocks show 02:30.
            ("2026-03-29T01:30", "2026-03-29T01:30:00Z"),
            ("2026-03-29T02:00", "2026-03-29T01:00:00Z"),
            ("2026-10-25T00:30", "2026-10-24T23:30:00Z"),
            // Twice: the second one.
            ("2026-10-25T01:30", "2026-10-25T01:30:00Z"),
            ("2026-10-25T02:30", "2026-10-25T02:30:00Z"),
        ] {
            assert_eq!(to_utc(parse(value).unwrap(), &london), utc(expected), "{value}");
        }
        for (value, expected) in [
            ("2026-03-08T01:59", "2026-03-08T06:59:00Z"),
            ("2026-03-08T03:00", "2026-03-08T07:00:00Z"),
            ("2026-11-01T00:30", "2026-11-01T04:30:00Z"),
            ("2026-11-01T02:30", "2026-11-01T07:30:00Z"),
        ] {
            assert_eq!(to_utc(parse(value).unwrap(), &new_york), utc(expected), "{value}");
        }
    }

    #[test]
    fn the_value_of_an_input_is_read_and_written() {
        let time = parse("2026-11-30T09:05").unwrap();
        assert_eq!(input_value(time), "2026-11-30T09:05");
        assert_eq!(parse("2026-11-30T09:05:00"), Some(time));
        for invalid in ["", "2026-11-30", "2026-02-30T09:00", "x"] {
            assert_eq!(parse(invalid), None, "{invalid}");
        }
    }
}
