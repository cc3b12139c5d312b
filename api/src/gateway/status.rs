//! Translates the gateway's message statuses. Source: Twilio's message resource, "Message Status Values".

use shared::message::MessageStatus;

/// Translates a status of the gateway. Returns `None` for one that is unknown or does not concern outbound messages.
#[must_use]
pub fn parse_status(word: &str) -> Option<MessageStatus> {
    match word {
        "accepted" | "scheduled" | "queued" | "sending" | "sent" | "partially_delivered" => {
            Some(MessageStatus::Sent)
        }
        "delivered" | "read" => Some(MessageStatus::Delivered),
        "undelivered" => Some(MessageStatus::Undelivered),
        "failed" | "canceled" => Some(MessageStatus::Failed),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_of_the_gateway_is_translated() {
        use MessageStatus::{Delivered, Failed, Sent, Undelivered};
        // All of Twilio's statuses, then unknown values.
        for (word, status) in [
            ("accepted", Some(Sent)),
            ("scheduled", Some(Sent)),
            ("queued", Some(Sent)),
            ("sending", Some(Sent)),
            ("sent", Some(Sent)),
            ("partially_delivered", Some(Sent)),
            ("delivered", Some(Delivered)),
            ("read", Some(Delivered)),
            ("undelivered", Some(Undelivered)),
            ("failed", Some(Failed)),
            ("canceled", Some(Failed)),
            ("receiving", None),
            ("received", None),
            ("", None),
            ("Delivered", None),
        ] {
            assert_eq!(parse_status(word), status, "{word}");
        }
    }
}
