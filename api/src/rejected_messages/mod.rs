//! Messages that the gateway delivered and the server could not keep: `record` keeps sender, recipient and reason, so
//! that none is lost silently; [`routes`] lists them for administrators.

pub(crate) mod queries;
pub(crate) mod record;
pub mod routes;
