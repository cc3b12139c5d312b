//! Stored messages, and their media. `conversations` receives them, writes replies and processes delivery receipts;
//! `outbox` sends them.

pub mod media;
mod problems;
pub(crate) mod queries;
pub mod routes;
pub(crate) mod store;
