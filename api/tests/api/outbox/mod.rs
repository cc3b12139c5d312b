//! The outbox: sending messages through the gateway.

mod failures;
mod sending;
