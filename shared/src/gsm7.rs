//! Replaces characters outside GSM-7 by similar ones of its alphabet, so that a message takes fewer parts.
//!
//! Only punctuation, spaces and invisible characters have a replacement. Letters stay: without its accent, a name is
//! misspelt.

use crate::{
    clean::strip_invisible,
    segments::{is_gsm7, segments},
};

/// Returns the text with GSM-7 characters in place of similar ones. Returns `None` if that changes nothing, or if the
/// message would take more parts.
#[must_use]
pub fn with_gsm7(text: &str) -> Option<String> {
    let fits = |replaced: &String| replaced != text && segments(replaced).parts <= segments(text).parts;
    // An ellipsis becomes three characters, which can be too long where the rest stays in UCS-2.
    Some(replaced(text, usize::MAX)).filter(fits).or_else(|| Some(replaced(text, 1)).filter(fits))
}

/// Replaces the characters whose replacement has at most `longest` characters.
fn replaced(text: &str, longest: usize) -> String {
    let mut replaced = String::with_capacity(text.len());
    for character in strip_invisible(text).chars() {
        match replacement(character).filter(|similar| similar.len() <= longest) {
            Some(similar) => replaced.push_str(similar),
            None => replaced.push(character),
        }
    }
    replaced
}

/// Returns the GSM-7 characters that look or read like this one.
fn replacement(character: char) -> Option<&'static str> {
    Some(match character {
        _ if is_gsm7(character) => return None,
        '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2039}' | '\u{203a}' | '\u{2bc}' | '`' | '´' => "'",
        '\u{201c}'..='\u{201f}' | '\u{2033}' | '«' | '»' => "\"",
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2043}' | '\u{2022}' | '·' => "-",
        '\u{2026}' => "...",
        '\u{2044}' | '\u{2215}' => "/",
        '×' => "x",
        '\t' | '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => " ",
        '\u{2028}' | '\u{2029}' => "\n",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn quotes_dashes_ellipses_and_spaces_are_replaced() {
        let text = "“Hi” ‘Jo’ – it’s 5—6…\u{a0}«ok»\u{200b}";
        assert_eq!(with_gsm7(text).as_deref(), Some("\"Hi\" 'Jo' - it's 5-6... \"ok\""));
    }

    #[test]
    fn letters_and_emoji_stay() {
        assert_eq!(with_gsm7("Zoë Łukasz 👩‍⚕️ – ok").as_deref(), Some("Zoë Łukasz 👩‍⚕️ - ok"));
        for text in ["", "Hi Maria", "Łukasz", "👩‍⚕️ 1️⃣"] {
            assert_eq!(with_gsm7(text), None, "{text}");
        }
    }

    #[test]
    fn a_replacement_that_takes_more_parts_is_not_made() {
        assert_eq!(with_gsm7(&"…".repeat(70)), None);
        let full = "Ł".repeat(68);
        assert_eq!(with_gsm7(&format!("{full}–…")), Some(format!("{full}-…")));
    }

    proptest! {
        #[test]
        fn a_message_never_takes_more_parts(text in "[a-zà€\\[–—“’…ł😀\u{a0}\u{200b}\u{200d}\n]{0,400}") {
            if let Some(replaced) = with_gsm7(&text) {
                prop_assert!(segments(&replaced).parts <= segments(&text).parts);
            }
        }

        #[test]
        fn gsm_7_characters_stay(text in "[ -~à€ñ\n]{0,100}", odd in "[–“’\u{a0}]") {
            let known: String = text.chars().filter(|character| is_gsm7(*character)).collect();
            prop_assert_eq!(with_gsm7(&known), None);
            let replaced = with_gsm7(&(known.clone() + &odd));
            prop_assert_eq!(replaced.map(|replaced| replaced.starts_with(&known)), Some(true));
        }
    }
}
