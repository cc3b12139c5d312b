//! SQL of a search that only PostgreSQL has: the trigram index (`pg_trgm`). `LIKE` uses the index; `strpos` never does,
//! so that the planner, whose estimates are far off for digits, has no choice.

use super::{rare::RareParts, statement::Statement, term::Term};

/// Adds the condition that a text contains a word.
pub(super) fn contains(statement: Statement, text: &str, word: &str) -> Statement {
    statement.sql(&format!("strpos({text}, ")).text(word).sql(") > 0")
}

/// The reference in a search text, as in the index `conversation_texts_reference`.
pub(super) const REFERENCE: &str = "split_part(text, chr(10), 2)";

/// Adds a SELECT of the conversations that contain these parts.
pub(super) fn indexed(statement: Statement, parts: &RareParts) -> Statement {
    statement
        .sql("SELECT conversation_id AS id FROM conversation_texts WHERE ")
        .of_alternatives(&parts.alternatives, |statement, part| {
            statement.sql("text LIKE ").text(&format!("%{}%", escaped(part)))
        })
}

/// Adds a SELECT of the conversations after `id` that contain the term.
pub(super) fn walked(statement: Statement, term: &Term, id: i64) -> Statement {
    statement
        .sql("SELECT conversation_id AS id FROM conversation_texts WHERE conversation_id > ")
        .number(id)
        .sql(" AND ")
        .of_alternatives(&term.alternatives, |statement, word| contains(statement, "text", word))
}

/// Escapes the special characters of a `LIKE` pattern.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}
