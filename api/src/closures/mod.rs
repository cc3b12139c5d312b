//! Closure reasons, one of which is chosen to close a conversation. [`change`] creates and changes them.

pub mod change;
pub(crate) mod queries;
pub mod routes;
