//! The gateway (Twilio, or the simulator that speaks its protocol): [`client`] goes out, [`routes`] takes its webhooks
//! in, [`delivery`] knows how a receipt moves a message, [`reasons`] says in plain words why one failed, [`access`] whether
//! it takes our credentials.

pub mod access;
pub mod client;
pub mod delivery;
mod outcome;
pub(crate) mod queries;
pub mod reasons;
pub mod routes;
pub mod signature;
mod transport;
