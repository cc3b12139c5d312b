//! API keys, with which integrators' programs authenticate. Only the hash of a key is stored.

pub mod create;
pub(crate) mod queries;
pub mod routes;
