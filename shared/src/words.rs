//! Counts and durations in words, for screens and problems.

/// "1 character", "3 characters", "1,204 characters": a count with its noun, whose plural ends in s.
#[must_use]
pub fn counted(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", grouped(i64::try_from(count).unwrap_or(i64::MAX)))
}

/// "1,204,000"
#[must_use]
pub fn grouped(count: i64) -> String {
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

/// "30 seconds", "15 minutes", "2 hours": a wait, rounded up, so that it is over when the words say so.
#[must_use]
pub fn duration(seconds: u64) -> String {
    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;
    let (count, noun) = match seconds {
        0..MINUTE => (seconds.max(1), "second"),
        MINUTE..=HOUR => (seconds.div_ceil(MINUTE), "minute"),
        _ => (seconds.div_ceil(HOUR), "hour"),
    };
    counted(usize::try_from(count).unwrap_or(usize::MAX), noun)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_thing_stands_in_the_singular() {
        assert_eq!(counted(1, "character"), "1 character");
        assert_eq!(counted(0, "character"), "0 characters");
        assert_eq!(counted(1204, "customer"), "1,204 customers");
    }

    #[test]
    fn large_counts_are_grouped() {
        let texts = [0, 7, 999, 1000, 12_345, 1_204_000, -1000].map(grouped);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,204,000", "-1,000"]);
    }

    #[test]
    fn a_wait_is_rounded_up_to_the_unit_that_people_use() {
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
