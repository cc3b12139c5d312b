//! Code that the server and the single-page app share: the DTOs of the REST API, and rules that both sides apply.
//!
//! Reading order: [`ids`], [`error`], [`page`], then a file per noun. Nothing here depends on a database, HTTP or a
//! browser; everything compiles to wasm32.

pub mod account;
pub mod address;
pub mod api_key;
pub mod assignment;
pub mod audit_entry;
pub mod batch;
pub mod campaign;
pub mod clean;
pub mod closure;
pub mod consent;
pub mod conversation;
pub mod customer;
pub mod daily_file;
pub mod draft;
pub mod erasure;
pub mod error;
pub mod event;
pub mod export;
pub mod format;
pub mod gsm7;
pub mod history;
pub mod ids;
pub mod legal_hold;
pub mod message;
pub mod note;
pub mod number;
pub mod page;
pub mod preferences;
pub mod presence;
pub mod rejected_message;
pub mod retention;
pub mod search;
pub mod segments;
pub mod session;
pub mod snooze;
pub mod tag;
pub mod team;
pub mod template;
mod time;
#[cfg(feature = "openapi")]
mod unique;
pub mod webhook_delivery;
pub mod webhook_endpoint;
#[cfg(feature = "openapi")]
mod whole;

pub use address::CustomerAddress;
pub use error::{ErrorCode, FieldError, Problem};
pub use number::PhoneNumber;
pub use page::Page;
