//! Integration tests of the server over HTTP, on SQLite and PostgreSQL, with the real simulator as its gateway. A
//! folder per noun.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed precondition ends the test"
)]

mod support;
mod tags;

mod accounts;
mod api_keys;
mod audit_entries;
mod campaigns;
mod closures;
mod consents;
mod conversations;
mod customers;
mod daily_files;
mod deployment;
mod erasures;
mod events;
mod exports;
mod gateway;
mod http;
mod messages;
mod numbers;
mod operations;
mod outbox;
mod search;
mod sessions;
mod teams;
mod templates;
mod webhook_deliveries;
mod webhook_endpoints;
