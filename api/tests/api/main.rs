//! The tests of the desk from outside: the real application on a private database, SQLite and PostgreSQL, with the
//! real simulator as its gateway, spoken to over HTTP. A file per noun.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what a test relies on may be broken by nothing but a fault, which ends the test"
)]

mod support;

mod conversations;
mod cookies;
mod delivery;
mod idempotency;
mod messages;
mod outbox;
mod permissions;
mod queue;
mod sessions;
mod webhooks;
