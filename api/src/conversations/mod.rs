//! Conversations: the rules ([`conversation`]), what happens to them ([`receive`], [`start`], [`reply`],
//! [`close`]), the queue and
//! the HTTP of it all.

pub mod attention;
pub mod close;
pub mod conversation;
pub mod cursor;
pub mod detail;
mod help_reply;
pub mod message;
mod moved;
pub(crate) mod queries;
pub mod queue;
pub mod receive;
pub mod reply;
pub mod routes;
pub mod start;
