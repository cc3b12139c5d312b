//! The outbox: what is written by a reply goes to the gateway from here, and only from here. Claim (a short
//! transaction), send (no transaction open), settle (a short transaction); a text whose outcome is unknown is looked
//! up at the gateway before it is sent again.

pub mod backoff;
pub(crate) mod queries;
pub mod reconcile;
pub mod settle;
pub mod worker;
