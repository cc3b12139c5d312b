//! Marks what was searched for in the results, by the rules by which the server searches ([`shared::search`]).
//!
//! It only draws: the server decides what is found. Where nothing can be marked, the text stands unmarked.

use js_sys::{JsString, RegExp};
use leptos::prelude::*;
use shared::{
    CustomerAddress,
    clean::{clean_digits, clean_line},
    search::{FoldedChar, digits_of_number, fold},
};

/// A part of a text, and whether it is marked.
type Part<'a> = (&'a str, bool);

/// Appends the compatibility decomposition of a character without its marks; see [`fold`].
type Decompose = fn(char, &mut String);

/// A name or a ref, with what was searched for marked.
pub(super) fn marked_text(text: &str, wanted: &str) -> AnyView {
    draw(parts_of_text(text, wanted, decompose))
}

/// A customer's number, with what was searched for marked; a sender that is a word is marked like a name.
pub(super) fn marked_address(address: &CustomerAddress, wanted: &str) -> AnyView {
    let shown = address.display();
    let parts = match address.phone() {
        Some(_) => parts_of_number(&shown, wanted),
        None => parts_of_text(&shown, wanted, decompose),
    };
    draw(parts)
}

fn draw(parts: Vec<Part>) -> AnyView {
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

/// Marks the whole term where it occurs, else each of its words.
fn parts_of_text<'a>(text: &'a str, wanted: &str, decompose: Decompose) -> Vec<Part<'a>> {
    let folded = fold(text, decompose);
    let wanted = clean_line(wanted);
    let phrase = |text: &str| fold(text, decompose).into_iter().map(|folded| folded.character).collect();
    let mut ranges = ranges_of(&folded, &[phrase(&wanted)]);
    if ranges.is_empty() {
        let words = wanted.split_whitespace().map(phrase);
        // A ref is also found by its digits alone, as if they were those of a number.
        let digits = digits_of_number(&wanted).map(|digits| digits.chars().collect());
        ranges = ranges_of(&folded, &words.chain(digits).collect::<Vec<_>>());
    }
    cut(text, &ranges)
}

/// Marks digits that were searched for, with the spaces between them.
fn parts_of_number<'a>(number: &'a str, wanted: &str) -> Vec<Part<'a>> {
    let digits: Vec<FoldedChar> = number
        .char_indices()
        .filter(|(_, character)| character.is_ascii_digit())
        .map(|(start, character)| FoldedChar { character, start, end: start + 1 })
        .collect();
    let phrases: Vec<Vec<char>> =
        wanted_digits(wanted).iter().map(|digits| digits.chars().collect()).collect();
    cut(number, &ranges_of(&digits, &phrases))
}

/// The digits to mark in a number: the term's own, or its words of digits alone (`900` of `Maria 900`).
fn wanted_digits(wanted: &str) -> Vec<String> {
    if let Some(digits) = digits_of_number(wanted) {
        return vec![digits];
    }
    let wanted = clean_digits(wanted);
    let words = wanted.split_whitespace().map(|word| word.strip_prefix('+').unwrap_or(word));
    words
        .filter(|word| !word.is_empty() && word.chars().all(|character| character.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}

/// The bytes of the original text in which one of the phrases occurs, the longest at each place; in order, none within
/// another.
fn ranges_of(text: &[FoldedChar], phrases: &[Vec<char>]) -> Vec<(usize, usize)> {
    let mut ranges: Vec<(usize, usize)> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.first() {
        let found = phrases.iter().filter(|phrase| begins_with(rest, phrase)).map(Vec::len).max();
        let length = found.unwrap_or_default();
        if let Some(last) = rest.get(..length).and_then(<[_]>::last) {
            match ranges.last_mut() {
                // One character, such as `ß`, can stand for several folded ones.
                Some((_, end)) if first.start < *end => *end = last.end,
                _ => ranges.push((first.start, last.end)),
            }
        }
        rest = rest.get(length.max(1)..).unwrap_or_default();
    }
    ranges
}

fn begins_with(rest: &[FoldedChar], phrase: &[char]) -> bool {
    phrase.len() <= rest.len() && phrase.iter().zip(rest).all(|(wanted, folded)| *wanted == folded.character)
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

/// Asks the browser, which has the Unicode tables that the app would otherwise carry.
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

    /// As the browser does it.
    fn decompose(character: char, parts: &mut String) {
        parts.extend(std::iter::once(character).nfkd().filter(|part| !is_combining_mark(*part)));
    }

    fn text(text: &str, wanted: &str) -> String {
        shown(&parts_of_text(text, wanted, decompose))
    }

    fn number(number: &str, wanted: &str) -> String {
        shown(&parts_of_number(number, wanted))
    }

    fn shown(parts: &[Part]) -> String {
        let part =
            |(text, is_marked): &Part| if *is_marked { format!("[{text}]") } else { (*text).to_owned() };
        parts.iter().map(part).collect()
    }

    #[test]
    fn a_name_is_marked_whatever_its_case_and_accents() {
        assert_eq!(text("Zoé Müller", "zoe mu"), "[Zoé Mü]ller");
        assert_eq!(text("Zoe\u{301} Muller", "ZOÉ"), "[Zoe\u{301}] Muller");
        assert_eq!(text("Anna Hanna", "ann"), "[Ann]a H[ann]a");
        assert_eq!(text("Łukasz Đoković", "lukasz dokovic"), "[Łukasz Đoković]");
        assert_eq!(text("ΟΔΥΣΣΕΥΣ", "οδυσσεύς"), "[ΟΔΥΣΣΕΥΣ]");
        assert_eq!(text("Ｍａｒｉａ", "mar"), "[Ｍａｒ]ｉａ");
    }

    #[test]
    fn a_name_is_marked_with_its_apostrophe_whichever_was_typed() {
        for name in ["O’Brien", "O'Brien", "O`Brien", "OBrien"] {
            for wanted in ["O’Brien", "O'Brien", "O`Brien", "obrien"] {
                assert_eq!(text(&format!("Al {name}"), wanted), format!("Al [{name}]"), "{wanted}");
            }
        }
        assert_eq!(text("O’Brien", "rien"), "O’B[rien]");
        assert_eq!(text("O’Brien", "o"), "[O]’Brien");
    }

    #[test]
    fn a_double_name_is_marked_with_its_hyphen_whichever_was_typed() {
        for name in ["Smith-Jones", "Smith Jones", "Smith\u{2011}Jones", "Smith – Jones"] {
            for wanted in ["smith-jones", "smith jones", "Smith\u{2011}Jones"] {
                assert_eq!(text(name, wanted), format!("[{name}]"), "{wanted}");
            }
        }
        assert_eq!(text("Jones-Smith", "smith jones"), "[Jones]-[Smith]");
    }

    #[test]
    fn invisible_characters_are_marked_with_what_is_around_them() {
        assert_eq!(text("Ma\u{200b}ria", "maria"), "[Ma\u{200b}ria]");
        assert_eq!(text("Maria", "\u{202a}ma\u{ad}ria\u{202c}"), "[Maria]");
    }

    #[test]
    fn a_character_is_marked_whole_when_a_part_of_it_was_searched_for() {
        assert_eq!(text("Straße", "strass"), "[Straß]e");
        assert_eq!(text("Weiß", "xs s"), "Wei[ß]");
        assert_eq!(text("ﬁona Æsop", "fi ae"), "[ﬁ]ona [Æ]sop");
        assert_eq!(text("李小龍", "李"), "[李]小龍");
        assert_eq!(text("김철수", "김"), "[김]철수");
        assert_eq!(text("김철수", "기"), "[김]철수");
        assert_eq!(text("ｱｲ ガ", "ア"), "[ｱ]ｲ ガ");
    }

    #[test]
    fn words_are_marked_one_by_one_where_they_do_not_stand_together() {
        assert_eq!(text("Maria Jones", "jones maria"), "[Maria] [Jones]");
        assert_eq!(text("A-10021", "10021 maria"), "A-[10021]");
        assert_eq!(text("A-10021", "100 21"), "A-[10021]");
    }

    #[test]
    fn nothing_is_marked_where_nothing_fits() {
        for wanted in ["", "  ", "xyz", "'", "- -", "\u{200b}"] {
            assert_eq!(text("Maria Jones", wanted), "Maria Jones", "{wanted:?}");
            assert_eq!(number("+44 7700 900123", wanted), "+44 7700 900123", "{wanted:?}");
        }
        assert_eq!(text("", "x"), "");
        assert_eq!(number("+44 7700 900123", "999"), "+44 7700 900123");
    }

    #[test]
    fn a_number_is_marked_however_it_was_typed() {
        for wanted in [
            "07700 900",
            "+44 7700-900",
            "0044 7700 900",
            "+44 (0) 7700 900",
            "7700900",
            "\u{202a}07700\u{2011}900\u{202c}",
            "０７７００　９００",
            "٠٧٧٠٠٩٠٠",
        ] {
            assert!(number("+44 7700 900123", wanted).ends_with("7700 900]123"), "{wanted}");
        }
        assert_eq!(number("+44 7700 900123", "0123"), "+44 7700 900[123]");
        assert_eq!(number("+44 7700 900123", "+4477"), "+[44 77]00 900123");
        assert_eq!(number("+44 7700 900123", "000"), "+44 7700 900123");
        assert_eq!(number("+44 7700 900123", "maria 900"), "+44 7700 [900]123");
    }

    #[test]
    fn a_ref_is_no_part_of_a_number() {
        assert_eq!(number("+44 7700 900123", "A-900"), "+44 7700 900123");
    }

    /// Texts of what folds in some special way, and of anything else.
    const TEXT: &str = "([aesO’'` \\-\u{2011}\u{200b}\u{202a}\u{301}\u{307}ßæﬁİςΣÉ李김기ｱ1١]|\\PC|\\s){0,20}";
    const TERM: &str = "([aesO’ \\-\u{200b}\u{301}ßςÉ李기1]|\\PC){0,4}";

    proptest! {
        #[test]
        fn the_parts_are_the_text(original in TEXT, wanted in TERM) {
            for parts in [parts_of_text(&original, &wanted, decompose), parts_of_number(&original, &wanted)] {
                let joined: String = parts.iter().map(|(text, _)| *text).collect();
                prop_assert_eq!(&joined, &original);
                prop_assert!(parts.iter().all(|(text, _)| !text.is_empty()));
            }
        }

        #[test]
        fn a_text_is_marked_when_it_is_searched_for(original in TEXT) {
            let stored = clean_line(&original);
            let is_folded_away = fold(&stored, decompose).is_empty();
            let parts = parts_of_text(&stored, &original, decompose);
            prop_assert_eq!(parts.iter().any(|(_, is_marked)| *is_marked), !is_folded_away);
        }
    }
}
