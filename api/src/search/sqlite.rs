//! SQL of a search that only SQLite has: the full-text index (FTS5 with trigrams).

use super::{
    rare::RareParts,
    statement::Statement,
    term::{Term, is_indexed},
};

/// Adds the condition that a text contains a word.
pub(super) fn contains(statement: Statement, text: &str, word: &str) -> Statement {
    statement.sql(&format!("instr({text}, ")).text(word).sql(") > 0")
}

/// The reference in a search text, as in the index `conversation_texts_reference`.
pub(super) const REFERENCE: &str = "substr(text, instr(text, char(10)) + 1, \
    instr(substr(text, instr(text, char(10)) + 1), char(10)) - 1)";

/// Adds a SELECT of the conversations that contain these parts.
pub(super) fn indexed(statement: Statement, parts: &RareParts) -> Statement {
    statement
        .sql("SELECT rowid AS id FROM conversation_texts_index WHERE conversation_texts_index MATCH ")
        .text(&query(&parts.alternatives))
}

/// Adds a SELECT of the conversations after `id` that contain the term. The text index reads only their entries.
pub(super) fn walked(statement: Statement, term: &Term, id: i64) -> Statement {
    if term.is_indexed() {
        let indexed = |words: &Vec<String>| words.iter().filter(|word| is_indexed(word)).cloned().collect();
        let alternatives: Vec<Vec<String>> = term.alternatives.iter().map(indexed).collect();
        return statement
            .sql("SELECT rowid AS id FROM conversation_texts_index WHERE conversation_texts_index MATCH ")
            .text(&query(&alternatives))
            .sql(" AND rowid > ")
            .number(id);
    }
    statement
        .sql("SELECT conversation_id AS id FROM conversation_texts WHERE conversation_id > ")
        .number(id)
        .sql(" AND ")
        .of_alternatives(&term.alternatives, |statement, word| contains(statement, "text", word))
}

/// Returns alternatives of words as an FTS5 query, with each word quoted as a phrase, so that it contains no operators.
fn query(alternatives: &[Vec<String>]) -> String {
    let phrase = |word: &String| format!("\"{}\"", word.replace('"', "\"\""));
    let alternative =
        |words: &Vec<String>| format!("({})", words.iter().map(phrase).collect::<Vec<_>>().join(" AND "));
    alternatives.iter().map(alternative).collect::<Vec<_>>().join(" OR ")
}
