//! Marks the search term in the results, by the same folding rules as the server's search ([`shared::search`]).
//!
//! Only affects the display. A result in which the term is not found is shown unmarked.

use js_sys::{JsString, RegExp};
use leptos::prelude::*;
use shared::{
    CustomerAddress,
    clean::{clean_digits, clean_line},
    search::{FoldedChar, digits_of_number, fold},
};

/// A part of a text, and whether it is marked.
type Part<'a> = (&'a str, bool);

/// Appends the compatibility decomposition of a character without its combining marks; see [`fold`].
type Decompose = fn(char, &mut String);

/// Renders a name or a ref with the search term marked.
pub(super) fn marked_text(text: &str, term: &str) -> AnyView {
    render(parts_of_text(text, term, decompose))
}

/// Renders a customer's number with the search term marked. An alphanumeric sender is marked like a name.
pub(super) fn marked_address(address: &CustomerAddress, term: &str) -> AnyView {
    let shown = address.display();
    let parts = match address.phone() {
        Some(_) => parts_of_number(&shown, term),
        None => parts_of_text(&shown, term, decompose),
    };
    render(parts)
}

fn render(parts: Vec<Part>) -> AnyView {
    let part = |(text, is_marked): Part| {
        let text = text.to_owned();
        if is_marked {
            view! { <mark class="bg-warning text-warning-content">{text}</mark> }.into_any()
        } else {
            text.into_any()
        }
    };
    parts.into_iter().map(part).collect_view().into_any()
}

/// Marks the whole term, or each of its words if the whole term does not occur.
fn parts_of_text<'a>(text: &'a str, term: &str, decompose: Decompose) -> Vec<Part<'a>> {
    let folded = fold(text, decompose);
    let term = clean_line(term);
    let phrase = |text: &str| fold(text, decompose).into_iter().map(|folded| folded.character).collect();
    let mut ranges = ranges_of(&folded, &[phrase(&term)]);
    if ranges.is_empty() {
        let words = term.split_whitespace().map(phrase);
        // The server also finds a ref by its digits alone.
        let digits = digits_of_number(&term).map(|digits| digits.chars().collect());
        ranges = ranges_of(&folded, &words.chain(digits).collect::<Vec<_>>());
    }
    cut(text, &ranges)
}

/// Marks the digits of the term, including spaces between them.
fn parts_of_number<'a>(number: &'a str, term: &str) -> Vec<Part<'a>> {
    let digits: Vec<FoldedChar> = number
        .char_indices()
        .filter(|(_, character)| character.is_ascii_digit())
        .map(|(start, character)| FoldedChar { character, start, end: start + 1 })
        .collect();
    let phrases: Vec<Vec<char>> = term_digits(term).iter().map(|digits| digits.chars().collect()).collect();
    cut(number, &ranges_of(&digits, &phrases))
}

/// Returns the digits to mark in a number: those of a term that is a number, or its words made of digits (`900` in
/// `Maria 900`).
fn term_digits(term: &str) -> Vec<String> {
    if let Some(digits) = digits_of_number(term) {
        return vec![digits];
    }
    let term = clean_digits(term);
    let words = term.split_whitespace().map(|word| word.strip_prefix('+').unwrap_or(word));
    words
        .filter(|word| !word.is_empty() && word.chars().all(|character| character.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// Returns the byte ranges of the original text in which a phrase occurs, the longest phrase at each position. The
/// ranges are in order and do not overlap.
fn ranges_of(text: &[FoldedChar], phrases: &[Vec<char>]) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let found = phrases.iter().filter(|phrase| begins_with(rest, phrase)).map(Vec::len).max();
        let length = found.unwrap_or_default();
        if let Some(last) = rest.get(..length).and_then(<[_]>::last) {
            match ranges.last_mut() {
                // One original character, such as `ß`, can have several folded ones.
                Some((_, end)) if first.start < *end => *end = last.end,
                _ => ranges.push((first.start, last.end)),
            }
        }
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    ranges
}

fn begins_with(rest: &[FoldedChar], phrase: &[char]) -> bool {
    phrase.len() <= rest.len()
        && phrase.iter().zip(rest).all(|(character, folded)| *character == folded.character)
}

fn cut<'a>(text: &'a str, ranges: &[(usize, usize)]) -> Vec<Part<'a>> {
    let mut parts = Vec::new();
    let mut end = 0;
    for &(from, to) in ranges {
        parts.push((text.get(end..from).unwrap_or_default(), false));
        parts.push((text.get(from..to).unwrap_or_default(), true));
        end = to;
    }
    parts.push((text.get(end..).unwrap_or_default(), false));
    parts.retain(|(text, _)| !text.is_empty());
    parts
}

/// Decomposes with the browser, because the Unicode tables would make the app larger.
fn decompose(character: char, parts: &mut String) {
    let decomposed = JsString::from(character.to_string()).normalize("NFKD");
    let unmarked = decomposed.replace_by_pattern(&RegExp::new(r"\p{M}", "gu"), "");
    parts.extend(unmarked.as_string());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

    use super::*;

    /// Equivalent of the browser's decomposition.
    fn decompose(character: char, parts: &mut String) {
        parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
    }

    fn text(text: &str, term: &str) -> String {
        shown(&parts_of_text(text, term, decompose))
    }

    fn number(number: &str, term: &str) -> String {
        shown(&parts_of_number(number, term))
    }

    fn shown(parts: &[Part]) -> String {
        let part =
            |(text, is_marked): &Part| if *is_marked { format!("[{text}]") } else { (*text).to_owned() };
        parts.iter().map(part).collect()
    }

    #[test]
    fn a_name_is_marked_regardless_of_case_and_accents() {
        assert_eq!(text("Zoé Müller", "zoe mu"), "[Zoé Mü]ller");
        assert_eq!(text("Zoe\u{301} Muller", "ZOÉ"), "[Zoe\u{301}] Muller");
        assert_eq!(text("Anna Hanna", "ann"), "[Ann]a H[ann]a");
        assert_eq!(text("Łukasz Đoković", "lukasz dokovic"), "[Łukasz Đoković]");
        assert_eq!(text("ΟΔΥΣΣΕΥΣ", "οδυσσεύς"), "[ΟΔΥΣΣΕΥΣ]");
        assert_eq!(text("Ｍａｒｉａ", "mar"), "[Ｍａｒ]ｉａ");
    }

    #[test]
    fn a_name_is_marked_with_any_kind_of_apostrophe() {
        for name in ["O’Brien", "O'Brien", "O`Brien", "OBrien"] {
            for term in ["O’Brien", "O'Brien", "O`Brien", "obrien"] {
                assert_eq!(text(&format!("Al {name}"), term), format!("Al [{name}]"), "{term}");
            }
        }
        assert_eq!(text("O’Brien", "rien"), "O’B[rien]");
        assert_eq!(text("O’Brien", "o"), "[O]’Brien");
    }

    #[test]
    fn a_double_name_is_marked_with_any_kind_of_hyphen() {
        for name in ["Smith-Jones", "Smith Jones", "Smith\u{2011}Jones", "Smith – Jones"] {
            for term in ["smith-jones", "smith jones", "Smith\u{2011}Jones"] {
                assert_eq!(text(name, term), format!("[{name}]"), "{term}");
            }
        }
        assert_eq!(text("Jones-Smith", "smith jones"), "[Jones]-[Smith]");
    }

    #[test]
    fn invisible_characters_inside_a_match_are_marked() {
        assert_eq!(text("Ma\u{200b}ria", "maria"), "[Ma\u{200b}ria]");
        assert_eq!(text("Maria", "\u{202a}ma\u{ad}ria\u{202c}"), "[Maria]");
    }

    #[test]
    fn a_character_is_marked_whole_if_part_of_its_folded_form_matches() {
        assert_eq!(text("Straße", "strass"), "[Straß]e");
        assert_eq!(text("Weiß", "xs s"), "Wei[ß]");
        assert_eq!(text("ﬁona Æsop", "fi ae"), "[ﬁ]ona [Æ]sop");
        assert_eq!(text("李小龍", "李"), "[李]小龍");
        assert_eq!(text("김철수", "김"), "[김]철수");
        assert_eq!(text("김철수", "기"), "[김]철수");
        assert_eq!(text("ｱｲ ガ", "ア"), "[ｱ]ｲ ガ");
    }

    #[test]
    fn words_are_marked_separately_if_the_whole_term_does_not_occur() {
        assert_eq!(text("Maria Jones", "jones maria"), "[Maria] [Jones]");
        assert_eq!(text("A-10021", "10021 maria"), "A-[10021]");
        assert_eq!(text("A-10021", "100 21"), "A-[10021]");
    }

    #[test]
    fn a_text_without_a_match_is_unmarked() {
        for term in ["", "  ", "xyz", "'", "- -", "\u{200b}"] {
            assert_eq!(text("Maria Jones", term), "Maria Jones", "{term:?}");
            assert_eq!(number("+44 7700 900123", term), "+44 7700 900123", "{term:?}");
        }
        assert_eq!(text("", "x"), "");
        assert_eq!(number("+44 7700 900123", "999"), "+44 7700 900123");
    }

    #[test]
    fn a_number_is_marked_in_any_typed_format() {
        for term in [
            "07700 900",
            "+44 7700-900",
            "0044 7700 900",
            "+44 (0) 7700 900",
            "7700900",
            "\u{202a}07700\u{2011}900\u{202c}",
            "０７７００　９００",
            "٠٧٧٠٠٩٠٠",
        ] {
            assert!(number("+44 7700 900123", term).ends_with("7700 900]123"), "{term}");
        }
        assert_eq!(number("+44 7700 900123", "0123"), "+44 7700 900[123]");
        assert_eq!(number("+44 7700 900123", "+4477"), "+[44 77]00 900123");
        assert_eq!(number("+44 7700 900123", "000"), "+44 7700 900123");
        assert_eq!(number("+44 7700 900123", "maria 900"), "+44 7700 [900]123");
    }

    #[test]
    fn the_digits_of_a_ref_are_not_marked_in_a_number() {
        assert_eq!(number("+44 7700 900123", "A-900"), "+44 7700 900123");
    }

    /// Texts with characters that fold in a special way, and any others.
    const TEXT: &str = "([aesO’'` \\-\u{2011}\u{200b}\u{202a}\u{301}\u{307}ßæﬁİςΣÉ李김기ｱ1١]|\\PC|\\s){0,20}";
    const TERM: &str = "([aesO’ \\-\u{200b}\u{301}ßςÉ李기1]|\\PC){0,4}";

    proptest! {
        #[test]
        fn the_joined_parts_equal_the_text(original in TEXT, term in TERM) {
            for parts in [parts_of_text(&original, &term, decompose), parts_of_number(&original, &term)] {
                let joined: String = parts.iter().map(|(text, _)| *text).collect();
                prop_assert_eq!(&joined, &original);
                prop_assert!(parts.iter().all(|(text, _)| !text.is_empty()));
            }
        }

        #[test]
        fn a_text_contains_a_mark_when_it_is_the_term(original in TEXT) {
            let stored = clean_line(&original);
            let is_folded_away = fold(&stored, decompose).is_empty();
            let parts = parts_of_text(&stored, &original, decompose);
            prop_assert_eq!(parts.iter().any(|(_, is_marked)| *is_marked), !is_folded_away);
        }
    }
}
