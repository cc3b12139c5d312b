//! The sender of a customer's message: a phone number, or a short code or sender name, which cannot receive replies.
//!
//! Also parses the numbers that a gateway reports. The gateway has already delivered from them, so they are not checked
//! against a numbering plan.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    PhoneNumber,
    clean::{clean_digits, clean_line},
};

/// Maximum length of a sender name. Sender names have at most 11 characters; the limit leaves room.
const MAX_CHARS: usize = 40;
/// Minimum number of digits for a number without `+` to be read as international. Short codes have 3 to 8 digits.
const SHORTEST_INTERNATIONAL: usize = 9;

/// A phone number (`+447700900123`), a short code (`68849`) or a sender name (`SUPPORT`), as the gateway reports it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(value_type = String, min_length = 1, max_length = 40, example = "+447700900123"))]
#[serde(try_from = "String", into = "String")]
pub struct CustomerAddress(String);

/// Why a sender cannot be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressFault {
    /// The sender is empty.
    Missing,
    /// The sender belongs to a channel other than text messages: `whatsapp:+44…`.
    OtherChannel,
    /// The sender is too long or has control characters.
    Invalid,
}

impl fmt::Display for AddressFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            AddressFault::Missing => "is empty",
            AddressFault::OtherChannel => "belongs to a channel other than text messages",
            AddressFault::Invalid => "is too long or has control characters",
        })
    }
}

impl std::error::Error for AddressFault {}

impl CustomerAddress {
    /// Parses the sender that a gateway reports; numbers may be in any of the forms of [`number_of_gateway`].
    ///
    /// # Errors
    /// When the sender is empty, belongs to another channel or is not plausible.
    pub fn of_gateway(named: &str) -> Result<Self, AddressFault> {
        if let Some(number) = number_of_gateway(named) {
            return Ok(number.into());
        }
        clean_line(named).into_owned().try_into()
    }

    /// Returns the address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the phone number, if the address is one. Only phone numbers can receive messages.
    #[must_use]
    pub fn phone(&self) -> Option<PhoneNumber> {
        self.0.parse().ok()
    }

    /// Returns the address for display: a phone number in groups, anything else unchanged.
    #[must_use]
    pub fn display(&self) -> String {
        self.phone().map_or_else(|| self.0.clone(), |number| number.display())
    }
}

/// Parses a phone number in the forms that gateways send: `+447700900001`, `447700900001`, `+44 7700 900001`,
/// `%2B447700900001`, or with a blank for the `+` (a `+` that was not URL-encoded). `None` for anything else.
#[must_use]
pub fn number_of_gateway(named: &str) -> Option<PhoneNumber> {
    let named = clean_digits(named);
    let unescaped = ["%2B", "%2b"].iter().find_map(|plus| named.strip_prefix(plus));
    let named = unescaped.map_or_else(|| named.to_string(), |rest| format!("+{rest}"));
    let (plus, rest) = match named.strip_prefix('+').or_else(|| named.strip_prefix("00")) {
        Some(rest) => (true, rest),
        None => (false, named.as_str()),
    };
    let mut digits = String::from("+");
    for c in rest.chars() {
        match c {
            '0'..='9' => digits.push(c),
            ' ' | '-' | '.' | '(' | ')' => {}
            _ => return None,
        }
    }
    (plus || digits.len() > SHORTEST_INTERNATIONAL).then(|| digits.parse().ok()).flatten()
}

impl fmt::Display for CustomerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CustomerAddress {
    type Error = AddressFault;

    fn try_from(text: String) -> Result<Self, AddressFault> {
        if text.is_empty() {
            return Err(AddressFault::Missing);
        }
        if text.contains(':') {
            return Err(AddressFault::OtherChannel);
        }
        if text.chars().count() > MAX_CHARS || text.chars().any(char::is_control) {
            return Err(AddressFault::Invalid);
        }
        Ok(Self(text))
    }
}

impl std::str::FromStr for CustomerAddress {
    type Err = AddressFault;

    fn from_str(text: &str) -> Result<Self, AddressFault> {
        Self::try_from(text.to_owned())
    }
}

impl From<PhoneNumber> for CustomerAddress {
    fn from(number: PhoneNumber) -> Self {
        Self(number.into())
    }
}

impl From<&PhoneNumber> for CustomerAddress {
    fn from(number: &PhoneNumber) -> Self {
        Self(number.as_str().to_owned())
    }
}

impl From<CustomerAddress> for String {
    fn from(address: CustomerAddress) -> String {
        address.0
    }
}

impl PartialEq<PhoneNumber> for CustomerAddress {
    fn eq(&self, number: &PhoneNumber) -> bool {
        self.0 == number.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_parsed_in_every_form_that_gateways_send() {
        for written in [
            "+447700900001",
            "447700900001",
            " 447700900001",
            "+44 7700 900001",
            "+44 (7700) 900-001",
            "%2B447700900001",
            "%2b44 7700 900001",
            "00447700900001",
            "\u{202d}+44\u{a0}7700\u{a0}900001\u{202c}",
        ] {
            let read = number_of_gateway(written).map(String::from);
            assert_eq!(read.as_deref(), Some("+447700900001"), "{written}");
        }
        // Not checked against numbering plans: Mexico's +521 is in none of them, yet messages arrive from it.
        assert!(number_of_gateway("+5215512345678").is_some());
    }

    #[test]
    fn short_codes_and_sender_names_are_senders_but_not_phone_numbers() {
        for sender in ["68849", "SUPPORT", "My Bank", "+68849", "07700900123", "anonymous"] {
            let read = CustomerAddress::of_gateway(sender).unwrap();
            assert_eq!((read.as_str(), read.phone(), read.display().as_str()), (sender, None, sender));
        }
        let number = CustomerAddress::of_gateway("447700900123").unwrap();
        assert_eq!((number.as_str(), number.display().as_str()), ("+447700900123", "+44 7700 900123"));
        assert!(number.phone().is_some());
    }

    #[test]
    fn a_sender_that_cannot_send_text_messages_is_refused() {
        for (named, fault) in [
            ("", AddressFault::Missing),
            ("  ", AddressFault::Missing),
            ("whatsapp:+447700900123", AddressFault::OtherChannel),
            ("messenger:12345", AddressFault::OtherChannel),
            ("a\0b", AddressFault::Invalid),
        ] {
            assert_eq!(CustomerAddress::of_gateway(named), Err(fault), "{named:?}");
        }
        assert_eq!(CustomerAddress::of_gateway(&"x".repeat(41)), Err(AddressFault::Invalid));
    }
}
