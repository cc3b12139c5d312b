//! Possible lengths of a country's numbers by their first digits: a UK number that begins with 79 has 10 digits, one
//! that begins with 169 has 9 or 10. Derived from the patterns in libphonenumber's data.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

use super::plan::kinds;

/// Maximum number of digits of a national number (ITU-T E.164).
const MAX_DIGITS: u8 = 15;
/// Maximum number of first digits by which lengths are stored.
const PREFIX_DIGITS: usize = 3;

/// The possible lengths of a country's numbers, as a bit set, by the first one, two or three digits.
#[derive(Debug, Default)]
pub(super) struct Lengths(HashMap<String, u16>);

/// The length of a number, compared with numbers that have the same first digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Right,
    TooShort,
    TooLong,
    /// No number of the country begins with its first digit.
    UnknownPrefix,
}

static CACHE: LazyLock<Mutex<HashMap<u16, Arc<Lengths>>>> = LazyLock::new(Mutex::default);

impl Lengths {
    /// Returns the lengths of the numbers of all regions with a country code.
    pub(super) fn of(code: u16) -> Arc<Self> {
        let mut known = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(code).or_insert_with(|| Arc::new(Self::read(code))))
    }

    fn read(code: u16) -> Self {
        let mut lengths = Self::default();
        let regions: Vec<&Metadata> = DATABASE.by_code(&code).unwrap_or_default();
        for kind in regions.into_iter().flat_map(kinds) {
            add(&mut lengths.0, kind);
        }
        lengths
    }

    /// Compares a national number with the known numbers that share its first three digits. If there are none, compares
    /// with those that share two digits, then one, because the data lags behind the regulators.
    pub(super) fn check(&self, national: &str) -> Length {
        if self.0.is_empty() {
            return Length::Right;
        }
        let known = (1..=PREFIX_DIGITS.min(national.len()))
            .rev()
            .find_map(|digits| self.0.get(national.get(..digits)?).copied());
        let Some(known) = known else { return Length::UnknownPrefix };
        match u32::try_from(national.len()).ok().and_then(|length| known.checked_shr(length)) {
            Some(longer) if longer & 1 == 1 => Length::Right,
            Some(longer) if longer > 0 => Length::TooShort,
            _ => Length::TooLong,
        }
    }
}

/// Adds the lengths of a kind of number under each of its prefixes.
fn add(lengths: &mut HashMap<String, u16>, kind: &Descriptor) {
    let parsed = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .ignore_whitespace(true)
        .build()
        .parse(kind.national_number().as_str());
    let Ok(pattern) = parsed else { return };
    let possible = kind.possible_length();
    for Start { digits, length } in extend(&pattern, &BTreeSet::from([Start::default()])) {
        if possible.is_empty() || possible.contains(&u16::from(length)) {
            for end in 1..=digits.len() {
                let prefix = digits.get(..end).unwrap_or_default().to_owned();
                *lengths.entry(prefix).or_default() |= 1 << length;
            }
        }
    }
}

/// The first part of a number that matches the pattern so far.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    /// The first digits.
    digits: String,
    /// The number of digits so far.
    length: u8,
}

impl Start {
    fn with(&self, digit: u8) -> Option<Self> {
        let mut next = self.clone();
        if next.digits.len() < PREFIX_DIGITS {
            next.digits.push(char::from(digit));
        }
        next.length += 1;
        (next.length <= MAX_DIGITS).then_some(next)
    }
}

/// Appends each digit to each start. Once the prefix is complete, only the length matters, so one digit is enough.
fn append_digits(starts: &BTreeSet<Start>, digits: &[u8]) -> BTreeSet<Start> {
    let next = |start: &Start| -> Vec<Start> {
        let different = if start.digits.len() < PREFIX_DIGITS { digits.len() } else { 1 };
        digits.iter().take(different).filter_map(|digit| start.with(*digit)).collect()
    };
    starts.iter().flat_map(next).collect()
}

/// Extends each start by all matches of a pattern.
fn extend(pattern: &Hir, starts: &BTreeSet<Start>) -> BTreeSet<Start> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => starts.clone(),
        HirKind::Literal(literal) => literal.0.iter().fold(starts.clone(), |starts, digit| {
            starts.iter().filter_map(|start| start.with(*digit)).collect()
        }),
        HirKind::Class(Class::Bytes(class)) => {
            let digits = class.iter().flat_map(|range| range.start()..=range.end()).collect::<Vec<u8>>();
            append_digits(starts, &digits)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let is_in = |digit: &u8| {
                class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(*digit)))
            };
            append_digits(starts, &(b'0'..=b'9').filter(is_in).collect::<Vec<u8>>())
        }
        HirKind::Repetition(repetition) => {
            let mut starts = starts.clone();
            for _ in 0..repetition.min {
                starts = extend(&repetition.sub, &starts);
            }
            let mut reached = starts.clone();
            for _ in
                repetition.min..repetition.max.unwrap_or(u32::from(MAX_DIGITS)).min(u32::from(MAX_DIGITS))
            {
                starts = extend(&repetition.sub, &starts);
                reached.extend(starts.iter().cloned());
            }
            reached
        }
        HirKind::Capture(capture) => extend(&capture.sub, starts),
        HirKind::Concat(parts) => parts.iter().fold(starts.clone(), |starts, part| extend(part, &starts)),
        HirKind::Alternation(parts) => parts.iter().flat_map(|part| extend(part, starts)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_checked_by_the_first_digits() {
        for (code, national, expected) in [
            (44, "7911123456", Length::Right),
            (44, "791112345", Length::TooShort),
            (44, "7700900123", Length::Right),
            (44, "770090012", Length::TooShort),
            (44, "77009001234", Length::TooLong),
            (44, "2079460000", Length::Right),
            (44, "0791112345", Length::UnknownPrefix),
            (1, "5005550006", Length::Right),
            (1, "500555000", Length::TooShort),
            (49, "15123456789", Length::Right),
            (39, "3912312312", Length::Right),
            (39, "0612345678", Length::Right),
            (7, "8005553535", Length::Right),
            (800, "12345678", Length::Right),
        ] {
            assert_eq!(Lengths::of(code).check(national), expected, "+{code} {national}");
        }
    }

    #[test]
    fn the_example_number_of_every_region_has_a_valid_length() {
        for region in DATABASE.iter() {
            let lengths = Lengths::of(region.country_code());
            let example = region.descriptors().mobile().and_then(|mobile| mobile.example());
            if let Some(example) = example {
                assert_eq!(lengths.check(example), Length::Right, "{} {example}", region.id());
            }
        }
    }
}
