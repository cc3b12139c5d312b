//! The typed client of the REST API: [`client`] sends the requests, and a file per noun defines them.
//!
//! Every request returns a DTO of `shared` or a [`RequestError`]. Nothing here depends on pages or components.

mod accounts;
mod api_keys;
mod assignments;
mod client;
mod closure_reasons;
mod conditional;
mod consents;
mod conversations;
mod daily_files;
mod drafts;
mod error;
mod numbers;
mod presence;
mod queue;
mod rejected_messages;
mod renewal;
mod scheduled_messages;
mod search;
mod sessions;
mod snoozes;
mod tags;
mod teams;
mod templates;
mod upload;

pub(crate) use accounts::Own;
pub(crate) use client::{Client, EVENTS, new_idempotency_key};
pub(crate) use conversations::StatusFilter;
pub(crate) use daily_files::rejected_rows;
pub(crate) use error::{Problem, RequestError};
pub(crate) use queue::{FetchedSection, Filter, PAGE, SectionFilter};
pub(crate) use search::Search;
