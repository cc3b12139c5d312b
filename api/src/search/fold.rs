//! Folds the texts that search compares, so that `Zoë O’BRIEN` and `zoe obrien` are equal. Applied to the stored text
//! and to the search term alike. The rules are in [`shared::search`]; the app uses them to mark matches.

use shared::{CustomerAddress, search};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Version of the rules. Raise it with every change of them: the server then folds all stored texts again.
pub(crate) const VERSION: i64 = 1;

/// Folds a text.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    let decompose = |character: char, parts: &mut String| {
        parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
    };
    search::fold(text, decompose).into_iter().map(|folded| folded.character).collect()
}

/// Text of a conversation that search looks through.
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
            ("ΓΙΩΡΓΟΣ", "Γιώργος"),
            ("Γιώργοσ", "Γιώργος"),
            ("Ａ－１", "a-1"),
        ] {
            assert_eq!(fold(one), fold(other), "{one}");
        }
        assert_ne!(fold("Jones"), fold("James"));
    }

    #[test]
    fn apostrophes_of_every_kind_are_removed() {
        for apostrophe in [
            "'", "’", "‘", "`", "´", "ʼ", "ʻ", "′", "‵", "ʹ", "＇", "‛", "\u{1fbd}", "\u{1ffd}", "\u{384}",
            "ꞌ", "\u{200b}", "",
        ] {
            assert_eq!(fold(&format!("O{apostrophe}Brien")), "obrien", "{apostrophe:?}");
        }
    }

    #[test]
    fn hyphens_of_every_kind_are_spaces() {
        for hyphen in [
            "-",
            "‐",
            "\u{2011}",
            "–",
            "—",
            "−",
            "－",
            "﹣",
            "・",
            "\u{5be}",
            " ",
            "\u{a0}",
            " - ",
            "\u{200b}-\u{202a}",
        ] {
            assert_eq!(fold(&format!("Smith{hyphen}Jones")), "smith jones", "{hyphen:?}");
        }
        assert_eq!(fold(" -a- "), "a");
    }

    proptest! {
        #[test]
        fn what_is_folded_stays_as_it_is(text in "\\PC{0,60}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn each_folded_character_names_its_place_in_the_text(text in "\\PC{0,30}") {
            let decompose = |character: char, parts: &mut String| {
                parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
            };
            let folded = search::fold(&text, decompose);
            prop_assert!(folded.iter().all(|c| text.get(c.start..c.end).is_some_and(|part| !part.is_empty())));
            prop_assert!(folded.windows(2).all(|pair| pair[0].start <= pair[1].start));
        }
    }
}
