//! The pages of the app, a file or folder for each. A page fetches its data and passes it to components that render it.

pub(crate) mod accounts;
pub(crate) mod ad_hoc;
pub(crate) mod api_keys;
pub(crate) mod audit;
pub(crate) mod campaigns;
pub(crate) mod catalogue;
pub(crate) mod closed;
pub(crate) mod consents;
pub(crate) mod conversation;
pub(crate) mod daily_file;
pub(crate) mod exports;
pub(crate) mod keyboard_help;
pub(crate) mod lazy;
pub(crate) mod not_found;
pub(crate) mod palette;
pub(crate) mod profile;
pub(crate) mod queue;
pub(crate) mod rejected_messages;
pub(crate) mod search;
pub(crate) mod sign_in;
pub(crate) mod teams;
pub(crate) mod webhook_endpoints;
pub(crate) mod workspace;
