//! Folds text for search, so that `Zoë O’BRIEN` and `zoe obrien` are equal. Used for the stored search texts and for
//! the search term. The rules are in [`shared::search`]; the web app uses the same rules to mark matches.

use shared::{CustomerAddress, search};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Version of the rules. Increase it with every change of the rules: the server then folds all stored texts again.
pub(crate) const VERSION: i64 = 1;

/// Folds a text.
#[must_use]
pub(crate) fn fold(text: &str) -> String {
    let decompose = |character: char, parts: &mut String| {
        parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
    };
    search::fold(text, decompose).into_iter().map(|folded| folded.character).collect()
}

/// Returns the searchable text of a conversation.
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
    fn case_and_accents_are_ignored() {
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
    fn all_kinds_of_apostrophes_are_removed() {
        for apostrophe in [
            "'", "’", "‘", "`", "´", "ʼ", "ʻ", "′", "‵", "ʹ", "＇", "‛", "\u{1fbd}", "\u{1ffd}", "\u{384}",
            "ꞌ", "\u{200b}", "",
        ] {
            assert_eq!(fold(&format!("O{apostrophe}Brien")), "obrien", "{apostrophe:?}");
        }
    }

    #[test]
    fn all_kinds_of_hyphens_become_spaces() {
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
        fn folding_twice_changes_nothing(text in "\\PC{0,60}") {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn each_folded_character_has_its_position_in_the_text(text in "\\PC{0,30}") {
            let decompose = |character: char, parts: &mut String| {
                parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
            };
            let folded = search::fold(&text, decompose);
            prop_assert!(folded.iter().all(|c| text.get(c.start..c.end).is_some_and(|part| !part.is_empty())));
            prop_assert!(folded.windows(2).all(|pair| pair[0].start <= pair[1].start));
        }
    }
}
