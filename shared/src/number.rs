//! A phone number in E.164 form. Only the validated type is here; the server parses typed numbers, because
//! libphonenumber's data is too large for the app.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::clean::clean_digits;

/// An E.164 number: `+` and 7 to 15 digits, the first not 0 (ITU-T E.164).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, pattern = r"^\+[1-9][0-9]{6,14}$", example = "+447700900123"))]
#[serde(try_from = "String", into = "String")]
pub struct PhoneNumber(String);

/// The error for a text that is not an E.164 number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotE164;

impl fmt::Display for NotE164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a phone number is + followed by 7 to 15 digits, for example +447700900123")
    }
}

impl std::error::Error for NotE164 {}

impl PhoneNumber {
    /// Returns the number as text, `+447700900123`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the number in groups for display: `+44 7700 900123`. Grouping is exact for the most common country
    /// codes; other numbers are split into groups of four digits.
    #[must_use]
    pub fn display(&self) -> String {
        let digits = self.0.trim_start_matches('+');
        let groups: &[usize] = match digits.as_bytes() {
            [b'4', b'4', b'7', ..] if digits.len() == 12 => &[2, 4, 6],
            [b'4', b'4', ..] if digits.len() == 12 => &[2, 4, 3, 3],
            [b'1', ..] if digits.len() == 11 => &[1, 3, 3, 4],
            [b'3', b'5', b'3', ..] => &[3, 2, 3, 4],
            _ => &[2, 4, 4, 4],
        };
        let mut rest = digits;
        let mut shown = String::from("+");
        for &size in groups {
            let (group, tail) = rest.split_at(size.min(rest.len()));
            if group.is_empty() {
                break;
            }
            if shown.len() > 1 {
                shown.push(' ');
            }
            shown.push_str(group);
            rest = tail;
        }
        shown.push_str(rest);
        shown
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for PhoneNumber {
    type Err = NotE164;

    fn from_str(text: &str) -> Result<Self, NotE164> {
        Self::try_from(text.to_owned())
    }
}

impl TryFrom<String> for PhoneNumber {
    type Error = NotE164;

    fn try_from(text: String) -> Result<Self, NotE164> {
        let text = if text.is_ascii() { text } else { clean_digits(&text).into_owned() };
        let digits = text.strip_prefix('+').ok_or(NotE164)?;
        let plausible = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if plausible { Ok(Self(text)) } else { Err(NotE164) }
    }
}

impl From<PhoneNumber> for String {
    fn from(number: PhoneNumber) -> String {
        number.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_e164_number_is_accepted() {
        for good in ["+447700900123", "+15005550006", "+3531234567"] {
            assert!(good.parse::<PhoneNumber>().is_ok(), "{good}");
        }
        assert_eq!(
            "\u{202a}+４４7700900123\u{202c}".parse::<PhoneNumber>().map(String::from),
            Ok("+447700900123".to_owned())
        );
        for bad in ["", "+", "447700900123", "+07700900123", "+44 7700", "+1234567890123456", "+44770090012a"]
        {
            assert!(bad.parse::<PhoneNumber>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_displayed_number_has_groups_and_all_its_digits() {
        let shown = |text: &str| text.parse::<PhoneNumber>().unwrap().display();
        assert_eq!(shown("+447700900123"), "+44 7700 900123");
        assert_eq!(shown("+15005550006"), "+1 500 555 0006");
        assert_eq!(shown("+3531234567"), "+353 12 345 67");
        assert_eq!(shown("+999999999999999"), "+99 9999 9999 99999");
    }
}
