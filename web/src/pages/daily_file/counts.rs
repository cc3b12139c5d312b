//! Formats counts and file sizes.

use crate::language::{number, plural, t};

/// "1 customer", "1,204 customers".
pub(super) fn customers(count: i64) -> String {
    plural!(count, "{number} customer", "{number} customers", number = number(count))
}

/// "under 1 kB", "340 kB", "12.3 MB".
pub(super) fn size(bytes: f64) -> String {
    let kilobytes = (bytes / 1000.0) as i64;
    match kilobytes {
        ..1 => t!("under 1 kB").to_owned(),
        1..1000 => t!("{kilobytes} kB", kilobytes),
        _ => t!("{whole}.{tenth} MB", whole = number(kilobytes / 1000), tenth = kilobytes % 1000 / 100),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_of_one_customer_is_singular() {
        assert_eq!(customers(1), "1 customer");
        assert_eq!(customers(1204), "1,204 customers");
    }

    #[test]
    fn a_size_is_shown_in_its_largest_unit() {
        let texts = [0.0, 999.0, 1000.0, 340_900.0, 12_345_678.0, 1_500_000_000.0].map(size);
        assert_eq!(texts, ["under 1 kB", "under 1 kB", "1 kB", "340 kB", "12.3 MB", "1,500.0 MB"]);
    }
}
