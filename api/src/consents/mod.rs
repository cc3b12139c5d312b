//! Consent: who has opted out of which number's texts. [`record`] appends to the ledger and does what follows from it.

pub(crate) mod queries;
pub mod record;
pub mod routes;
