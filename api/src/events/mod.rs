//! The event log. Each change appends its events in its own transaction. [`feed`] publishes them to the live streams,
//! and [`versions`] lets every `cache` know what has changed.

pub(crate) mod cache;
pub mod feed;
pub mod position;
pub mod published;
pub(crate) mod queries;
pub mod routes;
pub mod versions;
