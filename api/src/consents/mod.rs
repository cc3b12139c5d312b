//! Consent: which customers have opted out of which number's messages. [`keyword`] and [`wording`] read a message,
//! [`record`] appends to the ledger and does what follows from it, [`flagged`] lets an agent decide.

pub mod flagged;
pub mod keyword;
pub(crate) mod queries;
pub mod record;
pub mod routes;
pub mod wording;
