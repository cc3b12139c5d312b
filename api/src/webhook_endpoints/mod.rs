//! Webhook endpoints (rule 24): the URLs to which the server sends a team's events. [`address`] limits where requests
//! can go, [`change`] creates and changes endpoints. `webhook_deliveries` sends.

pub mod address;
pub mod change;
mod problems;
pub(crate) mod queries;
pub mod routes;
pub(crate) mod secret;
