//! The client of the gateway (Twilio, or the simulator, which has the same API): [`client`] sends messages and checks
//! the credentials, `list` and `lookup` read the message lists, [`status`] and [`reasons`] translate statuses and error
//! codes, and [`signature`] verifies webhooks. It does not depend on teams or conversations.

pub mod client;
pub(crate) mod list;
mod lookup;
pub mod media;
mod outcome;
pub(crate) mod probe;
pub mod reasons;
pub mod signature;
pub mod status;
mod transport;
