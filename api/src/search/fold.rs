//! Folding: what makes `Zoë MÜLLER` and `zoe muller` the same to a search. Applied to what is kept and to what is
//! looked for alike.

use shared::CustomerAddress;
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// The text in lower case and without accents.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for character in text.nfkd().filter(|character| !is_combining_mark(*character)) {
        for lower in character.to_lowercase() {
            match plain(lower) {
                Some(plain) => folded.push_str(plain),
                None => folded.push(lower),
            }
        }
    }
    folded
}

/// Letters that Unicode does not take apart, as people without them on their keyboard type them.
fn plain(character: char) -> Option<&'static str> {
    Some(match character {
        'ø' => "o",
        'đ' | 'ð' => "d",
        'ł' => "l",
        'ı' => "i",
        'ß' => "ss",
        'æ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        _ => return None,
    })
}

/// What of a conversation is looked through.
#[must_use]
pub(crate) fn text_of(number: &CustomerAddress, reference: Option<&str>, name: Option<&str>) -> String {
    format!(
        "{}\n{}\n{}",
        fold(number.as_str()),
        fold(reference.unwrap_or_default()),
        fold(name.unwrap_or_default())
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn case_and_accents_make_no_difference() {
        for (one, other) in [
            ("Zoë MÜLLER", "zoe muller"),
            ("Siân", "sian"),
            ("Sørensen", "SORENSEN"),
            ("Łukasz Đoković", "lukasz dokovic"),
            ("Straße", "STRASSE"),
            ("Fernández", "fernandez"),
            ("İstanbul", "istanbul"),
        ] {
            assert_eq!(fold(one), fold(other), "{one}");
        }
        assert_ne!(fold("Jones"), fold("James"));
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,60}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }
    }
}
