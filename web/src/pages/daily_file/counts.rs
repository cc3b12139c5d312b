//! Formats counts and file sizes.

/// "1,204,000"
pub(super) fn grouped(count: i64) -> String {
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

/// "1 customer", "1,204 customers".
pub(super) fn customers(count: i64) -> String {
    format!("{} customer{}", grouped(count), if count == 1 { "" } else { "s" })
}

/// "under 1 kB", "340 kB", "12.3 MB".
pub(super) fn size(bytes: f64) -> String {
    let kilobytes = (bytes / 1000.0) as i64;
    match kilobytes {
        ..1 => "under 1 kB".to_owned(),
        1..1000 => format!("{kilobytes} kB"),
        _ => format!("{}.{} MB", grouped(kilobytes / 1000), kilobytes % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped() {
        let texts = [0, 7, 999, 1000, 12_345, 1_204_000, -1000].map(grouped);
        assert_eq!(texts, ["0", "7", "999", "1,000", "12,345", "1,204,000", "-1,000"]);
        assert_eq!(customers(1), "1 customer");
        assert_eq!(customers(1204), "1,204 customers");
    }

    #[test]
    fn a_size_is_shown_in_its_largest_unit() {
        let texts = [0.0, 999.0, 1000.0, 340_900.0, 12_345_678.0, 1_500_000_000.0].map(size);
        assert_eq!(texts, ["under 1 kB", "under 1 kB", "1 kB", "340 kB", "12.3 MB", "1,500.0 MB"]);
    }
}
