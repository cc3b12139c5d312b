//! What a term means as a number: the complete numbers that it can be, and the first digits of numbers that it can be.
//! Both depend on the regions of the teams, whose numbers are typed without a country code.

use crate::numbers::{parse::parse, region::country_code};

use super::term::Term;

/// Returns the complete numbers that the term can be, in E.164. None, if it is only a part of a number.
pub(super) fn numbers(term: &Term, regions: &[String]) -> Vec<String> {
    let Some(digits) = &term.digits else { return Vec::new() };
    let mut numbers: Vec<String> = Vec::new();
    let typed = regions.iter().filter_map(|region| parse(&term.typed, region).ok());
    // A country code can be typed without a plus.
    let international = parse(&format!("+{digits}"), "").ok().filter(|_| !is_national(&term.typed));
    for number in typed.chain(international) {
        if !numbers.iter().any(|known| known == number.as_str()) {
            numbers.push(number.as_str().to_owned());
        }
    }
    numbers
}

/// Returns the beginnings of numbers in E.164 that the term can be.
pub(super) fn beginnings(term: &Term, regions: &[String]) -> Vec<String> {
    let Some(digits) = &term.digits else { return Vec::new() };
    let mut beginnings = Vec::new();
    if !is_national(&term.typed) {
        beginnings.push(format!("+{digits}"));
    }
    if !is_international(&term.typed) {
        for code in regions.iter().filter_map(|region| country_code(region)) {
            let beginning = format!("+{code}{digits}");
            if !beginnings.contains(&beginning) {
                beginnings.push(beginning);
            }
        }
    }
    beginnings
}

fn first_characters(typed: &str) -> &str {
    typed.trim_start_matches(['(', ' '])
}

fn is_international(typed: &str) -> bool {
    let first = first_characters(typed);
    first.starts_with('+') || first.starts_with("00")
}

/// Whether the term begins with the 0 of a number without a country code.
fn is_national(typed: &str) -> bool {
    !is_international(typed) && first_characters(typed).starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str, regions: &[&str]) -> (Vec<String>, Vec<String>) {
        let term = Term::parse(typed).unwrap();
        let regions: Vec<String> = regions.iter().map(|region| (*region).to_owned()).collect();
        (numbers(&term, &regions), beginnings(&term, &regions))
    }

    #[test]
    fn a_complete_number_is_recognised_in_any_usual_format() {
        for typed in [
            "07500 000123",
            "+44 7500 000123",
            "0044 7500 000123",
            "+44 (0)7500 000123",
            "447500000123",
            "7500 000123",
            "(07500) 000-123",
        ] {
            assert_eq!(read(typed, &["GB", "GB"]).0, ["+447500000123"], "{typed}");
        }
        for typed in ["07500 000", "000123", "A-10021", "Maria"] {
            assert_eq!(read(typed, &["GB"]).0, [""; 0], "{typed}");
        }
    }

    #[test]
    fn a_number_without_a_country_code_can_be_of_each_teams_region() {
        assert_eq!(read("07500 000123", &["GB", "IN"]).0, ["+447500000123", "+917500000123"]);
        assert_eq!(read("087 123 4567", &["GB", "IE"]).0, ["+353871234567"]);
        assert_eq!(read("+353 87 123 4567", &["GB", "IE"]).0, ["+353871234567"]);
        assert_eq!(read("07500 000123", &[]).0, [""; 0]);
    }

    #[test]
    fn the_beginning_of_a_number_is_typed_with_or_without_a_country_code() {
        for (typed, expected) in [
            ("07500 0001", vec!["+4475000001", "+35375000001"]),
            ("+44 7500", vec!["+447500"]),
            ("0044 7500", vec!["+447500"]),
            ("7500", vec!["+7500", "+447500", "+3537500"]),
            ("Maria", vec![]),
        ] {
            assert_eq!(read(typed, &["GB", "GB", "IE"]).1, expected, "{typed}");
        }
    }
}
