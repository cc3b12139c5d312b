//! SMS Chat's server.
//!
//! Reading order: [`router`] (every URL), [`app`] (what is started, by `main` and by the tests alike), then the noun you
//! came for. In each folder `routes.rs` speaks HTTP, `queries.rs` speaks Diesel, and the rest are the rules:
//!
//! - [`conversations`]: the states, receiving, replying, closing, the queue; [`messages`]: the texts themselves
//! - [`gateway`]: Twilio's protocol, out and in; [`outbox`]: what is still to be sent
//! - [`events`]: the log that the live streams read
//! - [`daily_files`]: the customers that a team works with, and how they come in; [`customers`]: looking them up
//! - [`consents`]: who may be texted; [`numbers`]: numbers as people type them; [`search`]: finding conversations
//! - [`templates`], [`closures`], [`teams`], [`accounts`], [`api_keys`]: the desk's furniture
//! - [`auth`]: who is asking; [`error`]: how a refusal is answered; [`db`]: the two doors to the database
//! - [`middleware`]: what holds for every request and answer
//! - [`body`], `fields`, `paging`, `ordering`, [`idempotency`]: what requests and lists have in common
//! - [`config`], [`clock`], [`desk`], [`assets`], [`openapi`], [`health`], [`doctor`], [`demo`]: what holds it together

pub mod accounts;
pub mod api_keys;
pub mod app;
pub mod assets;
pub mod auth;
pub mod body;
pub mod clock;
pub mod closures;
pub mod config;
pub mod consents;
pub mod conversations;
pub mod customers;
pub mod daily_files;
pub mod db;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod error;
pub mod events;
mod fields;
pub mod gateway;
pub mod health;
pub mod idempotency;
pub mod messages;
pub mod middleware;
pub mod numbers;
pub mod openapi;
mod ordering;
pub mod outbox;
mod paging;
pub mod rejected_messages;
mod retention;
pub mod router;
pub mod search;
pub mod teams;
pub mod templates;
