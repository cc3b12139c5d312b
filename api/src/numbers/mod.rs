//! Numbers as people type them: [`parse`] reads them, `known` reads them where the desk already knows the number,
//! `check` says what stands in the way of writing to one. `plan`, `lengths` and `countries` hold what is known of each
//! country.

pub mod check;
mod countries;
pub(crate) mod known;
mod lengths;
pub mod parse;
mod plan;
pub(crate) mod region;
pub mod routes;
