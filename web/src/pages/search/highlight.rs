//! Where what is looked for stands in what was found: pure, but for asking the browser about accents.
//!
//! It must never decide what was found; that is the server's word. Where it finds nothing to mark, nothing is marked.

use leptos::prelude::*;

/// A part of a text, and whether it is marked.
type Part<'a> = (&'a str, bool);

/// A character as it is compared: without case and accent.
type Fold = fn(char) -> char;

/// A name or a ref, with what is looked for marked.
pub(super) fn marked_text(text: &str, wanted: &str) -> AnyView {
    draw(parts_of_text(text, wanted, folded))
}

/// A number, with what is looked for marked, however that was typed.
pub(super) fn marked_number(number: &str, wanted: &str) -> AnyView {
    draw(parts_of_number(number, wanted))
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

/// The whole of what is looked for where it stands, else each of its words.
fn parts_of_text<'a>(text: &'a str, wanted: &str, fold: Fold) -> Vec<Part<'a>> {
    let whole = parts_of_phrase(text, &[wanted.trim()], fold);
    if whole.iter().any(|(_, is_marked)| *is_marked) {
        return whole;
    }
    let words: Vec<&str> = wanted.split_whitespace().collect();
    parts_of_phrase(text, &words, fold)
}

fn parts_of_phrase<'a>(text: &'a str, phrases: &[&str], fold: Fold) -> Vec<Part<'a>> {
    let characters: Vec<(usize, char)> =
        text.char_indices().filter(|(_, character)| !is_combining(*character)).collect();
    let phrases: Vec<Vec<char>> = phrases.iter().map(|phrase| letters(phrase, fold)).collect();
    let mut ranges = Vec::new();
    let mut place = 0;
    while let Some((start, _)) = characters.get(place) {
        let rest = characters.get(place..).unwrap_or_default();
        let found = phrases.iter().filter(|phrase| begins_with(rest, phrase, fold)).map(Vec::len).max();
        let length = found.unwrap_or_default();
        if length > 0 {
            let end = characters.get(place + length).map_or(text.len(), |(end, _)| *end);
            ranges.push((*start, end));
        }
        place += length.max(1);
    }
    cut(text, &ranges)
}

fn begins_with(rest: &[(usize, char)], phrase: &[char], fold: Fold) -> bool {
    phrase.len() <= rest.len()
        && phrase.iter().zip(rest).all(|(wanted, (_, character))| *wanted == fold(*character))
}

fn letters(text: &str, fold: Fold) -> Vec<char> {
    text.chars().filter(|character| !is_combining(*character)).map(fold).collect()
}

/// An accent that stands behind its letter as a character of its own.
fn is_combining(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// The digits of what is looked for, from the first to the last, with the spaces between them.
fn parts_of_number<'a>(number: &'a str, wanted: &str) -> Vec<Part<'a>> {
    let digits: Vec<(usize, char)> =
        number.char_indices().filter(|(_, character)| character.is_ascii_digit()).collect();
    let ranges = wanted_digits(wanted).and_then(|wanted| {
        let place = digits
            .windows(wanted.len())
            .position(|window| window.iter().map(|(_, digit)| *digit).eq(wanted.chars()))?;
        let (first, _) = digits.get(place)?;
        let (last, _) = digits.get(place + wanted.len() - 1)?;
        Some((*first, *last + 1))
    });
    cut(number, ranges.as_slice())
}

/// The digits as they stand in an international number: without `(0)`, `00` or the `0` of a local one. None when what
/// is looked for is no part of a number.
fn wanted_digits(wanted: &str) -> Option<String> {
    if wanted.chars().any(char::is_alphabetic) {
        return None;
    }
    let digits: String = wanted.replace("(0)", "").chars().filter(char::is_ascii_digit).collect();
    // Where the nought does belong to the number, the rest is marked all the same.
    let digits = digits.trim_start_matches('0').to_owned();
    (!digits.is_empty()).then_some(digits)
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

/// Without case and accent, as the browser knows it.
fn folded(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    let parts = js_sys::JsString::from(character.to_string()).normalize("NFD").as_string();
    let base = parts.and_then(|parts| parts.chars().next()).unwrap_or(character);
    base.to_lowercase().next().unwrap_or(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fold(character: char) -> char {
        match character {
            'é' | 'É' => 'e',
            'ü' | 'Ü' => 'u',
            other => other.to_ascii_lowercase(),
        }
    }

    fn text(text: &str, wanted: &str) -> String {
        shown(&parts_of_text(text, wanted, fold))
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
    }

    #[test]
    fn words_are_marked_one_by_one_where_they_do_not_stand_together() {
        assert_eq!(text("Maria Jones", "jones maria"), "[Maria] [Jones]");
        assert_eq!(text("A-10021", "10021 maria"), "A-[10021]");
    }

    #[test]
    fn nothing_is_marked_where_nothing_fits() {
        assert_eq!(text("Maria Jones", ""), "Maria Jones");
        assert_eq!(text("Maria Jones", "  "), "Maria Jones");
        assert_eq!(text("Maria Jones", "xyz"), "Maria Jones");
        assert_eq!(text("", "x"), "");
        assert_eq!(number("+44 7700 900123", ""), "+44 7700 900123");
        assert_eq!(number("+44 7700 900123", "999"), "+44 7700 900123");
    }

    #[test]
    fn a_number_is_marked_however_it_was_typed() {
        for wanted in ["07700 900", "+44 7700-900", "0044 7700 900", "+44 (0) 7700 900", "7700900"] {
            assert!(number("+44 7700 900123", wanted).ends_with("7700 900]123"), "{wanted}");
        }
        assert_eq!(number("+44 7700 900123", "0123"), "+44 7700 900[123]");
        assert_eq!(number("+44 7700 900123", "+4477"), "+[44 77]00 900123");
    }

    #[test]
    fn a_ref_is_no_part_of_a_number() {
        assert_eq!(number("+44 7700 900123", "A-900"), "+44 7700 900123");
    }
}
