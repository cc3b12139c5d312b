//! Counts the SMS segments of a text, and finds the character that forces the costlier UCS-2 encoding.
//!
//! GSM-7 (3GPP TS 23.038, 6.2.1): 160 septets, or 153 per part of several. UCS-2: 70 units, or 67 per part of several
//! (3GPP TS 23.040, 9.2.3.24).

use serde::{Deserialize, Serialize};

/// The basic GSM 03.38 alphabet, without the escape to the extension table.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table. Each character takes two septets, which are not split across parts.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// The character encoding of an SMS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Encoding {
    /// The GSM 7-bit alphabet.
    #[serde(rename = "gsm7")]
    Gsm7,
    /// UCS-2, with surrogate pairs for characters beyond the Basic Multilingual Plane.
    #[serde(rename = "ucs2")]
    Ucs2,
}

impl Encoding {
    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "gsm7",
            Encoding::Ucs2 => "ucs2",
        }
    }

    /// Returns the name for display.
    #[must_use]
    pub fn display(self) -> &'static str {
        match self {
            Encoding::Gsm7 => "GSM-7",
            Encoding::Ucs2 => "UCS-2",
        }
    }

    fn single_part(self) -> usize {
        match self {
            Encoding::Gsm7 => 160,
            Encoding::Ucs2 => 70,
        }
    }

    fn per_part(self) -> usize {
        match self {
            Encoding::Gsm7 => 153,
            Encoding::Ucs2 => 67,
        }
    }
}

/// The size of a text as an SMS message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segments {
    /// The encoding.
    pub encoding: Encoding,
    /// The length in septets (GSM-7) or 16-bit units (UCS-2).
    pub units: usize,
    /// The number of parts; 0 for the empty text.
    pub parts: usize,
    /// The number of units that fit into this number of parts (one part for the empty text).
    pub capacity: usize,
    /// The first character outside GSM-7, which forces UCS-2.
    pub costly: Option<char>,
}

/// Counts the parts of a text.
#[must_use]
pub fn segments(text: &str) -> Segments {
    let costly = text.chars().find(|&character| septets(character).is_none());
    let encoding = if costly.is_some() { Encoding::Ucs2 } else { Encoding::Gsm7 };
    let cost = |character: char| match encoding {
        Encoding::Gsm7 => septets(character).unwrap_or(1),
        Encoding::Ucs2 => character.len_utf16(),
    };
    let units = text.chars().map(cost).sum();
    if units <= encoding.single_part() {
        return Segments {
            encoding,
            units,
            parts: usize::from(units > 0),
            capacity: encoding.single_part(),
            costly,
        };
    }
    let mut parts = 1;
    let mut filled = 0;
    for character in text.chars() {
        let cost = cost(character);
        if filled + cost > encoding.per_part() {
            parts += 1;
            filled = 0;
        }
        filled += cost;
    }
    Segments { encoding, units, parts, capacity: parts * encoding.per_part(), costly }
}

/// Returns whether the GSM-7 alphabet contains the character.
#[must_use]
pub fn is_gsm7(character: char) -> bool {
    septets(character).is_some()
}

fn septets(character: char) -> Option<usize> {
    // Most characters are letters, and the tables are searched from their beginning.
    if character.is_ascii_alphanumeric() || character == ' ' || BASIC.contains(character) {
        Some(1)
    } else if EXTENSION.contains(character) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parts(text: &str) -> (Encoding, usize, usize) {
        let counted = segments(text);
        (counted.encoding, counted.units, counted.parts)
    }

    #[test]
    fn the_alphabet_has_its_127_and_10_characters() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
    }

    #[test]
    fn gsm_7_fits_160_characters_in_one_part_and_153_in_each_of_several() {
        assert_eq!(parts(""), (Encoding::Gsm7, 0, 0));
        assert_eq!(parts(&"a".repeat(160)), (Encoding::Gsm7, 160, 1));
        assert_eq!(parts(&"a".repeat(161)), (Encoding::Gsm7, 161, 2));
        assert_eq!(parts(&"a".repeat(306)), (Encoding::Gsm7, 306, 2));
        assert_eq!(parts(&"a".repeat(307)), (Encoding::Gsm7, 307, 3));
    }

    #[test]
    fn an_extension_character_counts_two_and_is_not_split() {
        assert_eq!(parts(&"€".repeat(80)), (Encoding::Gsm7, 160, 1));
        // 153 is odd, so a part holds 76 euro signs, and 153 of them need three parts instead of two.
        assert_eq!(parts(&"€".repeat(153)), (Encoding::Gsm7, 306, 3));
    }

    #[test]
    fn one_character_outside_gsm_7_forces_ucs_2_and_is_reported() {
        let counted = segments("Voilà – ça");
        assert_eq!((counted.encoding, counted.costly), (Encoding::Ucs2, Some('–')));
        assert_eq!(parts(&"ł".repeat(70)), (Encoding::Ucs2, 70, 1));
        assert_eq!(parts(&"ł".repeat(71)), (Encoding::Ucs2, 71, 2));
    }

    #[test]
    fn an_emoji_counts_two_and_its_surrogate_pair_is_not_split() {
        assert_eq!(parts(&"😀".repeat(35)), (Encoding::Ucs2, 70, 1));
        // 67 is odd, so a part holds 33 emoji.
        assert_eq!(parts(&"😀".repeat(67)), (Encoding::Ucs2, 134, 3));
    }

    proptest! {
        #[test]
        fn more_text_never_costs_fewer_parts(text in "\\PC{0,400}", more in "\\PC{0,40}") {
            let longer = text.clone() + &more;
            prop_assert!(segments(&longer).parts >= segments(&text).parts);
        }

        #[test]
        fn the_text_fits_the_parts_and_not_one_part_fewer(text in "\\PC{1,700}") {
            let counted = segments(&text);
            prop_assert!(counted.units <= counted.capacity);
            if counted.parts > 1 {
                // A two-unit character can leave the last unit of a part unused.
                prop_assert!(counted.units > (counted.parts - 1) * (counted.encoding.per_part() - 1));
            }
        }
    }
}
