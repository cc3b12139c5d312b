//! Tests a running simulator over HTTP, as the server and its tests use it.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test's helpers may fail the test, as the test itself may"
)]

mod faults;
mod handset;
mod inbound;
mod rest;
mod support;
