//! The typed client of the REST API: [`client`] speaks HTTP, then a file per noun with what can be asked.
//!
//! Nothing here draws anything or knows a page; a request's outcome is a DTO of `shared` or a [`Fault`].

mod client;
mod closure_reasons;
mod conversations;
mod fault;
mod queue;
mod renewal;
mod sessions;
mod templates;

pub(crate) use client::{Client, EVENTS, new_idempotency_key};
pub(crate) use conversations::Listed;
pub(crate) use fault::Fault;
