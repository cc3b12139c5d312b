//! Reads times in the one format in which the server writes them: RFC 3339 in UTC, `2026-11-22T09:14:05.123456Z`.
//! chrono's own reader accepts many formats, which is more code than the app should download.

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Deserializer, de::Error};

/// Number of digits in a whole second's fraction.
const NANOSECOND_DIGITS: usize = 9;

/// Deserialises a time.
pub(crate) fn required<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    parse(&String::deserialize(deserializer)?).ok_or_else(|| D::Error::custom("not a time in UTC"))
}

/// Deserialises a time or `null`.
pub(crate) fn optional<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| parse(&text).ok_or_else(|| D::Error::custom("not a time in UTC"))).transpose()
}

/// Parses a time. The server accepts every time of RFC 3339, as its document says; the app reads only the server's.
fn parse(text: &str) -> Option<DateTime<Utc>> {
    #[cfg(feature = "openapi")]
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.to_utc());
    }
    parse_utc(text)
}

fn parse_utc(text: &str) -> Option<DateTime<Utc>> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [year, month, day] = three(date, '-')?;
    let [hour, minute, second] = three(time, ':')?;
    let missing_digits = u32::try_from(NANOSECOND_DIGITS.checked_sub(fraction.len())?).ok()?;
    let nanoseconds = if fraction.is_empty() { 0 } else { number(fraction)? * 10_u32.pow(missing_digits) };
    let date = NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(date.and_hms_nano_opt(hour, minute, second, nanoseconds)?.and_utc())
}

fn three(text: &str, separator: char) -> Option<[u32; 3]> {
    let mut parts = text.split(separator);
    let numbers = [number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?];
    parts.next().is_none().then_some(numbers)
}

/// Parses digits. `parse` alone would accept a plus sign.
fn number(digits: &str) -> Option<u32> {
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_time_that_is_written_is_read(
            // The years 1 to 9999.
            seconds in -62_135_596_800..253_402_300_799_i64,
            nanoseconds in 0..1_000_000_000_u32,
            digits in 0..=9_u32,
        ) {
            let unit = 10_u32.pow(9 - digits);
            let time = DateTime::from_timestamp(seconds, nanoseconds / unit * unit).unwrap();
            let written = serde_json::to_value(time).unwrap();
            prop_assert_eq!(parse_utc(written.as_str().unwrap()), Some(time));
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "Z",
            "2026-11-22",
            "2026-11-22T09:14:05",
            "2026-11-22T09:14:05+00:00",
            "2026-11-22T09:14Z",
            "2026-11-22T09:14:05:06Z",
            "2026-02-30T09:14:05Z",
            "2026-11-22T24:14:05Z",
            "2026-11-22T+9:14:05Z",
            "2026-11-22T09:14:05.1234567890Z",
        ] {
            assert_eq!(parse_utc(text), None, "{text}");
        }
    }
}
