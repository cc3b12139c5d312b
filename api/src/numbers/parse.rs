//! Parses phone numbers as people type them, with libphonenumber's data.

use phonenumber::{country, metadata::DATABASE};
use shared::{PhoneNumber, clean::clean_digits};

use super::{
    countries::number_of,
    lengths::{Length, Lengths},
    plan::Plan,
};

/// Maximum length of a typed number.
pub(crate) const MAX_CHARS: usize = 50;
/// Mexican mobile numbers had a 1 after the country code until 2019, and networks still deliver messages from them.
const OLD_MEXICAN: (u16, char, usize) = (52, '1', 11);

/// Why a text is not a valid phone number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// The text is empty or does not look like a number.
    #[error("This is not a phone number. Any format is fine, e.g. 07700 900123 or +44 7700 900123.")]
    NoNumber,
    /// The country code does not exist.
    #[error("No country has this code. Type the country code after the +, e.g. +44.")]
    UnknownCountry,
    /// The number has too few digits for its country.
    #[error("Too short for {0}.")]
    TooShort(String),
    /// The number has too many digits for its country.
    #[error("Too long for {0}.")]
    TooLong(String),
    /// No number of the country has this first digit.
    #[error("{1} cannot begin with {0}. Check the number.")]
    UnknownPrefix(char, String),
    /// The number has an extension.
    #[error("Leave out the extension: only the number itself can receive texts.")]
    Extension,
}

/// A field of a request contains an invalid number.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct InvalidNumber {
    /// The field.
    pub field: &'static str,
    /// Why the number is invalid.
    pub fault: NumberFault,
}

/// Whether this is the ISO 3166-1 alpha-2 code of a region whose numbers can be parsed.
#[must_use]
pub fn is_region(code: &str) -> bool {
    code.parse::<country::Id>().is_ok() && DATABASE.by_id(code).is_some()
}

/// Parses a number, which may be local to the region. Checks its length against numbers with the same first digits.
/// Does not check whether its range is in use: the data lags behind the regulators, and the gateway reports invalid
/// numbers (error 21211).
///
/// # Errors
/// The fault, as a message for the user who typed the number.
pub fn parse(typed: &str, region: &str) -> Result<PhoneNumber, NumberFault> {
    let (is_international, digits) = digits(typed)?;
    let plan = Plan::of(region);
    if is_international {
        // `+0044` has both forms of the international prefix.
        return international(digits.strip_prefix("00").unwrap_or(&digits), region);
    }
    let Some(plan) = plan else { return Err(NumberFault::NoNumber) };
    if let Some(abroad) = plan.without_international_prefix(&digits) {
        return international(abroad, region);
    }
    let national = plan.without_own_code(&digits).unwrap_or_else(|| plan.without_national_prefix(&digits));
    checked(plan.code, &national, region)
}

/// Returns the E.164 number of a text with a plus and digits. Applies no rules of any country.
pub(crate) fn spelled_out(typed: &str) -> Option<PhoneNumber> {
    let (is_international, digits) = digits(typed).ok()?;
    is_international.then(|| format!("+{digits}").parse().ok()).flatten()
}

/// Returns whether a text begins with a plus, and its digits.
fn digits(typed: &str) -> Result<(bool, String), NumberFault> {
    // Cleaning shortens a text, but text of this length cannot be a number.
    if typed.len() > MAX_CHARS * 8 {
        return Err(NumberFault::NoNumber);
    }
    let cleaned = clean_digits(typed);
    let is_plain = |character: char| {
        character.is_ascii_digit() || character.is_ascii_whitespace() || "+-.()/".contains(character)
    };
    if cleaned.chars().count() > MAX_CHARS {
        return Err(NumberFault::NoNumber);
    }
    if !cleaned.chars().all(is_plain) {
        let named = cleaned.to_lowercase();
        let is_extension = cleaned.contains(|c: char| c.is_ascii_digit())
            && ["ext", "x", "#"].iter().any(|word| named.contains(word));
        return Err(if is_extension { NumberFault::Extension } else { NumberFault::NoNumber });
    }
    let unbracketed = cleaned.trim_start_matches(['(', ' ']);
    let is_international = unbracketed.starts_with('+');
    if unbracketed.trim_start_matches('+').contains('+') {
        return Err(NumberFault::NoNumber);
    }
    // `+44 (0)7700 900123` is a common notation in the UK.
    let digits: String = cleaned.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() { Err(NumberFault::NoNumber) } else { Ok((is_international, digits)) }
}

/// Parses the digits of a number that begins with a country code. Messages use the names of `region`, if it has this
/// code.
fn international(digits: &str, region: &str) -> Result<PhoneNumber, NumberFault> {
    let split = (1..=3).find_map(|end| {
        let code: u16 = digits.get(..end)?.parse().ok()?;
        (code > 0 && !digits.starts_with('0') && DATABASE.by_code(&code).is_some())
            .then_some((code, digits.get(end..)?))
    });
    let (code, national) = split.ok_or(NumberFault::UnknownCountry)?;
    if is_old_mexican(code, national) {
        return e164(code, national);
    }
    match Plan::of_code(code) {
        Some(plan) => checked(code, &plan.without_national_prefix(national), region),
        None => checked(code, national, region),
    }
}

/// Checks the length of a national number.
fn checked(code: u16, national: &str, region: &str) -> Result<PhoneNumber, NumberFault> {
    let named = || {
        let plan = Plan::of(region).filter(|plan| plan.code == code).or_else(|| Plan::of_code(code));
        plan.and_then(|plan| number_of(&plan.id)).unwrap_or_else(|| format!("a number with +{code}"))
    };
    match Lengths::of(code).check(national) {
        Length::Right => e164(code, national),
        Length::TooShort => Err(NumberFault::TooShort(named())),
        Length::TooLong => Err(NumberFault::TooLong(named())),
        Length::UnknownPrefix => {
            let sentence = named();
            let subject = sentence.strip_prefix("a ").map_or(sentence.clone(), |rest| format!("A {rest}"));
            Err(match national.chars().next() {
                Some(first) => NumberFault::UnknownPrefix(first, subject),
                None => NumberFault::TooShort(sentence),
            })
        }
    }
}

fn is_old_mexican(code: u16, national: &str) -> bool {
    let (mexico, first, length) = OLD_MEXICAN;
    code == mexico && national.starts_with(first) && national.len() == length
}

fn e164(code: u16, national: &str) -> Result<PhoneNumber, NumberFault> {
    format!("+{code}{national}").parse().map_err(|_| NumberFault::NoNumber)
}

/// Parses the number in a field of a request.
///
/// # Errors
/// The fault, with the field.
pub fn parse_field(field: &'static str, typed: &str, region: &str) -> Result<PhoneNumber, InvalidNumber> {
    parse(typed, region).map_err(|fault| InvalidNumber { field, fault })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(typed: &str, region: &str) -> String {
        parse(typed, region).map_or_else(|fault| format!("{fault:?}"), |number| number.to_string())
    }

    #[test]
    fn common_formats_of_the_region_are_parsed() {
        for typed in [
            "07700 900123",
            "07700900123",
            "(07700) 900-123",
            "07700.900.123",
            " +44 7700 900123 ",
            "+44 (0)7700 900123",
            "0044 7700 900123",
            "7700 900123",
        ] {
            assert_eq!(read(typed, "GB"), "+447700900123", "{typed}");
        }
        assert_eq!(read("(500) 555-0006", "US"), "+15005550006");
        assert_eq!(read("011 44 7700 900123", "US"), "+447700900123");
        assert_eq!(read("087 123 4567", "IE"), "+353871234567");
    }

    #[test]
    fn another_countrys_number_keeps_its_own_prefixes() {
        assert_eq!(read("+1 500 555 0006", "GB"), "+15005550006");
        assert_eq!(read("+39 06 1234 5678", "GB"), "+390612345678");
        assert_eq!(read("00 39 06 1234 5678", "GB"), "+390612345678");
        assert_eq!(read("+33 6 12 34 56 78", "GB"), "+33612345678");
    }

    #[test]
    fn invalid_numbers_are_refused_with_the_reason() {
        for (typed, wrong) in [
            ("", "NoNumber"),
            ("   ", "NoNumber"),
            ("call me", "NoNumber"),
            ("+", "NoNumber"),
            ("😀", "NoNumber"),
            ("<script>", "NoNumber"),
            ("0800 FLOWERS", "NoNumber"),
            ("07700 900", "TooShort"),
            ("+44 7700 900", "TooShort"),
            ("07700 900123 4", "TooLong"),
            ("0791112345", "TooShort"),
            ("07700 90012", "TooShort"),
            ("+44 77009 0012", "TooShort"),
            ("+44 0", "TooShort"),
            ("07700+900123", "NoNumber"),
            ("+999 1234567", "UnknownCountry"),
            ("020 7946 0000 ext 12", "Extension"),
        ] {
            assert!(read(typed, "GB").starts_with(wrong), "{typed:?}: {}", read(typed, "GB"));
        }
        assert_eq!(read(&"1".repeat(10_000), "GB"), "NoNumber");
    }

    #[test]
    fn messages_name_the_country() {
        let message = |typed: &str, region: &str| parse(typed, region).unwrap_err().to_string();
        assert_eq!(message("07700 900", "GB"), "Too short for a UK number.");
        assert_eq!(message("0151 2345", "DE"), "Too short for a number in Germany.");
        assert_eq!(message("+1 500 555 00067", "GB"), "Too long for a US number.");
        assert_eq!(message("416 555 01234", "CA"), "Too long for a number in Canada.");
        assert_eq!(message("155 555 0123", "US"), "A US number cannot begin with 1. Check the number.");
    }

    #[test]
    fn a_national_number_may_begin_with_its_own_country_code() {
        for (region, typed, expected) in [
            ("IT", "391 231 2312", "+393912312312"),
            ("IT", "39 391 231 2312", "+393912312312"),
            ("IT", "+39 391 231 2312", "+393912312312"),
            ("IT", "06 1234 5678", "+390612345678"),
            ("IN", "91987 65432", "+919198765432"),
            ("IN", "091987 65432", "+919198765432"),
            ("IN", "91 98765 43210", "+919876543210"),
            ("NO", "47 12 34 56", "+4747123456"),
            ("NO", "47 47 12 34 56", "+4747123456"),
            ("DK", "45 12 34 56", "+4545123456"),
            ("KZ", "701 234 5678", "+77012345678"),
            ("KZ", "7 701 234 5678", "+77012345678"),
            ("KZ", "8 701 234 5678", "+77012345678"),
            ("BR", "55 91234 5678", "+5555912345678"),
            ("BR", "55 55 91234 5678", "+5555912345678"),
            ("TH", "066 123 4567", "+66661234567"),
            ("TH", "66 123 4567", "+66661234567"),
            ("VN", "084 123 4567", "+84841234567"),
            ("VN", "84 123 45 67", "+84841234567"),
            ("VN", "+84 84 123 45 67", "+84841234567"),
            ("RU", "8 800 555 35 35", "+78005553535"),
            ("RU", "7 495 123 45 67", "+74951234567"),
            ("DE", "49 1512 3456789", "+4915123456789"),
            ("US", "1 500 555 0006", "+15005550006"),
            ("FR", "33 6 12 34 56 78", "+33612345678"),
            ("GB", "447700900123", "+447700900123"),
            ("CN", "86 138 1234 5678", "+8613812345678"),
            ("AR", "011 15 1234 5678", "+5491112345678"),
        ] {
            assert_eq!(read(typed, region), expected, "{typed} in {region}");
        }
    }

    #[test]
    fn digits_of_a_foreign_number_are_not_stripped_as_a_prefix() {
        for region in ["GB", "US", "RU"] {
            assert_eq!(read("+7 800 555 35 35", region), "+78005553535");
            assert_eq!(read("+36 20 123 4567", region), "+36201234567");
            assert_eq!(
                read("+52 1 55 1234 5678", region),
                "+5215512345678",
                "networks still use these numbers"
            );
        }
    }

    #[test]
    fn invisible_characters_are_ignored_and_other_scripts_digits_accepted() {
        for typed in [
            "\u{202a}+44 7700 900123\u{202c}",
            "07700\u{2011}900123",
            "\u{feff}07700\u{200b} 900123",
            "０７７００　９００１２３",
            "٠٧٧٠٠ ٩٠٠١٢٣",
            "＋४४ ७७०० ९००१२३",
        ] {
            assert_eq!(read(typed, "GB"), "+447700900123", "{typed:?}");
        }
    }

    #[test]
    fn regions_are_iso_3166_codes() {
        assert!(["GB", "IE", "US", "DE", "IN"].into_iter().all(is_region));
        assert!(!["", "gb", "UK", "XX", "GBR", "🇬🇧"].into_iter().any(is_region));
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused_without_a_panic(typed in "\\PC{0,60}") {
            let _ = parse(&typed, "GB");
        }

        #[test]
        fn a_parsed_number_is_parsed_to_itself(
            digits in "[0-9]{6,13}",
            region in proptest::sample::select(vec![
                "GB", "IE", "US", "DE", "FR", "IT", "IN", "NO", "DK", "TH", "VN", "NL", "ES",
            ]),
            other in proptest::sample::select(vec!["GB", "US", "IT", "IN", "BR", "VN"]),
        ) {
            if let Ok(number) = parse(&digits, region) {
                prop_assert_eq!(parse(number.as_str(), other), Ok(number.clone()));
                prop_assert_eq!(parse(&number.display(), region), Ok(number));
            }
        }
    }
}
