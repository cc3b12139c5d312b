//! Numbers as people type them: [`parse`] reads them, [`check`] says what stands in the way of writing to one.

pub mod check;
pub mod parse;
pub(crate) mod region;
pub mod routes;
