//! The outbox sends queued messages to the gateway; no other module sends. For each message it claims the row (a short
//! transaction), sends (no transaction open), and settles the outcome (a short transaction). A message whose outcome is
//! unknown is looked up at the gateway before it is sent again.

pub mod backoff;
mod circuit_breaker;
mod claim;
pub(crate) mod clock_jump;
mod delivery_attempt;
pub mod doubts;
pub mod gateway_access;
pub(crate) mod queries;
mod reconcile;
mod settle;
pub mod worker;
