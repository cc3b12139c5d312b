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

mod assets;
mod closures;
mod commands;
mod conversations;
mod cookies;
mod database;
mod delivery;
mod demo;
mod durability;
mod events;
mod health;
mod idempotency;
mod key_data;
mod messages;
mod openapi;
mod outbox;
mod permissions;
mod plans;
mod queue;
mod requests;
mod sessions;
mod templates;
mod webhooks;
