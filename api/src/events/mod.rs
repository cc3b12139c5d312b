//! The event log. Each change appends its events in its own transaction, and [`feed`] publishes them to the live
//! streams.

pub mod feed;
pub(crate) mod queries;
pub mod routes;
