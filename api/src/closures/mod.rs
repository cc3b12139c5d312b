//! Closure reasons: what a conversation can be closed with.

pub(crate) mod queries;
pub mod routes;
