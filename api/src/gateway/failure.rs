//! Why a message failed: the code that is stored with the message, and its explanation for agents.

use std::fmt;

use super::error_codes::{GatewayCode, Handling};

/// The stored text of [`FailureCode::NotAccepted`].
const NOT_ACCEPTED: &str = "not_handed_over";
/// The stored text of [`FailureCode::OutcomeUnknown`].
const OUTCOME_UNKNOWN: &str = "outcome_unknown";

/// Why a message failed. Its text ([`parse`](FailureCode::parse), `Display`) is the code in the database and in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureCode {
    /// The gateway gave no code.
    Unspecified,
    /// The gateway gave this code.
    Gateway(GatewayCode),
    /// The gateway gave a code that is not a number.
    NonNumeric(String),
    /// This server gave up: the gateway could not be reached, or was too busy, for too long.
    NotAccepted,
    /// This server gave up: the gateway may have the message, and could not be reached for too long to find out.
    OutcomeUnknown,
}

impl FailureCode {
    /// The customer has opted out of our messages.
    pub const OPTED_OUT: Self = Self::Gateway(GatewayCode::OPTED_OUT);

    /// Parses a code of the gateway or of the database.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        match text {
            "" => Self::Unspecified,
            NOT_ACCEPTED => Self::NotAccepted,
            OUTCOME_UNKNOWN => Self::OutcomeUnknown,
            // A number in another form, such as `030003`, stays as it is.
            _ => match text.parse().map(GatewayCode) {
                Ok(code) if code.to_string() == text => Self::Gateway(code),
                _ => Self::NonNumeric(text.to_owned()),
            },
        }
    }

    /// The codes that the server explains: the gateway's, and its own.
    pub(crate) fn all_known() -> impl Iterator<Item = Self> {
        GatewayCode::all_known().map(Self::Gateway).chain([Self::NotAccepted, Self::OutcomeUnknown])
    }

    /// Explains to agents what happened and what to do.
    #[must_use]
    pub fn explanation(&self) -> String {
        match self {
            Self::Unspecified => "The gateway gave no reason. Try again later.".to_owned(),
            Self::NotAccepted => {
                "The gateway did not accept the message in time. It was not sent. Send it again.".to_owned()
            }
            Self::OutcomeUnknown => {
                "The gateway did not confirm the message, so the customer may have received it. \
                                     Ask before you send it again."
                    .to_owned()
            }
            Self::Gateway(code) => match code.known() {
                Some(known) => format!("{} {}", known.cause, known.advice),
                None => unknown(code),
            },
            Self::NonNumeric(code) => unknown(code),
        }
    }

    /// Whether the code means that the customer has opted out at the gateway.
    #[must_use]
    pub fn records_opt_out(&self) -> bool {
        matches!(self, Self::Gateway(code) if code.handling() == Handling::RecordOptOut)
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unspecified => Ok(()),
            Self::Gateway(code) => code.fmt(f),
            Self::NonNumeric(code) => f.write_str(code),
            Self::NotAccepted => f.write_str(NOT_ACCEPTED),
            Self::OutcomeUnknown => f.write_str(OUTCOME_UNKNOWN),
        }
    }
}

fn unknown(code: &dyn fmt::Display) -> String {
    format!("The gateway refused the message (code {code}). Try again, or tell an administrator.")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The codes that the server explained before it had a table, with their explanations.
    const EXPLANATIONS: [(&str, &str); 21] = [
        ("30003", "The phone is off or out of reach. Try again later."),
        ("30004", "The recipient or their carrier blocks our messages. Reach them another way."),
        ("30005", "The number no longer exists. Check it with the customer."),
        (
            "30006",
            "The number is a landline, or its carrier cannot receive messages. Reach them another way.",
        ),
        ("30007", "The carrier filtered the message as spam. Reword it, without links, and send again."),
        ("30008", "The carrier gave no reason. Try again later."),
        ("30034", "Our US number is not registered for messages (A2P 10DLC). Tell an administrator."),
        ("21211", "The number is not a valid phone number. Check it with the customer."),
        ("21408", "Messages to this country are switched off in our Twilio account. Tell an administrator."),
        ("21610", "The customer has opted out of our messages. They can send START to opt in again."),
        ("21614", "The number is not a mobile number. Reach them another way."),
        ("21617", "The message is too long. Split it and send again."),
        ("21606", "The team's number cannot send messages from our Twilio account. Tell an administrator."),
        ("21659", "The team's number cannot send messages from our Twilio account. Tell an administrator."),
        ("21660", "The team's number cannot send messages from our Twilio account. Tell an administrator."),
        ("21612", "The team's number cannot reach this number. Reach them another way."),
        (
            "not_handed_over",
            "The gateway did not accept the message in time. It was not sent. Send it again.",
        ),
        (
            "outcome_unknown",
            "The gateway did not confirm the message, so the customer may have received it. Ask before you send it again.",
        ),
        ("", "The gateway gave no reason. Try again later."),
        ("99999", "The gateway refused the message (code 99999). Try again, or tell an administrator."),
        ("404", "The gateway refused the message (code 404). Try again, or tell an administrator."),
    ];

    #[test]
    fn each_code_is_explained_and_an_unknown_one_is_quoted() {
        for (code, explanation) in EXPLANATIONS {
            assert_eq!(FailureCode::parse(code).explanation(), explanation);
        }
    }

    #[test]
    fn only_the_gateways_code_for_an_opt_out_records_one() {
        assert!(FailureCode::OPTED_OUT.records_opt_out() && FailureCode::parse("21610").records_opt_out());
        for code in ["", "21611", "021610", "opted_out", "not_handed_over"] {
            assert!(!FailureCode::parse(code).records_opt_out(), "{code}");
        }
    }

    proptest! {
        #[test]
        fn a_code_keeps_its_text(text in "[0-9]{0,7}|[a-z_]{1,20}|\\PC{0,10}") {
            prop_assert_eq!(FailureCode::parse(&text).to_string(), text);
        }
    }
}
