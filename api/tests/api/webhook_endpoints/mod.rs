//! Webhook endpoints (rule 24). What they receive: `webhook_deliveries`.

mod changes;
mod secrets;
