//! How many digits the numbers of a country have, by how they begin: a UK number that begins with 79 has 10, one that
//! begins with 169 has 9 or 10. Read from the patterns of libphonenumber's data.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use regex_syntax::{
    ParserBuilder,
    hir::{Class, Hir, HirKind},
};

use super::plan::kinds;

/// The most digits that a national number has (ITU-T E.164).
const LONGEST: u8 = 15;
/// By how many digits numbers are told apart.
const BEGINNING: usize = 3;

/// The lengths of a country's numbers: a bit for each length, by the first one, two or three digits.
#[derive(Debug, Default)]
pub(super) struct Lengths(HashMap<String, u16>);

/// Whether a number has as many digits as others that begin like it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    Right,
    TooShort,
    TooLong,
    /// No number of the country begins with its first digit.
    NoSuchBeginning,
}

static KNOWN: LazyLock<Mutex<HashMap<u16, Arc<Lengths>>>> = LazyLock::new(Mutex::default);

impl Lengths {
    /// The lengths of the numbers with a country code, of all regions that share it.
    pub(super) fn of(code: u16) -> Arc<Self> {
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
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

    /// Compares a national number with those that begin with the same three digits; where none is known, with the same
    /// two, then one: the data lags behind the regulators.
    pub(super) fn check(&self, national: &str) -> Length {
        if self.0.is_empty() {
            return Length::Right;
        }
        let known = (1..=BEGINNING.min(national.len()))
            .rev()
            .find_map(|digits| self.0.get(national.get(..digits)?).copied());
        let Some(known) = known else { return Length::NoSuchBeginning };
        match u32::try_from(national.len()).ok().and_then(|length| known.checked_shr(length)) {
            Some(longer) if longer & 1 == 1 => Length::Right,
            Some(longer) if longer > 0 => Length::TooShort,
            _ => Length::TooLong,
        }
    }
}

/// Adds what a kind of number allows, under each of its beginnings.
fn add(lengths: &mut HashMap<String, u16>, kind: &Descriptor) {
    let parsed = ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .ignore_whitespace(true)
        .build()
        .parse(kind.national_number().as_str());
    let Ok(pattern) = parsed else { return };
    let possible = kind.possible_length();
    for Start { digits, length } in follow(&pattern, &BTreeSet::from([Start::default()])) {
        if possible.is_empty() || possible.contains(&u16::from(length)) {
            for end in 1..=digits.len() {
                let beginning = digits.get(..end).unwrap_or_default().to_owned();
                *lengths.entry(beginning).or_default() |= 1 << length;
            }
        }
    }
}

/// A number that a pattern describes, as far as it has been followed.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Start {
    /// Its first digits.
    digits: String,
    /// How many digits it has so far.
    length: u8,
}

impl Start {
    fn with(&self, digit: u8) -> Option<Self> {
        let mut next = self.clone();
        if next.digits.len() < BEGINNING {
            next.digits.push(char::from(digit));
        }
        next.length += 1;
        (next.length <= LONGEST).then_some(next)
    }
}

/// Each start with each digit. Where the beginning is known, one digit is as good as another.
fn each(starts: &BTreeSet<Start>, digits: &[u8]) -> BTreeSet<Start> {
    let next = |start: &Start| -> Vec<Start> {
        let different = if start.digits.len() < BEGINNING { digits.len() } else { 1 };
        digits.iter().take(different).filter_map(|digit| start.with(*digit)).collect()
    };
    starts.iter().flat_map(next).collect()
}

/// Follows a part of a pattern from each start.
fn follow(pattern: &Hir, starts: &BTreeSet<Start>) -> BTreeSet<Start> {
    match pattern.kind() {
        HirKind::Empty | HirKind::Look(_) => starts.clone(),
        HirKind::Literal(literal) => literal.0.iter().fold(starts.clone(), |starts, digit| {
            starts.iter().filter_map(|start| start.with(*digit)).collect()
        }),
        HirKind::Class(Class::Bytes(class)) => {
            let digits = class.iter().flat_map(|range| range.start()..=range.end()).collect::<Vec<u8>>();
            each(starts, &digits)
        }
        HirKind::Class(Class::Unicode(class)) => {
            let is_in = |digit: &u8| {
                class.iter().any(|range| (range.start()..=range.end()).contains(&char::from(*digit)))
            };
            each(starts, &(b'0'..=b'9').filter(is_in).collect::<Vec<u8>>())
        }
        HirKind::Repetition(repetition) => {
            let mut starts = starts.clone();
            for _ in 0..repetition.min {
                starts = follow(&repetition.sub, &starts);
            }
            let mut reached = starts.clone();
            for _ in repetition.min..repetition.max.unwrap_or(u32::from(LONGEST)).min(u32::from(LONGEST)) {
                starts = follow(&repetition.sub, &starts);
                reached.extend(starts.iter().cloned());
            }
            reached
        }
        HirKind::Capture(capture) => follow(&capture.sub, starts),
        HirKind::Concat(parts) => parts.iter().fold(starts.clone(), |starts, part| follow(part, &starts)),
        HirKind::Alternation(parts) => parts.iter().flat_map(|part| follow(part, starts)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_as_long_as_those_that_begin_like_it() {
        for (code, national, expected) in [
            (44, "7911123456", Length::Right),
            (44, "791112345", Length::TooShort),
            (44, "7700900123", Length::Right),
            (44, "770090012", Length::TooShort),
            (44, "77009001234", Length::TooLong),
            (44, "2079460000", Length::Right),
            (44, "0791112345", Length::NoSuchBeginning),
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
    fn every_pattern_of_the_data_can_be_followed() {
        for region in DATABASE.iter() {
            let lengths = Lengths::of(region.country_code());
            let example = region.descriptors().mobile().and_then(|mobile| mobile.example());
            if let Some(example) = example {
                assert_eq!(lengths.check(example), Length::Right, "{} {example}", region.id());
            }
        }
    }
}
