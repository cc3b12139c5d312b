//! API keys, with which integrators' programs authenticate. Only the hash of a key is stored.

pub mod change;
mod problems;
pub(crate) mod queries;
pub mod routes;
