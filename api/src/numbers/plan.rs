//! Dialling rules of a region: prefixes and number patterns. The rules are those of libphonenumber (`PhoneNumberUtil`)
//! with its data. The `phonenumber` crate contributes only the data, because its own parser strips prefixes that are
//! part of the number.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use phonenumber::metadata::{DATABASE, Descriptor, Metadata};
use regex::{Regex, RegexBuilder};

/// A region's dialling rules.
#[derive(Debug)]
pub(super) struct Plan {
    /// The region, as ISO 3166-1 alpha-2.
    pub(super) id: String,
    /// The country code.
    pub(super) code: u16,
    /// The prefix for calls abroad, before another country's code.
    international_prefix: Option<Regex>,
    /// The prefix for calls within the country.
    prefix: Option<Regex>,
    /// Replacement for a prefix with capture groups.
    transform: Option<String>,
    general: Regex,
    mobile: Option<Regex>,
    lengths: Vec<u16>,
}

static CACHE: LazyLock<Mutex<HashMap<String, Option<Arc<Plan>>>>> = LazyLock::new(Mutex::default);

impl Plan {
    /// Returns the plan of a region.
    pub(super) fn of(id: &str) -> Option<Arc<Self>> {
        let metadata = DATABASE.by_id(id)?;
        let mut known = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(id.to_owned()).or_insert_with(|| Self::read(metadata).map(Arc::new)).clone()
    }

    /// Returns the plan of the main region with a country code.
    pub(super) fn of_code(code: u16) -> Option<Arc<Self>> {
        let regions = DATABASE.by_code(&code)?;
        let main =
            regions.iter().find(|region| region.is_main_country_for_code()).or_else(|| regions.first())?;
        Self::of(main.id())
    }

    fn read(metadata: &Metadata) -> Option<Self> {
        // Patterns in the data contain line breaks.
        let regex = |pattern: String| RegexBuilder::new(&pattern).ignore_whitespace(true).build().ok();
        let anchored = |pattern: &str| regex(format!("^(?:{pattern})"));
        let whole = |pattern: &str| regex(format!("^(?:{pattern})$"));
        let general = metadata.descriptors().general();
        let prefix = metadata.national_prefix_for_parsing().map(|pattern| pattern.as_str());
        Some(Self {
            id: metadata.id().to_owned(),
            code: metadata.country_code(),
            international_prefix: metadata
                .international_prefix()
                .and_then(|pattern| anchored(pattern.as_str())),
            prefix: prefix.or(metadata.national_prefix()).and_then(anchored),
            transform: metadata.national_prefix_transform_rule().map(str::to_owned),
            general: whole(general.national_number().as_str())?,
            mobile: metadata.descriptors().mobile().and_then(|kind| whole(kind.national_number().as_str())),
            lengths: possible_lengths(metadata),
        })
    }

    /// Strips the prefix for calls abroad. Returns `None` if the number does not begin with it.
    pub(super) fn without_international_prefix<'a>(&self, digits: &'a str) -> Option<&'a str> {
        let found = self.international_prefix.as_ref()?.find(digits)?;
        digits.get(found.end()..).filter(|rest| !rest.is_empty() && !rest.starts_with('0'))
    }

    /// Strips the national prefix, unless these digits are part of the number.
    pub(super) fn without_national_prefix<'a>(&self, digits: &'a str) -> Cow<'a, str> {
        let whole = Cow::Borrowed(digits);
        let Some(found) = self.prefix.as_ref().and_then(|prefix| prefix.captures(digits)) else {
            return whole;
        };
        let end = found.get(0).map_or(0, |found| found.end());
        let last_group = found.len().checked_sub(1).filter(|last| *last > 0).and_then(|last| found.get(last));
        let stripped = match (&self.transform, &self.prefix, last_group) {
            (Some(transform), Some(prefix), Some(_)) => prefix.replace(digits, transform.as_str()),
            _ => Cow::Borrowed(digits.get(end..).unwrap_or_default()),
        };
        let belongs = self.looks_right(digits) && !self.looks_right(&stripped);
        // If the rest is too short for a number, the digits were not a prefix.
        let is_of_a_length = self.lengths.contains(&length(&stripped)) || self.is_too_long(&stripped);
        if !belongs && (is_of_a_length || self.is_too_short(digits)) { stripped } else { whole }
    }

    /// Strips the region's own country code that was typed without a plus. Returns `None` if the digits already are a
    /// national number: in India, `91 98765432` is a mobile number.
    pub(super) fn without_own_code<'a>(&self, digits: &'a str) -> Option<Cow<'a, str>> {
        let rest = self.without_national_prefix(digits.strip_prefix(&self.code.to_string())?);
        let national = self.without_national_prefix(digits);
        let is_wrong_as_it_stands = !self.looks_right(digits) && self.looks_right(&rest);
        // German landline numbers can have 15 digits, so a mobile number with its country code looks like one.
        let is_mobile_only_without = self.is_mobile(&rest) && !self.is_mobile(&national);
        (is_wrong_as_it_stands || self.is_too_long(digits) || is_mobile_only_without).then_some(rest)
    }

    fn looks_right(&self, national: &str) -> bool {
        self.general.is_match(national)
    }

    fn is_mobile(&self, national: &str) -> bool {
        self.mobile.as_ref().is_some_and(|mobile| mobile.is_match(national))
    }

    fn is_too_short(&self, national: &str) -> bool {
        self.lengths.iter().min().is_some_and(|least| length(national) < *least)
    }

    fn is_too_long(&self, national: &str) -> bool {
        self.lengths.iter().max().is_some_and(|most| length(national) > *most)
    }
}

/// Returns the possible lengths of a region's numbers of all kinds. The data lists lengths only by kind.
fn possible_lengths(metadata: &Metadata) -> Vec<u16> {
    kinds(metadata).flat_map(|kind| kind.possible_length().iter().copied()).collect()
}

/// Returns the kinds of numbers that a region has.
pub(super) fn kinds(metadata: &Metadata) -> impl Iterator<Item = &Descriptor> {
    let kinds = metadata.descriptors();
    let kinds = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
    ];
    kinds.into_iter().flatten()
}

fn length(digits: &str) -> u16 {
    u16::try_from(digits.len()).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    #[test]
    fn example_numbers_of_every_region_are_parsed_with_and_without_a_plus() {
        let mut wrong = Vec::new();
        for region in DATABASE.iter() {
            for example in kinds(region).filter_map(|kind| kind.example()) {
                let expected = format!("+{}{example}", region.country_code());
                // Iran has numbers of four digits, which are too short for E.164.
                if expected.parse::<shared::PhoneNumber>().is_err() {
                    continue;
                }
                let mut typed = vec![(expected.clone(), "GB"), (expected.clone(), region.id())];
                if region.id() != "001" {
                    typed.push((example.to_owned(), region.id()));
                    // In Colombia, a carrier code follows the 0. In Israel, 01 is a prefix for calls abroad.
                    if let Some(prefix) = region.national_prefix()
                        && !["CO", "IL"].contains(&region.id())
                    {
                        typed.push((format!("{prefix}{example}"), region.id()));
                    }
                }
                for (typed, id) in typed {
                    let read = parse(&typed, id).map(String::from);
                    if read.as_deref() != Ok(expected.as_str()) {
                        wrong.push(format!("{typed} in {id}: {read:?}"));
                    }
                }
            }
        }
        assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    }
}
