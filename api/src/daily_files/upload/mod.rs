//! A file as it comes in over HTTP.

pub(super) mod routes;
