//! Messages as they are kept. What happens to them stands in `conversations/` (receive, reply), `outbox/` (send) and
//! `gateway/delivery` (receipts).

pub mod media;
pub(crate) mod queries;
