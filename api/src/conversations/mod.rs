//! Conversations: the rules ([`conversation`]), what happens to them ([`receive`], [`start`], [`reply`],
//! [`close`]), the queue and
//! the HTTP of it all.

pub mod close;
pub mod conversation;
pub mod cursor;
pub mod detail;
pub mod message;
pub(crate) mod queries;
pub mod queue;
pub mod receive;
pub mod reply;
pub mod routes;
pub mod start;
