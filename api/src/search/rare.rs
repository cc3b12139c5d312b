//! Leaves frequent parts out of what is looked up in the text index. The time of a lookup grows with the number of
//! texts that contain each trigram of a term. In a block of consecutive numbers, all texts contain the trigrams of the
//! first digits, so the rare trigrams alone are looked up, and the matches are checked against the whole term.

use super::{
    dialect::Dialect,
    term::{MIN_INDEXED_CHARS, Term},
};

/// Which trigrams count as frequent: those in one of this many texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequent {
    /// One of 16. All others are looked up in a few milliseconds.
    OneIn16 = 16,
    /// One of 4, for a term whose other trigrams are not rare either.
    OneIn4 = 4,
}

/// Number of texts in a sample below which a trigram does not count as frequent.
const FEWEST: usize = 4;

/// The parts of a term that are looked up in the text index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RareParts {
    /// The parts of each alternative.
    pub(super) alternatives: Vec<Vec<String>>,
    /// Whether the parts are the whole term, so that the texts themselves need no check.
    pub(super) is_whole: bool,
    /// Whether an alternative of the term has no part that the text index can look up.
    pub(super) lacks_alternative: bool,
}

impl RareParts {
    /// Returns the parts of the term without the trigrams that are frequent in a sample of the texts. `None` if there
    /// are no others. Leaves out a number as it was typed if it has none; the digits alone are looked up then.
    pub(super) fn of(term: &Term, sample: &[String], frequent: Frequent, dialect: Dialect) -> Option<Self> {
        let is_rare = |trigram: &str| {
            let count = sample.iter().filter(|text| text.contains(trigram)).count();
            let is_frequent = count >= FEWEST && count * (frequent as usize) >= sample.len();
            // If there are few texts, reading too many takes little time.
            sample.is_empty() || (dialect.indexes(trigram) && !is_frequent)
        };
        let alternatives: Vec<Vec<String>> = term
            .alternatives
            .iter()
            .map(|words| words.iter().flat_map(|word| rare_runs(word, is_rare)).collect())
            .collect();
        let has_parts = alternatives.last().is_some_and(|parts| !parts.is_empty());
        let is_whole = alternatives == term.alternatives;
        let lacks_alternative = alternatives.iter().any(Vec::is_empty);
        let alternatives = alternatives.into_iter().filter(|parts| !parts.is_empty()).collect();
        has_parts.then_some(Self { alternatives, is_whole, lacks_alternative })
    }
}

/// Returns the longest parts of a word that have no frequent trigram.
fn rare_runs(word: &str, is_rare: impl Fn(&str) -> bool) -> Vec<String> {
    let characters: Vec<char> = word.chars().collect();
    let mut runs: Vec<String> = Vec::new();
    let mut continues = false;
    for trigram in characters.windows(MIN_INDEXED_CHARS) {
        let text: String = trigram.iter().collect();
        if !is_rare(&text) {
            continues = false;
            continue;
        }
        match (runs.last_mut(), trigram.last()) {
            (Some(run), Some(last)) if continues => run.push(*last),
            _ => runs.push(text),
        }
        continues = true;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(typed: &str, sample: &[String]) -> Option<(Vec<Vec<String>>, bool)> {
        parts_without(Frequent::OneIn16, typed, sample)
    }

    fn parts_without(frequent: Frequent, typed: &str, sample: &[String]) -> Option<(Vec<Vec<String>>, bool)> {
        let parts = RareParts::of(&Term::parse(typed).unwrap(), sample, frequent, Dialect::Sqlite);
        parts.map(|parts| (parts.alternatives, parts.is_whole))
    }

    fn words(words: &[&str]) -> Vec<Vec<String>> {
        vec![words.iter().map(|word| (*word).to_owned()).collect()]
    }

    #[test]
    fn frequent_trigrams_are_left_out() {
        let consecutive: Vec<String> =
            (0..64).map(|n| format!("+4475{:08}\nr {n}\nmaria jones", n * 15_625)).collect();
        assert_eq!(parts("75001234", &consecutive), Some((words(&["01234"]), false)));
        assert_eq!(parts("maria smith", &consecutive), Some((words(&["smith"]), false)));
        assert_eq!(parts("mariann", &consecutive), Some((words(&["iann"]), false)));
        assert_eq!(parts("xjonesy", &consecutive), Some((words(&["xjo", "esy"]), false)));
        assert_eq!(parts("smith", &consecutive), Some((words(&["smith"]), true)));
        assert_eq!(parts("maria jones", &consecutive), None);
        assert_eq!(parts("0475 00", &consecutive), None, "the digits are frequent, the spaces are not");
        assert_eq!(parts("50000012", &consecutive), Some((words(&["012"]), false)));
        let more = parts_without(Frequent::OneIn4, "50000012", &consecutive);
        assert_eq!(more, Some((words(&["0000012"]), false)));
    }

    #[test]
    fn on_postgresql_only_trigrams_of_one_word_are_looked_up() {
        let parts = |typed: &str, dialect| {
            let sample = ["+447500000001".to_owned()];
            let parts = RareParts::of(&Term::parse(typed).unwrap(), &sample, Frequent::OneIn16, dialect);
            parts.map(|parts| (parts.alternatives, parts.is_whole))
        };
        assert_eq!(parts("A-100", Dialect::Sqlite), Some((words(&["a 100"]), true)));
        assert_eq!(parts("A-100", Dialect::Postgres), Some((words(&["100"]), false)));
        assert_eq!(parts("A-1", Dialect::Postgres), None);
        assert_eq!(parts("12-34", Dialect::Postgres), Some((words(&["1234"]), false)));
    }

    #[test]
    fn words_that_are_too_short_for_the_index_are_checked_in_the_text() {
        assert_eq!(parts("jo smith", &[]), Some((words(&["smith"]), false)));
        assert_eq!(parts("jo li", &[]), None);
    }
}
