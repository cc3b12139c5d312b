//! API keys: how integrators' programs sign in. Only the hash of a key is kept.

pub mod create;
pub(crate) mod queries;
pub mod routes;
