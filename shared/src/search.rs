//! Search rules that the API and the app share: which texts match, and the minimum length of a search term.

use crate::clean::{clean_digits, clean_line, digit, is_dash, is_invisible};

/// Message for a search term that is too short.
pub const TOO_SHORT: &str = "Type at least 2 characters";

/// Minimum length of a search term in characters, except in scripts where one character can be a word or a name.
const SHORTEST: usize = 2;

/// Minimum number of digits to search for as part of a phone number.
const FEWEST_DIGITS: usize = 2;

/// A character of a folded text, with the range of bytes in the original text that it comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldedChar {
    /// The folded character.
    pub character: char,
    /// First byte in the original text.
    pub start: usize,
    /// End of its bytes in the original text, including the accents that follow.
    pub end: usize,
}

/// Folds a text, so that texts that people regard as the same become equal: case, accents, invisible characters and
/// apostrophes are removed, hyphens and white space become one plain space, and digits of all scripts become ASCII.
///
/// `decompose` appends the compatibility decomposition (NFKD) of a character without its marks, and is only called for
/// characters outside ASCII. The caller provides it because the browser already has the Unicode tables.
pub fn fold(text: &str, mut decompose: impl FnMut(char, &mut String)) -> Vec<FoldedChar> {
    let mut folded: Vec<FoldedChar> = Vec::with_capacity(text.len());
    let mut parts = String::new();
    for (start, original) in text.char_indices() {
        let end = start + original.len_utf8();
        if is_apostrophe(original) {
            continue;
        }
        parts.clear();
        if original.is_ascii() {
            parts.push(original);
        } else if !is_invisible(original) {
            decompose(original, &mut parts);
        }
        let before = folded.len();
        for part in parts.chars() {
            if is_hyphen(part) || part.is_whitespace() {
                push_space(&mut folded, start, end);
            } else {
                for character in part.to_lowercase() {
                    push(&mut folded, character, start, end);
                }
            }
        }
        if folded.len() == before
            && parts.is_empty()
            && let Some(last) = folded.last_mut().filter(|last| last.end == start)
        {
            last.end = end;
        }
    }
    if folded.last().is_some_and(|last| last.character == ' ') {
        folded.pop();
    }
    folded
}

fn push_space(folded: &mut Vec<FoldedChar>, start: usize, end: usize) {
    if folded.last().is_some_and(|last| last.character != ' ') {
        folded.push(FoldedChar { character: ' ', start, end });
    }
}

fn push(folded: &mut Vec<FoldedChar>, character: char, start: usize, end: usize) {
    if is_apostrophe(character) || is_invisible(character) {
        return;
    }
    let mut add = |character| folded.push(FoldedChar { character, start, end });
    match character {
        // Letters that Unicode does not decompose.
        'ø' => add('o'),
        'đ' | 'ð' => add('d'),
        'ł' => add('l'),
        'ı' => add('i'),
        'ß' => "ss".chars().for_each(add),
        'æ' => "ae".chars().for_each(add),
        'œ' => "oe".chars().for_each(add),
        'þ' => "th".chars().for_each(add),
        'ς' => add('σ'),
        // A combining dot: lower case of a dotted capital I.
        '\u{307}' => {}
        other => add(digit(other).unwrap_or(other)),
    }
}

/// Returns whether the character is an apostrophe or typed in place of one.
fn is_apostrophe(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '\u{b4}' | '\u{2b9}' | '\u{2bb}'..='\u{2bf}' | '\u{2c8}' | '\u{2ca}' | '\u{2cb}' | '\u{374}'
            | '\u{384}' | '\u{55a}' | '\u{5f3}' | '\u{7f4}' | '\u{7f5}' | '\u{1fbd}' | '\u{1fbf}' | '\u{1fef}'
            | '\u{1ffd}' | '\u{1ffe}' | '\u{2018}'..='\u{201b}' | '\u{2032}' | '\u{2035}' | '\u{275b}' | '\u{275c}'
            | '\u{a78b}' | '\u{a78c}' | '\u{ff07}'
    )
}

/// Returns whether the character is a hyphen or dash of any script, or the middle dot that joins names in Japanese.
fn is_hyphen(character: char) -> bool {
    is_dash(character)
        || matches!(
            character,
            '\u{58a}'
                | '\u{5be}'
                | '\u{1400}'
                | '\u{1806}'
                | '\u{2027}'
                | '\u{2043}'
                | '\u{2053}'
                | '\u{30a0}'
                | '\u{30fb}'
                | '\u{ff65}'
        )
}

/// Returns whether a search term is long enough: 2 characters, or one Chinese, Japanese or Korean character.
#[must_use]
pub fn is_long_enough(term: &str) -> bool {
    let visible = clean_line(term);
    visible.chars().count() >= SHORTEST || visible.chars().any(is_cjk)
}

/// Returns the digits of a term that is part of a phone number, in international form: without `00`, `(0)` or the
/// leading 0 of a local number. `None` for any other term.
#[must_use]
pub fn digits_of_number(term: &str) -> Option<String> {
    let term = clean_digits(term);
    let is_of_a_number = |c: char| c.is_ascii_digit() || c.is_whitespace() || "+-.()/".contains(c);
    if !term.chars().all(is_of_a_number) {
        return None;
    }
    let digits: String = term.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    // `0044` and `+44` both match the stored form `+44...`. The leading 0 of a local number is not stored.
    let digits = if term.starts_with('+') { &digits } else { digits.trim_start_matches('0') };
    (digits.len() >= FEWEST_DIGITS).then(|| digits.to_owned())
}

fn is_cjk(character: char) -> bool {
    matches!(
        character,
        '\u{3005}'..='\u{3007}' | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' | '\u{3105}'..='\u{312f}'
            | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}'
            | '\u{ff66}'..='\u{ff9d}' | '\u{20000}'..='\u{3fffd}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_is_enough_only_in_chinese_japanese_and_korean() {
        for term in ["李", " 李 ", "김", "あ", "ア", "ｱ", "Jo", "77"] {
            assert!(is_long_enough(term), "{term}");
        }
        for term in ["", " ", "a", "é", "7", "Σ", "😀", "\u{200b}a\u{200b}", "a\u{2800}"] {
            assert!(!is_long_enough(term), "{term:?}");
        }
    }

    #[test]
    fn only_digits_and_phone_number_punctuation_are_part_of_a_number() {
        for (term, digits) in
            [("07700 900", "7700900"), ("+44 (0)77", "4477"), ("\u{202a}00\u{2011}44", "44")]
        {
            assert_eq!(digits_of_number(term).as_deref(), Some(digits), "{term}");
        }
        for term in ["", "7", "000", "A-10021", "77 Jo"] {
            assert_eq!(digits_of_number(term), None, "{term}");
        }
    }

    #[test]
    fn a_folded_character_covers_the_accents_that_follow_but_no_apostrophe() {
        let accents = |character: char, parts: &mut String| {
            if character != '\u{301}' {
                parts.push(character);
            }
        };
        let spans: Vec<_> =
            fold("e\u{301}’b", accents).iter().map(|c| (c.character, c.start, c.end)).collect();
        assert_eq!(spans, [('e', 0, 3), ('b', 6, 7)]);
    }
}
