//! Parses the numbers of a whole file fast: the most common formats of a region by their digits alone, all others with
//! [`parse`]. The results are the same as those of [`parse`], which a property test checks.

use std::sync::Arc;

use phonenumber::metadata::DATABASE;
use shared::PhoneNumber;

use super::{
    lengths::{Length, Lengths},
    parse::{NumberFault, parse},
    plan::Plan,
};

/// A region whose numbers are parsed.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    id: String,
    plain: Option<Plain>,
}

/// The rules of a region whose common formats can be parsed by their digits alone.
#[derive(Clone, Debug)]
struct Plain {
    /// The country code as text.
    code: String,
    /// The national prefix, if the country has one.
    prefix: Option<String>,
    /// First digits of numbers for which libphonenumber has special rules.
    special: Vec<String>,
    /// The possible lengths of numbers.
    lengths: Arc<Lengths>,
    plan: Arc<Plan>,
}

/// Returns the country code of a region.
pub(crate) fn country_code(id: &str) -> Option<u16> {
    DATABASE.by_id(id).map(|region| region.country_code())
}

impl Region {
    pub(crate) fn of(id: &str) -> Self {
        Self { id: id.to_owned(), plain: Plain::of(id) }
    }

    /// Parses a number, which may be local to the region.
    ///
    /// # Errors
    /// Why the text is not a valid number.
    pub(crate) fn parse(&self, typed: &str) -> Result<PhoneNumber, NumberFault> {
        match self.plain.as_ref().and_then(|plain| plain.parse(typed)) {
            Some(number) => Ok(number),
            None => parse(typed, &self.id),
        }
    }
}

impl Plain {
    fn of(id: &str) -> Option<Self> {
        let region = DATABASE.by_id(id)?;
        let prefix = region.national_prefix();
        let special = prefixes(region.national_prefix_for_parsing().map(|pattern| pattern.as_str()))?;
        if region.national_prefix_transform_rule().is_some() {
            return None;
        }
        let code = region.country_code();
        Some(Self {
            code: code.to_string(),
            prefix: prefix.map(str::to_owned),
            special,
            lengths: Lengths::of(code),
            plan: Plan::of(id)?,
        })
    }

    fn parse(&self, typed: &str) -> Option<PhoneNumber> {
        let typed = typed.trim();
        let (international, rest) = match typed.strip_prefix('+') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        let mut digits = String::with_capacity(24);
        for character in rest.chars() {
            match character {
                '0'..='9' if digits.len() < 20 => digits.push(character),
                ' ' | '-' | '.' => {}
                _ => return None,
            }
        }
        let national = if international {
            digits.strip_prefix(&self.code)?
        } else {
            match self.prefix.as_ref().and_then(|prefix| digits.strip_prefix(prefix)) {
                Some(national) => national,
                None if digits.starts_with(&self.code) || self.is_special(&digits) => return None,
                None => &digits,
            }
        };
        let is_abroad = !international && self.plan.without_international_prefix(&digits).is_some();
        if national.starts_with('0')
            || self.is_special(national)
            || is_abroad
            || self.lengths.check(national) != Length::Right
        {
            return None;
        }
        format!("+{}{national}", self.code).parse().ok()
    }

    fn is_special(&self, digits: &str) -> bool {
        self.special.iter().chain(&self.prefix).any(|prefix| digits.starts_with(prefix))
    }
}

/// Returns the first digits of all numbers that match a pattern such as `0|180020` or `(183[12])|0`. Returns `None` for
/// a pattern that is too complex.
fn prefixes(pattern: Option<&str>) -> Option<Vec<String>> {
    let plain = |character: char| character.is_ascii_digit() || "()[]|".contains(character);
    let Some(pattern) = pattern else { return Some(Vec::new()) };
    if !pattern.chars().all(plain) {
        return None;
    }
    let digits = |part: &str| {
        let part = part.trim_start_matches('(');
        let end = part.find(|character: char| !character.is_ascii_digit()).unwrap_or(part.len());
        part.get(..end).filter(|digits| !digits.is_empty()).map(str::to_owned)
    };
    pattern.split('|').map(digits).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_formats_are_parsed_by_their_digits() {
        let plain = |id: &str| Plain::of(id).unwrap();
        for typed in ["07700 900123", "07700900123", "+447700900123", "+44 7700-900.123", "7700900123"] {
            assert_eq!(
                plain("GB").parse(typed).map(String::from).as_deref(),
                Some("+447700900123"),
                "{typed}"
            );
        }
        assert_eq!(plain("US").parse("500-555-0006").map(String::from).as_deref(), Some("+15005550006"));
        assert_eq!(plain("IE").parse("087 123 4567").map(String::from).as_deref(), Some("+353871234567"));
        for typed in
            ["", "+44 (0)7700 900123", "00447700900123", "447700900123", "07700 900", "+1 500 555 0006"]
        {
            assert_eq!(plain("GB").parse(typed), None, "{typed}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn parsing_by_digits_gives_the_same_result_as_parse(
            typed in "\\+?(0|00|010|1|7|8|99|47|55|66|84|33|39|44|49|91|353)?[ -]?[0-9]{2,4}[ .-]?[0-9]{2,4}[ .-]?[0-9]{0,5}",
            region in proptest::sample::select(vec![
                "GB", "IE", "US", "CA", "DE", "FR", "IT", "CN", "SG", "ES", "NL", "IN", "AU", "NZ", "PL", "SE", "CH", "ZA", "BR",
                "MX", "AR", "JP", "RU", "GG", "JM", "NO", "DK", "KZ", "TH", "VN", "FI", "KR", "IL",
            ]),
        ) {
            if let Some(number) = Plain::of(region).and_then(|plain| plain.parse(&typed)) {
                prop_assert_eq!(Ok(number), parse(&typed, region), "{} in {}", typed, region);
            }
        }

        #[test]
        fn any_text_gives_the_same_result_as_parse(typed in "\\PC{0,30}") {
            prop_assert_eq!(Region::of("GB").parse(&typed), parse(&typed, "GB"));
        }
    }
}
