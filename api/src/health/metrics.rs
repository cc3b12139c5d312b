//! The metrics: their names and meanings. The counters start at 0, so that the first increase of each is visible.
//! Metrics contain no names, phone numbers or other personal data.

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge};

/// Upper bounds of the histogram's buckets, in seconds. An agent notices a wait of more than 0.25 s.
pub(super) const SECONDS: [f64; 9] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// A counter, its meaning, and its label with all the label's values.
type Counter = (&'static str, &'static str, Option<(&'static str, &'static [&'static str])>);

const COUNTERS: [Counter; 5] = [
    ("sms_chat_messages_received_total", "Inbound messages that were stored.", None),
    (
        "sms_chat_delivery_attempts_total",
        "Attempts to send a message, by outcome.",
        Some(("outcome", &OUTCOMES)),
    ),
    ("sms_chat_invalid_signatures_total", "Webhooks that were refused because of their signature.", None),
    (
        "sms_chat_rejected_messages_total",
        "Inbound messages that could not be stored, by reason.",
        Some(("reason", &REASONS)),
    ),
    (
        "sms_chat_recovered_total",
        "Messages and receipts whose webhooks were lost, and which gap repair fetched.",
        Some(("kind", &["message", "receipt"])),
    ),
];

/// The outcomes of `outbox/delivery_attempt`.
const OUTCOMES: [&str; 7] =
    ["accepted", "refused", "given_up", "retry", "not_listed", "unknown", "unauthorised"];
/// The reasons of `rejected_messages`.
const REASONS: [&str; 6] = [
    "missing_id",
    "missing_sender",
    "invalid_sender",
    "other_channel",
    "missing_recipient",
    "unknown_recipient",
];

const GAUGES: [(&str, &str); 5] = [
    ("sms_chat_outbox_messages", "Messages that wait to be sent, in all servers."),
    ("sms_chat_outbox_oldest_seconds", "Age of the message that has waited longest."),
    ("sms_chat_gateway_refused", "1 while the gateway refuses the credentials."),
    ("sms_chat_database_available", "1 if the database answered the last request for metrics."),
    ("sms_chat_build_info", "1, with the version as a label."),
];

/// Describes the metrics and sets the counters to 0.
pub(super) fn register() {
    for (name, meaning, label) in COUNTERS {
        describe_counter!(name, Unit::Count, meaning);
        match label {
            None => counter!(name).increment(0),
            Some((label, values)) => {
                for value in values {
                    counter!(name, label => *value).increment(0);
                }
            }
        }
    }
    describe_counter!("sms_chat_requests_total", Unit::Count, "Requests, by route and status.");
    describe_histogram!(
        "sms_chat_request_seconds",
        Unit::Seconds,
        "Time until the response began, by route."
    );
    for (name, meaning) in GAUGES {
        describe_gauge!(name, meaning);
    }
    gauge!("sms_chat_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}
