//! The event log: every change is appended in its own transaction, and [`feed`] tells the live streams.

pub mod feed;
pub(crate) mod queries;
mod recheck;
pub mod routes;
