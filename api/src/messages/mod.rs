//! Messages as they are kept, and what came with them. What happens to them stands in `conversations/` (receive, reply), `outbox/` (send) and
//! `gateway/delivery` (receipts).

pub mod media;
pub(crate) mod queries;
pub mod routes;
