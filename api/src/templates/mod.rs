//! Templates: named texts with placeholders, rendered for a conversation.

pub(crate) mod queries;
pub mod render;
pub mod routes;
