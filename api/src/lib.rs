//! SMS Chat's server.
//!
//! Reading order: [`router`] (every URL), [`app`] (what is started, by `main` and by the tests alike), then the noun you
//! came for. In each folder `routes.rs` speaks HTTP, `queries.rs` speaks Diesel, and the rest are the rules:
//!
//! - [`conversations`]: the states, receiving, replying, closing, the queue; [`messages`]: the texts themselves
//! - [`gateway`]: Twilio's protocol, out and in; [`outbox`]: what is still to be sent
//! - [`events`]: the log that the live streams read
//! - [`templates`], [`closures`], [`customers`], [`teams`], [`accounts`]: the desk's furniture
//! - [`auth`]: who is asking; [`error`]: how a refusal is answered; [`db`]: the two doors to the database
//! - [`config`], [`clock`], [`desk`], [`assets`], [`openapi`], [`health`], [`demo`]: what holds it together

pub mod accounts;
pub mod app;
pub mod assets;
pub mod auth;
pub mod clock;
pub mod closures;
pub mod config;
pub mod conversations;
pub mod customers;
pub mod db;
pub mod demo;
pub mod desk;
pub mod error;
pub mod events;
pub mod gateway;
pub mod health;
pub mod messages;
pub mod openapi;
pub mod outbox;
pub mod router;
pub mod teams;
pub mod templates;
