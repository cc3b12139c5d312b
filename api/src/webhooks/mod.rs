//! The gateway's webhooks: inbound messages, and delivery receipts of outbound messages.

/// Path to which the gateway posts inbound messages.
pub(crate) const MESSAGES_WEBHOOK: &str = "/api/v1/webhooks/twilio/messages";
/// Path to which the gateway posts delivery receipts.
pub(crate) const STATUS_WEBHOOK: &str = "/api/v1/webhooks/twilio/status";

mod forms;
pub mod routes;
