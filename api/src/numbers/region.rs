//! Reads the numbers of a whole file: those in the plainest forms of a region by their digits alone, all others as
//! [`parse`] does. It must never read a number in another way than that.

use std::sync::Arc;

use phonenumber::metadata::DATABASE;
use shared::PhoneNumber;

use super::{
    lengths::{Length, Lengths},
    parse::{NumberFault, parse},
    plan::Plan,
};

/// What is known of a region's numbers.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    id: String,
    plain: Option<Plain>,
}

/// A region in whose numbers nothing but their length decides.
#[derive(Clone, Debug)]
struct Plain {
    /// The country's code, as text.
    code: String,
    /// What is dialled before a number inside the country, where anything is.
    prefix: Option<String>,
    /// How numbers begin that libphonenumber looks at more closely.
    special: Vec<String>,
    /// The lengths that numbers have.
    lengths: Arc<Lengths>,
    plan: Arc<Plan>,
}

impl Region {
    pub(crate) fn of(id: &str) -> Self {
        Self { id: id.to_owned(), plain: Plain::of(id) }
    }

    /// Reads a number, which may be local to the region.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(&self, typed: &str) -> Result<PhoneNumber, NumberFault> {
        match self.plain.as_ref().and_then(|plain| plain.read(typed)) {
            Some(number) => Ok(number),
            None => parse(typed, &self.id),
        }
    }
}

impl Plain {
    fn of(id: &str) -> Option<Self> {
        let region = DATABASE.by_id(id)?;
        let prefix = region.national_prefix();
        let special = beginnings(region.national_prefix_for_parsing().map(|pattern| pattern.as_str()))?;
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

    fn read(&self, typed: &str) -> Option<PhoneNumber> {
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
        self.special.iter().chain(&self.prefix).any(|beginning| digits.starts_with(beginning))
    }
}

/// The digits with which whatever fits a pattern begins; `None` when it is not plain enough to tell. `0|180020`,
/// `(183[12])|0`.
fn beginnings(pattern: Option<&str>) -> Option<Vec<String>> {
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
    fn the_usual_forms_take_the_short_way() {
        let plain = |id: &str| Plain::of(id).unwrap();
        for typed in ["07700 900123", "07700900123", "+447700900123", "+44 7700-900.123", "7700900123"] {
            assert_eq!(
                plain("GB").read(typed).map(String::from).as_deref(),
                Some("+447700900123"),
                "{typed}"
            );
        }
        assert_eq!(plain("US").read("500-555-0006").map(String::from).as_deref(), Some("+15005550006"));
        assert_eq!(plain("IE").read("087 123 4567").map(String::from).as_deref(), Some("+353871234567"));
        for typed in
            ["", "+44 (0)7700 900123", "00447700900123", "447700900123", "07700 900", "+1 500 555 0006"]
        {
            assert_eq!(plain("GB").read(typed), None, "{typed}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn the_short_way_reads_what_the_long_one_does(
            typed in "\\+?(0|00|010|1|7|8|99|47|55|66|84|33|39|44|49|91|353)?[ -]?[0-9]{2,4}[ .-]?[0-9]{2,4}[ .-]?[0-9]{0,5}",
            region in proptest::sample::select(vec![
                "GB", "IE", "US", "CA", "DE", "FR", "IT", "CN", "SG", "ES", "NL", "IN", "AU", "NZ", "PL", "SE", "CH", "ZA", "BR",
                "MX", "AR", "JP", "RU", "GG", "JM", "NO", "DK", "KZ", "TH", "VN", "FI", "KR", "IL",
            ]),
        ) {
            if let Some(number) = Plain::of(region).and_then(|plain| plain.read(&typed)) {
                prop_assert_eq!(Ok(number), parse(&typed, region), "{} in {}", typed, region);
            }
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(typed in "\\PC{0,30}") {
            prop_assert_eq!(Region::of("GB").read(&typed), parse(&typed, "GB"));
        }
    }
}
