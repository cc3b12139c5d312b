//! Reads a number that somebody typed, with libphonenumber's data. The only place that knows what regions there are.

use phonenumber::{ParseError, country, metadata::DATABASE};
use shared::{ErrorCode, PhoneNumber};

use crate::error::ApiError;

/// Nobody types more than this for a number.
const LONGEST: usize = 50;

/// Why a text is not a number that can be texted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NumberFault {
    /// Nothing, or nothing that looks like a number.
    #[error("This is not a phone number. Type it as 07700 900123 or +44 7700 900123.")]
    NoNumber,
    /// It begins with a country code that is none.
    #[error("No country has this code. After the + comes the country's code, such as +44.")]
    UnknownCountry,
    /// It has too few digits for its country.
    #[error("This has too few digits for a number of {0}.")]
    TooShort(String),
    /// It has too many digits for its country.
    #[error("This has too many digits for a number of {0}.")]
    TooLong(String),
    /// It names a line behind a switchboard.
    #[error("An extension cannot be texted. Leave it out.")]
    Extension,
}

/// Whether this is a region whose numbers are known, as ISO 3166-1 alpha-2.
#[must_use]
pub fn is_region(code: &str) -> bool {
    code.parse::<country::Id>().is_ok() && DATABASE.by_id(code).is_some()
}

/// Reads a number, which may be local to the region. Whether its length is possible is checked, not whether the range
/// is in use: the data lags behind the regulators, and the gateway knows better (its error 21211).
///
/// # Errors
/// What is wrong with it, for whoever typed it.
pub fn parse(typed: &str, region: &str) -> Result<PhoneNumber, NumberFault> {
    let typed = typed.trim();
    let is_plain = |character: char| {
        character.is_ascii_digit()
            || character.is_whitespace()
            || "+-.()/\u{2010}\u{2011}\u{2013}".contains(character)
    };
    if typed.is_empty() || typed.len() > LONGEST {
        return Err(NumberFault::NoNumber);
    }
    if !typed.chars().all(is_plain) {
        let named = typed.to_lowercase();
        let extension = ["ext", "x", "#"].iter().any(|word| named.contains(word));
        return Err(if extension { NumberFault::Extension } else { NumberFault::NoNumber });
    }
    // `+44 (0)7700 900123` is how the British print it.
    let plain: String =
        typed.replace("(0)", "").chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let plain = with_plus(plain, region);
    // A national prefix of the team's own region means nothing in another country's number.
    let of_region = region.parse::<country::Id>().ok().filter(|_| !plain.starts_with('+'));
    let number = phonenumber::parse(of_region, &plain).map_err(|error| match error {
        ParseError::InvalidCountryCode => NumberFault::UnknownCountry,
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn => {
            NumberFault::TooShort(named(region, &plain))
        }
        ParseError::TooLong => NumberFault::TooLong(named(region, &plain)),
        ParseError::NoNumber | ParseError::MalformedInteger(_) => NumberFault::NoNumber,
    })?;
    check_length(&number)?;
    let e164 = format!("+{}{}", number.code().value(), number.national());
    e164.parse().map_err(|_| NumberFault::NoNumber)
}

/// The number of a request's field.
///
/// # Errors
/// `invalid_number`, naming the field.
pub fn field(field: &str, typed: &str, region: &str) -> Result<PhoneNumber, ApiError> {
    parse(typed, region).map_err(|fault| refused(field, &fault))
}

/// What a request is told whose field holds no number.
pub(crate) fn refused(field: &str, fault: &NumberFault) -> ApiError {
    ApiError::field(ErrorCode::InvalidNumber, field, "invalid", fault.to_string())
}

/// What the region dials before another country's code (`00`, `011`) is a plus.
fn with_plus(plain: String, region: &str) -> String {
    let prefix = DATABASE.by_id(region).and_then(|region| region.international_prefix());
    match prefix.and_then(|prefix| prefix.find(&plain)).filter(|found| found.start() == 0) {
        Some(found) => plain.get(found.end()..).map_or_else(String::new, |rest| format!("+{rest}")),
        None => plain,
    }
}

fn check_length(number: &phonenumber::PhoneNumber) -> Result<(), NumberFault> {
    let code = number.code().value();
    let length = u16::try_from(number.national().to_string().len()).unwrap_or(u16::MAX);
    let regions = DATABASE.by_code(&code).ok_or(NumberFault::UnknownCountry)?;
    // Of numbers that may take texts: the shortest of all are those of helplines and the like.
    let possible: Vec<u16> = regions
        .iter()
        .flat_map(|region| [region.descriptors().mobile(), region.descriptors().fixed_line()])
        .flatten()
        .flat_map(|kind| kind.possible_length())
        .copied()
        .collect();
    let name =
        || regions.first().map_or_else(|| format!("+{code}"), |region| format!("{} (+{code})", region.id()));
    match (possible.iter().min(), possible.iter().max()) {
        (Some(shortest), _) if length < *shortest => Err(NumberFault::TooShort(name())),
        (_, Some(longest)) if length > *longest => Err(NumberFault::TooLong(name())),
        _ if possible.is_empty() || possible.contains(&length) => Ok(()),
        _ => Err(NumberFault::TooShort(name())),
    }
}

/// What to call the country of a number that could not be read.
fn named(region: &str, plain: &str) -> String {
    if plain.starts_with('+') { "its country".to_owned() } else { region.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(typed: &str, region: &str) -> String {
        parse(typed, region).map_or_else(|fault| format!("{fault:?}"), |number| number.to_string())
    }

    #[test]
    fn any_usual_format_of_the_region_is_read() {
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
    fn what_is_wrong_is_said() {
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
            ("+999 1234567", "UnknownCountry"),
            ("020 7946 0000 ext 12", "Extension"),
        ] {
            assert!(read(typed, "GB").starts_with(wrong), "{typed:?}: {}", read(typed, "GB"));
        }
        assert_eq!(read(&"1".repeat(10_000), "GB"), "NoNumber");
    }

    #[test]
    fn regions_are_those_of_iso_3166() {
        assert!(["GB", "IE", "US", "DE", "IN"].into_iter().all(is_region));
        assert!(!["", "gb", "UK", "XX", "GBR", "🇬🇧"].into_iter().any(is_region));
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_read_or_refused(typed in "\\PC{0,60}") {
            let _ = parse(&typed, "GB");
        }

        #[test]
        fn what_was_read_is_read_again_as_the_same(digits in "0[127][0-9]{9}") {
            if let Ok(number) = parse(&digits, "GB") {
                prop_assert_eq!(parse(number.as_str(), "US"), Ok(number.clone()));
                prop_assert_eq!(parse(&number.display(), "GB"), Ok(number));
            }
        }
    }
}
