//! What somebody types to find a conversation: a part of a number however it is typed, of a reference, or words of a
//! name in any order.

use shared::{
    clean::clean_line,
    search::{digits_of_number, is_long_enough},
};

use super::fold::fold;

/// The longest term, in characters: nothing that one looks for is longer.
const LONGEST: usize = 100;
/// How long a word must be for the text index: it knows every three characters in a row.
const INDEXED: usize = 3;

/// A term, as it is looked for: one of these lists of words, all of its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The words of a name or a reference; or, of what looks like a number, how it was typed and its digits.
    pub(super) alternatives: Vec<Vec<String>>,
}

impl Term {
    /// Reads what was typed.
    ///
    /// # Errors
    /// What is wrong with it, for whoever typed it.
    pub fn parse(typed: &str) -> Result<Self, &'static str> {
        let text = clean_line(typed);
        if !is_long_enough(&text) {
            return Err("Type at least 2 characters of a number, a reference or a name.");
        }
        if text.chars().count() > LONGEST || text.contains('\0') {
            return Err("No number, reference or name is that long.");
        }
        let folded = fold(&text);
        let Some(digits) = digits_of_number(&text) else {
            // A word with a hyphen stays one phrase: the parts of a reference such as `A-1` are in every other text.
            let words: Vec<String> =
                text.split_whitespace().map(fold).filter(|word| !word.is_empty()).collect();
            return Ok(Self { alternatives: if words.is_empty() { Vec::new() } else { vec![words] } });
        };
        // A reference can look like a number; its parts are no words.
        let as_typed = Some(folded).filter(|folded| !folded.is_empty() && *folded != digits);
        Ok(Self { alternatives: as_typed.into_iter().chain([digits]).map(|word| vec![word]).collect() })
    }

    /// Whether it has neither letters nor digits, and so matches nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.alternatives.is_empty()
    }

    /// Whether each alternative has a word that the text index knows.
    pub(super) fn is_indexed(&self) -> bool {
        self.alternatives.iter().all(|words| words.iter().any(|word| is_indexed(word)))
    }

    /// Whether it knows every word of it, so that nothing is left to be looked for in the texts.
    pub(super) fn is_indexed_whole(&self) -> bool {
        self.alternatives.iter().flatten().all(|word| is_indexed(word))
    }
}

/// Whether the text index knows a word.
pub(super) fn is_indexed(word: &str) -> bool {
    word.chars().count() >= INDEXED
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(typed: &str) -> Vec<Vec<String>> {
        Term::parse(typed).unwrap().alternatives
    }

    #[test]
    fn a_part_of_a_number_is_read_however_it_is_typed() {
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
        assert_eq!(read("900123"), [["900123"]], "as it stands, it is looked for once");
        for typed in ["A-10021", "Maria", "000"] {
            assert_eq!(read(typed).len(), 1, "{typed}");
        }
    }

    #[test]
    fn the_words_of_a_name_are_looked_for_one_by_one() {
        assert_eq!(read(" Zoë  MÜLLER "), [["zoe", "muller"]]);
        assert_eq!(read("O’Neill A\u{2011}1 -"), [["oneill", "a 1"]]);
    }

    #[test]
    fn a_term_has_2_to_100_characters() {
        assert!(Term::parse(" a ").is_err());
        assert!(Term::parse(&"a".repeat(101)).is_err());
        assert!(Term::parse("a\0b").is_err());
        assert!(Term::parse("李").is_ok());
    }

    #[test]
    fn a_term_without_letters_and_digits_matches_nothing() {
        for typed in ["--", "\u{b4}\u{b4}", "' '"] {
            assert!(Term::parse(typed).unwrap().is_empty(), "{typed}");
        }
    }

    #[test]
    fn only_words_of_three_characters_are_in_the_index() {
        let indexed = |typed: &str| Term::parse(typed).unwrap().is_indexed();
        assert!(indexed("jo smith") && indexed("7700") && indexed("zoë"));
        assert!(!indexed("jo") && !indexed("jo li") && !indexed("77"));
    }
}
