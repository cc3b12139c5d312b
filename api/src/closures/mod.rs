//! Closure reasons: what a conversation can be closed with. [`change`] makes and arranges them.

pub mod change;
pub(crate) mod queries;
pub mod routes;
