//! Explains the gateway's error codes to agents: what happened and what to do. Source: Twilio's error and warning
//! dictionary.

/// The customer has opted out of our messages at the gateway (Twilio's error 21610).
pub const OPTED_OUT: &str = "21610";
/// This server's own code: the gateway could not be reached, or was too busy, for too long.
pub const NOT_ACCEPTED: &str = "not_handed_over";
/// This server's own code: the gateway may have the message, and could not be reached for too long to find out.
pub const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// Explains why a message failed.
#[must_use]
pub fn in_plain_words(code: &str) -> String {
    let words = match code {
        "30003" => "The phone is off or out of reach. Try again later.",
        "30004" => "The recipient or their carrier blocks our messages. Reach them another way.",
        "30005" => "The number no longer exists. Check it with the customer.",
        "30006" => {
            "The number is a landline, or its carrier cannot receive messages. Reach them another way."
        }
        "30007" => "The carrier filtered the message as spam. Reword it, without links, and send again.",
        "30008" => "The carrier gave no reason. Try again later.",
        "30034" => "Our US number is not registered for messages (A2P 10DLC). Tell an administrator.",
        "21211" => "The number is not a valid phone number. Check it with the customer.",
        "21408" => "Messages to this country are switched off in our Twilio account. Tell an administrator.",
        OPTED_OUT => "The customer has opted out of our messages. They can send START to opt in again.",
        "21614" => "The number is not a mobile number. Reach them another way.",
        "21617" => "The message is too long. Split it and send again.",
        "21606" | "21659" | "21660" => {
            "The team's number cannot send messages from our Twilio account. Tell an administrator."
        }
        "21612" => "The team's number cannot reach this number. Reach them another way.",
        NOT_ACCEPTED => "The gateway did not accept the message in time. It was not sent. Send it again.",
        OUTCOME_UNKNOWN => {
            "The gateway did not confirm the message, so the customer may have received it. Ask before you send it again."
        }
        "" => "The gateway gave no reason. Try again later.",
        other => {
            return format!(
                "The gateway refused the message (code {other}). Try again, or tell an administrator."
            );
        }
    };
    words.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_in_complete_sentences_and_quotes_an_unknown_code() {
        let codes = [
            "30003",
            "30004",
            "30005",
            "30006",
            "30007",
            "30008",
            "30034",
            "21211",
            "21408",
            "21610",
            "21614",
            "21617",
            "21606",
            "21612",
            NOT_ACCEPTED,
            OUTCOME_UNKNOWN,
            "",
            "99999",
            "404",
        ];
        for code in codes {
            let words = in_plain_words(code);
            assert!(["The ", "Our ", "Messages "].iter().any(|start| words.starts_with(start)), "{words}");
            assert!(
                words.ends_with('.') && words.matches(". ").count() >= 1 || code == "99999" || code == "404"
            );
        }
        assert!(in_plain_words("99999").contains("code 99999"));
    }
}
