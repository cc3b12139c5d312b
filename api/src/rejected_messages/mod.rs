//! Messages that the gateway delivered and the server could not store. `record` stores their sender, recipient and
//! reason, so that no message is lost unnoticed. [`routes`] lists them for administrators.

pub(crate) mod queries;
pub(crate) mod record;
pub mod routes;
