//! The client of the gateway (Twilio, or the simulator, which has the same API): [`client`] sends messages and checks
//! the credentials, `list` and `lookup` read the message lists, [`status`] translates statuses, [`error_codes`] is the
//! table of the gateway's error codes, [`failure`] is why a message failed, and [`signature`] verifies webhooks. It does
//! not depend on teams or conversations.

pub mod client;
pub mod error_codes;
pub mod failure;
pub(crate) mod list;
mod lookup;
pub mod media;
mod outcome;
pub(crate) mod probe;
pub mod signature;
pub mod status;
mod transport;
