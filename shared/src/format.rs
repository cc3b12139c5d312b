//! Formats counts and durations for screens and problems.

/// Formats a count with its noun, whose plural ends in s: "1 character", "3 characters", "1,204 characters".
#[must_use]
pub fn pluralize(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", group_digits(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// Formats a number with thousands separators: "1,204,000".
#[must_use]
pub fn group_digits(count: i64) -> String {
    let digits = count.unsigned_abs().to_string();
    let mut text = String::from(if count < 0 { "-" } else { "" });
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Formats a waiting time, rounded up: "30 seconds", "15 minutes", "2 hours".
#[must_use]
pub fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let (count, noun) = match seconds {
        0..MINUTE => (seconds.max(1), "second"),
        MINUTE..=HOUR => (seconds.div_ceil(MINUTE), "minute"),
        _ => (seconds.div_ceil(HOUR), "hour"),
    };
    pluralize(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_one_is_singular() {
        assert_eq!(pluralize(1, "character"), "1 character");
        assert_eq!(pluralize(0, "character"), "0 characters");
        assert_eq!(pluralize(1204, "customer"), "1,204 customers");
    }

    #[test]
    fn large_counts_are_grouped() {
        let texts = [0, 7, 999, 1000, 12_345, 1_204_000, -1000].map(group_digits);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,204,000", "-1,000"]);
    }

    #[test]
    fn a_waiting_time_is_rounded_up_to_a_whole_unit() {
        let texts = [0, 1, 30, 60, 61, 120, 896, 900, 3600, 3601, 7200, 90_000].map(duration);
        assert_eq!(
            texts,
            [
                "1 second",
                "1 second",
                "30 seconds",
                "1 minute",
                "2 minutes",
                "2 minutes",
                "15 minutes",
                "15 minutes",
                "60 minutes",
                "2 hours",
                "2 hours",
                "25 hours"
            ]
        );
    }
}
