//! Closure reasons, one of which is chosen to close a conversation. [`change`] creates, changes and orders them.

pub mod change;
pub(crate) mod queries;
pub mod routes;
