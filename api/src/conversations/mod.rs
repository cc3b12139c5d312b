//! Conversations: the rules of their state ([`conversation`]), the operations ([`receive`], [`start`], [`batch`], [`reply`],
//! [`notes`], [`tags`], [`snooze`], [`close`]), the [`queue`], the [`history`] and the HTTP [`routes`].

pub mod assignment;
pub mod attention;
pub mod batch;
pub(crate) mod chosen_time;
pub mod close;
pub mod consent;
pub mod conversation;
pub mod cursor;
pub mod delivery;
pub mod detail;
pub mod drafts;
mod help_reply;
pub mod history;
pub(crate) mod known_number;
pub mod message;
mod moved;
pub mod notes;
pub mod number_check;
pub mod opt_out;
pub mod presence;
mod problems;
pub(crate) mod queries;
pub mod queue;
pub mod receive;
pub(crate) mod rendered_templates;
pub mod reply;
pub mod routes;
pub mod scheduled;
pub(crate) mod search_text;
pub mod snooze;
pub mod start;
pub mod tags;
