//! Escapes values so that no spreadsheet runs them as formulas.

use std::borrow::Cow;

use shared::clean::strip_invisible;

/// Escapes a value so that no spreadsheet runs it as a formula (OWASP, CSV injection): an apostrophe before a sign that
/// begins a cell marks the cell as text. Also finds full-width signs, and signs behind white space and invisible
/// characters. Every common delimiter counts as the beginning of a cell, because the spreadsheet may split the file
/// there.
pub(crate) fn escape_formula(value: &str) -> Cow<'_, str> {
    if !value.contains(is_formula_sign) && !value.starts_with(char::is_control) {
        return Cow::Borrowed(value);
    }
    let mut plain = String::with_capacity(value.len() + 1);
    let mut begins_cell = true;
    for character in value.chars() {
        let is_separator = matches!(character, ',' | ';' | '|' | '\t' | '\r' | '\n');
        let is_leading_control = plain.is_empty() && is_separator && character.is_control();
        if begins_cell && (is_formula_sign(character) || is_leading_control) {
            plain.push('\'');
            begins_cell = false;
        }
        begins_cell = is_separator || (begins_cell && is_hidden(character));
        plain.push(character);
    }
    Cow::Owned(plain)
}

fn is_formula_sign(character: char) -> bool {
    matches!(
        character,
        '=' | '+' | '-' | '@' | '\u{2212}' | '＝' | '＋' | '－' | '＠' | '﹦' | '﹢' | '﹣' | '﹫'
    )
}

/// Whether a sign behind this character still begins the cell.
fn is_hidden(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || character == '"'
        || strip_invisible(character.encode_utf8(&mut [0; 4])).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_behind_invisible_characters_is_escaped() {
        for (value, expected) in [
            (" =1", " '=1"),
            ("\u{a0}+1", "\u{a0}'+1"),
            ("\u{200b}\u{3000}@x", "\u{200b}\u{3000}'@x"),
            ("＝1", "'＝1"),
            (" ＋1", " '＋1"),
            ("－1", "'－1"),
            ("＠x", "'＠x"),
            ("\tx", "'\tx"),
            ("\r=1", "'\r'=1"),
            ("a;=1", "a;'=1"),
            ("a\t -1", "a\t '-1"),
            ("07700-900", "07700-900"),
            ("a=b", "a=b"),
            ("", ""),
        ] {
            assert_eq!(escape_formula(value), expected, "{value:?}");
        }
    }
}
