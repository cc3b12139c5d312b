//! The SMS Chat server.
//!
//! A module may use only the modules below it in this list; `cargo xtask lint` checks this. The list is in reading
//! order, from top to bottom. In most modules, `routes.rs` contains the HTTP handlers, `queries.rs` the database
//! queries, and the other files the rules.
//!
//! Start:
//! - [`doctor`]: the checks of `sms-chat doctor`
//! - [`app`]: builds and runs the server
//! - [`demo`]: the demo data
//!
//! HTTP:
//! - [`router`]: every URL
//! - [`openapi`]: the OpenAPI document
//! - `routes.rs` in the modules below: the handlers
//! - [`health`]: health checks and metrics
//! - [`webhooks`]: the gateway's webhooks
//! - [`assets`]: the single-page app
//! - [`state`]: `AppState`, which every handler receives
//! - [`middleware`]: checks of all requests, and headers of all responses
//! - [`body`]: request bodies
//!
//! Background tasks, files and search:
//! - [`retention`]: deletes data that is kept for a limited time
//! - [`webhook_deliveries`]: sends events to the teams' webhook endpoints
//! - [`gap_repair`]: fetches messages and statuses that the webhooks missed
//! - [`campaigns`]: ad-hoc messages to the rows of a CSV file
//! - [`outbox`]: sends messages through the gateway
//! - [`daily_files`]: imports the files of customers that teams receive
//! - [`search`]: finds conversations by number, reference or name
//! - [`erasures`]: erases a customer by number
//! - [`legal_holds`]: keeps data from being erased
//! - [`exports`]: the messages and conversations of a period
//!
//! Conversations and what they use:
//! - [`conversations`]: receiving, replying, closing, the queue
//! - [`rejected_messages`]: messages that could not be stored
//! - [`consents`]: the record of opt-outs
//! - [`templates`]: texts with placeholders
//! - [`closures`]: closure reasons
//! - [`tags`]: the tags that agents put on conversations
//! - [`customers`]: the customers of the daily files, and their key data
//! - [`catalogue`]: lists of named entries that users arrange: templates, closure reasons, tags
//! - [`audit_entries`]: reads the audit log
//! - [`webhook_endpoints`]: the URLs to which events are sent
//! - [`teams`]: teams, their numbers and members
//! - [`accounts`]: the people who sign in
//! - [`api_keys`]: the API keys of integrators' programs
//! - [`idempotency`]: requests with an `Idempotency-Key`
//! - [`messages`]: stored messages, and their media
//!
//! Authentication, events and the gateway:
//! - [`auth`]: sessions, tokens, permissions
//! - [`events`]: the event log, and the live streams
//! - [`gateway`]: the client of Twilio's API
//! - [`numbers`]: parses phone numbers
//!
//! Shared by all of these:
//! - [`fields`]: validation of fields
//! - [`paging`]: pages of lists
//! - [`precondition`]: changes on condition that a resource has the version that the caller knows
//! - `row_stream`: files of many rows, in CSV and NDJSON
//! - [`error`]: the error type of all handlers
//! - [`config`]: the settings
//! - [`db`]: access to the database
//! - [`clock`]: the current time
//! - [`request_id`]: the ids of requests, for the log
//! - [`loopback`]: requests to the server on this machine
//! - [`machine`]: the processors, and the allocator

pub mod accounts;
pub mod api_keys;
pub mod app;
pub mod assets;
pub mod audit_entries;
pub mod auth;
pub mod body;
pub mod campaigns;
pub mod catalogue;
pub mod clock;
pub mod closures;
pub mod config;
pub mod consents;
pub mod conversations;
pub mod customers;
pub mod daily_files;
pub mod db;
pub mod demo;
pub mod doctor;
pub mod erasures;
pub mod error;
pub mod events;
pub mod exports;
pub mod fields;
pub mod gap_repair;
pub mod gateway;
pub mod health;
pub mod idempotency;
pub mod legal_holds;
pub mod loopback;
pub mod machine;
pub mod messages;
pub mod middleware;
pub mod numbers;
pub mod openapi;
pub mod outbox;
pub mod paging;
pub mod precondition;
pub mod rejected_messages;
pub mod request_id;
pub mod retention;
pub mod router;
mod row_stream;
pub mod search;
pub mod state;
pub mod tags;
pub mod teams;
pub mod templates;
pub mod webhook_deliveries;
pub mod webhook_endpoints;
pub mod webhooks;
