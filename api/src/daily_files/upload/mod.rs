//! Uploads over HTTP.

pub(super) mod routes;
