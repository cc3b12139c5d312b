//! The gateway (Twilio, or the simulator that speaks its protocol): [`client`] goes out, [`routes`] takes its webhooks
//! in, [`delivery`] knows how a receipt moves a message, [`reasons`] says in plain words why one failed, [`access`] whether
//! it takes our credentials; [`repair`] fetches what the webhooks have missed.

/// Where the gateway brings texts.
pub(crate) const MESSAGES_WEBHOOK: &str = "/api/v1/webhooks/twilio/messages";
/// Where the gateway brings receipts.
pub(crate) const STATUS_WEBHOOK: &str = "/api/v1/webhooks/twilio/status";

pub mod access;
pub mod client;
pub mod delivery;
pub(crate) mod knock;
mod list;
mod lookup;
pub mod media;
mod outcome;
pub(crate) mod queries;
pub mod reasons;
pub mod repair;
pub mod routes;
pub mod signature;
mod transport;
