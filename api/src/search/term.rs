//! Parses a search term: part of a number in any format, part of a reference, or words of a name in any order.

use shared::{
    clean::clean_line,
    search::{digits_of_number, is_long_enough},
};

use crate::conversations::search_text::fold;

/// Maximum length of a term.
pub(crate) const MAX_CHARS: usize = 100;
/// Fewest digits of a reference without letters. Fewer digits are a part of a number.
const FEWEST_DIGITS_OF_REFERENCE: usize = 7;
/// Minimum length of a word for the text index, which consists of trigrams.
pub(super) const MIN_INDEXED_CHARS: usize = 3;

/// Why a text is not a search term.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerm {
    /// The text is too short to search for.
    #[error("Type at least 2 characters of a number, a reference or a name.")]
    TooShort,
    /// The text is longer than `MAX_CHARS`, or contains a NUL character.
    #[error("This is too long. Type at most {MAX_CHARS} characters.")]
    TooLong,
}

/// A parsed term. A text matches if it contains all words of at least one alternative.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// For a name or a reference, its words. For a term that looks like a number, the term as typed, and its digits.
    pub(super) alternatives: Vec<Vec<String>>,
    /// The term as typed, without invisible characters.
    pub(super) typed: String,
    /// For a term that looks like a number, its digits.
    pub(super) digits: Option<String>,
    /// The folded term, if it can be a complete reference.
    pub(super) reference: Option<String>,
}

impl Term {
    /// Parses a typed term.
    ///
    /// # Errors
    /// When the text is too short or too long.
    pub fn parse(typed: &str) -> Result<Self, InvalidTerm> {
        let text = clean_line(typed);
        if !is_long_enough(&text) {
            return Err(InvalidTerm::TooShort);
        }
        if text.chars().count() > MAX_CHARS || text.contains('\0') {
            return Err(InvalidTerm::TooLong);
        }
        let (folded, digits) = (fold(&text), digits_of_number(&text));
        let reference = Some(folded.clone()).filter(|folded| can_be_reference(folded));
        let alternatives = match &digits {
            // A reference can look like a number. It is searched as a whole.
            Some(digits) => {
                let as_typed = Some(folded).filter(|folded| !folded.is_empty() && folded != digits);
                as_typed.into_iter().chain([digits.clone()]).map(|word| vec![word]).collect()
            }
            // A word with a hyphen stays one phrase, because the parts of a reference such as `A-1` are too frequent.
            None => {
                let words: Vec<String> =
                    text.split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
                if words.is_empty() { Vec::new() } else { vec![words] }
            }
        };
        Ok(Self { alternatives, typed: text.into_owned(), digits, reference })
    }

    /// Whether the term has no letters or digits, and so matches nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// Whether each alternative has a word that the text index supports.
    pub(super) fn is_indexed(&self) -> bool {
        self.alternatives.iter().all(|words| words.iter().any(|word| is_indexed(word)))
    }

    /// Whether it has a word that the text index does not support.
    pub(super) fn has_short_word(&self) -> bool {
        self.alternatives.iter().flatten().any(|word| !is_indexed(word))
    }
}

/// Whether a folded term can be a complete reference, and cannot be the part of a number or a name.
fn can_be_reference(folded: &str) -> bool {
    let digits = folded.chars().filter(char::is_ascii_digit).count();
    digits > 0 && (digits >= FEWEST_DIGITS_OF_REFERENCE || folded.chars().any(char::is_alphabetic))
}

/// Whether the text index supports a word.
pub(super) fn is_indexed(word: &str) -> bool {
    word.chars().count() >= MIN_INDEXED_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Vec<Vec<String>> {
        Term::parse(typed).unwrap().alternatives
    }

    #[test]
    fn part_of_a_number_is_parsed_in_any_format() {
        for (typed, digits) in [
            ("07700 900", "7700900"),
            ("+44 7700", "447700"),
            ("0044 7700", "447700"),
            ("+44 (0)7700", "447700"),
            ("900-123", "900123"),
            ("\u{202a}07700\u{2011}900\u{202c}", "7700900"),
            ("＋４４　７７００", "447700"),
        ] {
            assert_eq!(read(typed).last().unwrap(), &[digits], "{typed}");
        }
        assert_eq!(read("900123"), [["900123"]], "plain digits are one alternative");
        for typed in ["A-10021", "Maria", "000"] {
            assert_eq!(read(typed).len(), 1, "{typed}");
        }
    }

    #[test]
    fn the_words_of_a_name_are_separate() {
        assert_eq!(read(" Zoë  MÜLLER "), [["zoe", "muller"]]);
        assert_eq!(read("O’Neill A\u{2011}1 -"), [["oneill", "a 1"]]);
    }

    #[test]
    fn a_term_has_2_to_100_characters() {
        assert_eq!(Term::parse(" a "), Err(InvalidTerm::TooShort));
        assert_eq!(Term::parse(&"a".repeat(101)), Err(InvalidTerm::TooLong));
        assert_eq!(Term::parse("a\0b"), Err(InvalidTerm::TooLong));
        assert!(Term::parse("李").is_ok());
    }

    #[test]
    fn a_term_without_letters_and_digits_matches_nothing() {
        for typed in ["--", "\u{b4}\u{b4}", "' '"] {
            assert!(Term::parse(typed).unwrap().is_empty(), "{typed}");
        }
    }

    #[test]
    fn a_reference_has_a_letter_and_a_digit_or_more_digits_than_people_type_of_a_number() {
        let reference = |typed: &str| Term::parse(typed).unwrap().reference;
        for (typed, folded) in [("A\u{2011}10021", "a 10021"), ("r1", "r1"), ("12-34567", "12 34567")] {
            assert_eq!(reference(typed).as_deref(), Some(folded), "{typed}");
        }
        for typed in ["Maria", "123456", "12-3456", "--"] {
            assert_eq!(reference(typed), None, "{typed}");
        }
    }

    #[test]
    fn a_term_is_indexed_if_it_has_a_word_of_three_characters() {
        let indexed = |typed: &str| Term::parse(typed).unwrap().is_indexed();
        assert!(indexed("jo smith") && indexed("7700") && indexed("zoë"));
        assert!(!indexed("jo") && !indexed("jo li") && !indexed("77"));
    }
}
