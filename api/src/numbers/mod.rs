//! Phone numbers as people type them, parsed by [`parse`]. `plan`, `lengths` and `countries` contain the rules and names
//! of each country.

mod countries;
mod lengths;
pub mod parse;
mod plan;
mod problems;
pub(crate) mod region;
pub mod routes;
