//! Cleans input from people, files and programs: removes invisible characters, and replaces look-alike spaces, dashes
//! and digits. Message bodies stay as typed; only text that is pasted into them is cleaned.
//!
//! | Function | Use it for |
//! |---|---|
//! | [`clean_line`] | names of customers, accounts, teams, templates, columns; search terms |
//! | [`clean_code`] | customer references, e-mail addresses, codes of regions |
//! | [`clean_digits`] | phone numbers |
//! | [`strip_invisible`] | notes and other text of several lines |
//! | [`clean_pasted`] | text that is pasted into a message box |
//!
//! Each function is idempotent. Control characters (line breaks, NUL) stay; the caller refuses or replaces them.

use std::borrow::Cow;

pub(crate) use self::characters::{digit, is_dash, is_invisible};
use self::characters::{
    is_emoji, is_joiner, is_of_joining_script, is_tag, is_variation_selector, plain_form,
};

mod characters;

/// The black flag, which begins the flags of England, Scotland and Wales: tag characters follow it.
const BLACK_FLAG: char = '\u{1f3f4}';

/// Removes invisible characters; everything else stays, including white space.
///
/// Joiners and variation selectors stay where they change how text looks: within an emoji, and between letters of
/// scripts that use them (Arabic, the scripts of India, Khmer, Mongolian, Myanmar).
#[must_use]
pub fn strip_invisible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut before = None;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if is_invisible(character) && !shapes_text(before, character, rest.as_str()) {
            continue;
        }
        kept.push(character);
        before = Some(character);
    }
    Cow::Owned(kept)
}

/// Returns whether an invisible character changes how its neighbours look. `before` is the last character kept.
fn shapes_text(before: Option<char>, character: char, after: &str) -> bool {
    let Some(before) = before else { return false };
    if is_variation_selector(character) {
        return !is_invisible(before) && !before.is_ascii_alphabetic() && !before.is_whitespace();
    }
    if is_tag(character) {
        return before == BLACK_FLAG || is_tag(before);
    }
    let mut visible = after.chars().skip_while(|next| is_invisible(*next));
    is_joiner(character)
        && visible.next().is_some_and(|next| {
            (is_emoji(before) && is_emoji(next))
                || (is_of_joining_script(before) && is_of_joining_script(next))
        })
}

/// Cleans pasted text of several lines: each kind of line break becomes a newline, and a tab a space. Removes invisible
/// and control characters. Quotes, dashes and spaces of other widths stay.
#[must_use]
pub fn clean_pasted(text: &str) -> Cow<'_, str> {
    let is_odd = |character: char| {
        (character.is_control() && character != '\n') || matches!(character, '\u{2028}' | '\u{2029}')
    };
    if !text.contains(is_odd) {
        return strip_invisible(text);
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\r' if rest.peek() == Some(&'\n') => {}
            '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => plain.push('\n'),
            '\t' => plain.push(' '),
            '\n' => plain.push('\n'),
            _ if character.is_control() => {}
            _ => plain.push(character),
        }
    }
    Cow::Owned(strip_invisible(&plain).into_owned())
}

/// Cleans a single line: removes invisible characters, trims white space, and replaces each run of white space with one
/// plain space. Control characters stay.
#[must_use]
pub fn clean_line(text: &str) -> Cow<'_, str> {
    match strip_invisible(text) {
        Cow::Borrowed(text) => single_spaced(trimmed(text)),
        Cow::Owned(text) => Cow::Owned(single_spaced(trimmed(&text)).into_owned()),
    }
}

/// Cleans an identifier: as [`clean_line`], and also removes every invisible character and converts full-width forms,
/// dashes and the digits of all scripts to ASCII. Identifiers that look the same become equal.
#[must_use]
pub fn clean_code(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return single_spaced(trimmed(text));
    }
    let plain: String =
        text.chars().filter(|character| !is_invisible(*character)).map(plain_character).collect();
    Cow::Owned(single_spaced(trimmed(&plain)).into_owned())
}

/// Cleans a phone number: as [`clean_code`], and also converts every plus sign, bracket, dash and dot that numbers are
/// written with to ASCII.
#[must_use]
pub fn clean_digits(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return single_spaced(trimmed(text));
    }
    let plain: String = text
        .chars()
        .filter(|character| !is_invisible(*character))
        .map(|c| plain_punctuation(plain_character(c)))
        .collect();
    Cow::Owned(single_spaced(trimmed(&plain)).into_owned())
}

fn plain_character(character: char) -> char {
    match character {
        _ if character.is_ascii() => character,
        _ if is_dash(character) => '-',
        _ => digit(character).or_else(|| plain_form(character)).unwrap_or(character),
    }
}

/// Converts the punctuation that some countries write within phone numbers to ASCII.
fn plain_punctuation(character: char) -> char {
    match character {
        '\u{207a}' | '\u{208a}' | '\u{2795}' | '\u{fb29}' | '\u{fe62}' => '+',
        // Japanese numbers are also typed with the long-vowel mark, tildes and swung dashes as hyphens.
        '\u{30fc}' | '\u{ff70}' | '\u{2053}' | '\u{223c}' | '\u{301c}' | '\u{2043}' | '~' => '-',
        '\u{ff3b}' | '\u{3014}' | '\u{3010}' | '\u{207d}' | '\u{208d}' | '[' => '(',
        '\u{ff3d}' | '\u{3015}' | '\u{3011}' | '\u{207e}' | '\u{208e}' | ']' => ')',
        '\u{b7}' | '\u{2022}' | '\u{2219}' | '\u{22c5}' | '\u{30fb}' | '\u{2024}' | '\u{3002}' => '.',
        '\u{2044}' | '\u{2215}' => '/',
        other => other,
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_whitespace() || is_space(character))
}

/// Replaces each run of white space with one plain space. Control characters stay.
fn single_spaced(text: &str) -> Cow<'_, str> {
    let is_odd = |character: char| is_space(character) && character != ' ';
    if !text.contains("  ") && !text.contains(is_odd) {
        return Cow::Borrowed(text);
    }
    let mut spaced = String::with_capacity(text.len());
    for character in text.chars() {
        if !is_space(character) {
            spaced.push(character);
        } else if !spaced.ends_with(' ') {
            spaced.push(' ');
        }
    }
    Cow::Owned(spaced)
}

/// A space of any width, or the empty Braille cell, which looks like one.
fn is_space(character: char) -> bool {
    (character.is_whitespace() && !character.is_control()) || character == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn invisible_characters_are_removed_everywhere() {
        for invisible in [
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{202a}',
            '\u{202b}',
            '\u{202c}',
            '\u{202d}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{ad}',
            '\u{61c}',
            '\u{34f}',
            '\u{3164}',
            '\u{e0041}',
            '\u{fe0f}',
            '\u{180e}',
            '\u{fff9}',
        ] {
            let text = format!("{invisible}A{invisible}b {invisible} {invisible}C{invisible}");
            assert_eq!(clean_line(&text), "Ab C", "{invisible:?}");
            assert_eq!(clean_code(&text), "Ab C", "{invisible:?}");
            assert_eq!(clean_line(&invisible.to_string()), "", "{invisible:?}");
            assert_eq!(clean_digits(&format!("{invisible}07700{invisible} 900123")), "07700 900123");
        }
    }

    #[test]
    fn an_emoji_and_the_letters_of_joining_scripts_keep_their_shape() {
        for name in ["👩‍⚕️ Dr Ray", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "👨‍👩‍👧", "1️⃣", "علی‌رضا", "ශ්‍රී ලංකා", "葛\u{e0100}城"]
        {
            assert_eq!(clean_line(name), name);
        }
        assert_eq!(clean_line("👩\u{200d} Ray"), "👩 Ray");
        assert_eq!(clean_line("علی\u{200c}"), "علی");
        assert_eq!(clean_code("👩‍⚕️"), "👩⚕");
    }

    #[test]
    fn spaces_of_every_width_become_one_plain_space() {
        assert_eq!(clean_line("\u{a0}Maria\u{3000}\u{2009} Jones\u{202f}"), "Maria Jones");
        assert_eq!(clean_line("a \u{2028} b"), "a b");
        assert_eq!(clean_line("\u{2800}Jo\u{2800}Li\u{2800}"), "Jo Li");
        assert_eq!(clean_line("a\nb\0c"), "a\nb\0c", "control characters are left to the caller");
    }

    #[test]
    fn a_name_keeps_its_dashes_and_its_digits() {
        assert_eq!(clean_line("Smith–Jones ٣ Ａ"), "Smith–Jones ٣ Ａ");
    }

    #[test]
    fn identifiers_that_look_the_same_become_equal() {
        for code in [
            "A-10021",
            "Ａ－１００２１",
            "A\u{2011}10021",
            "A\u{2212}10021\u{200b}",
            "A-١٠٠٢١",
            "\u{feff}A-१००२१",
        ] {
            assert_eq!(clean_code(code), "A-10021", "{code}");
        }
        assert_eq!(clean_code("ann＠example．com"), "ann@example.com");
    }

    #[test]
    fn a_number_is_cleaned_in_every_script_and_with_every_dash() {
        for typed in [
            "+44 7700-900123",
            "＋４４　７７００－９００１２３",
            "+٤٤ ٧٧٠٠-٩٠٠١٢٣",
            "+४४ ७७००-९००१२३",
            "\u{202a}+44\u{a0}7700\u{2011}900123\u{202c}",
            "﹢44 7700ー900123",
            "+44 7700\u{2013}900123",
        ] {
            assert_eq!(clean_digits(typed), "+44 7700-900123", "{typed}");
        }
        assert_eq!(clean_digits("（07700）900123"), "(07700)900123");
    }

    #[test]
    fn a_note_keeps_its_lines() {
        assert_eq!(strip_invisible("a\u{200b}\n  b\u{202e}"), "a\n  b");
    }

    #[test]
    fn pasted_text_keeps_its_lines_and_loses_tabs_and_invisible_characters() {
        assert_eq!(
            clean_pasted("a\r\nb\rc\u{2028}d\u{2029}e\u{85}f\u{b}g\u{c}h\n"),
            "a\nb\nc\nd\ne\nf\ng\nh\n"
        );
        assert_eq!(clean_pasted("a\tb\u{200b}c\u{feff}\0\u{1b}d\u{ad}"), "a bcd");
        assert_eq!(clean_pasted("a\r\n\r\nb"), "a\n\nb");
        for text in ["“a” – ‘b’…\u{a0}c", "👩‍⚕️ 1️⃣ علی‌رضا", " two  spaces\n\n"]
        {
            assert_eq!(clean_pasted(text), text);
        }
    }

    proptest! {
        #[test]
        fn cleaning_is_idempotent(text in "[\\PC\u{200b}-\u{200f}\u{a0}\u{202a}\u{fe0f}\u{e0041}👩⚕م1 -]{0,30}") {
            for clean in [strip_invisible, clean_pasted, clean_line, clean_code, clean_digits] {
                let once = clean(&text).into_owned();
                prop_assert_eq!(&clean(&once), &once);
            }
        }

        #[test]
        fn plain_text_is_not_copied(text in "[!-~]{0,10}( [!-~]{1,10}){0,3}") {
            let is_borrowed = |text: Cow<'_, str>| matches!(text, Cow::Borrowed(_));
            prop_assert!([clean_line, clean_code, clean_digits].iter().all(|clean| is_borrowed(clean(&text))));
        }
    }
}
