//! Tags, which agents put on conversations (rule 19). [`change`] creates and changes them.

pub mod change;
pub(crate) mod queries;
pub mod routes;
