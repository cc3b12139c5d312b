//! The outbox: what is written by a reply goes to the gateway from here, and only from here. Claim (a short
//! transaction), send (no transaction open), settle (a short transaction); a text whose outcome is unknown is looked
//! up at the gateway before it is sent again.

pub mod backoff;
pub(crate) mod clock_jump;
mod hand_over;
mod pace;
pub(crate) mod queries;
mod reconcile;
mod settle;
pub mod worker;
