//! Consent: which customers have opted out of a team number's messages. [`keyword`], [`wording`] and `meaning` classify
//! a message, `check` runs before each send, `erased` keeps opt-outs of erased customers, and
//! `queries` is the ledger. `conversations/consent.rs` applies the
//! effects of an entry.

pub mod check;
pub mod erased;
pub mod keyword;
pub(crate) mod meaning;
mod problems;
pub(crate) mod queries;
pub mod routes;
pub mod wording;

/// Largest length of an entry's note, in characters.
pub(crate) const MAX_NOTE_CHARACTERS: usize = 1000;
