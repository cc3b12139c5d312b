//! The gateway's error codes: for each code that the server knows, what agents read, and whether the server retries, fails
//! or records an opt-out. Whether the app offers to send a message again is decided by
//! `shared::message::MessageError::is_worth_another_try`.
//!
//! Source: Twilio's error and warning dictionary, `https://www.twilio.com/docs/api/errors/<code>`. Other gateways with
//! Twilio's API use the same codes.

use std::{fmt, ops::Range};

use Handling::{Fail, RecordOptOut, Retry};

/// An error code of the gateway, or the HTTP status of a response that has no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatewayCode(pub u32);

/// What the server does with a message that the gateway refuses with a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Handling {
    /// Sends the message again later: the gateway is too busy, or briefly unavailable. Applies to a refused request; a
    /// receipt with the code reports a failure.
    Retry,
    /// Reports the failure to agents.
    Fail,
    /// Reports the failure, and records in the consent ledger that the customer has opted out.
    RecordOptOut,
}

/// What the server knows about a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct KnownCode {
    code: GatewayCode,
    /// What happened, as a sentence for agents.
    pub(super) cause: &'static str,
    /// What agents can do, as a sentence.
    pub(super) advice: &'static str,
    /// What the server does with a message that is refused with the code.
    handling: Handling,
}

/// Codes about a message. With HTTP status 403, they do not mean that the credentials are wrong.
const ABOUT_MESSAGES: [Range<u32>; 2] = [21_000..22_000, 30_000..31_000];

/// The sentence for the codes that reject the team's own number.
const UNUSABLE_TEAM_NUMBER: &str = "The team's number cannot send messages from our Twilio account.";

impl GatewayCode {
    /// The customer has opted out of our messages at the gateway.
    pub const OPTED_OUT: Self = Self(21_610);

    /// Returns the table's row of the code. Returns `None` for an unknown code.
    pub(super) fn known(self) -> Option<&'static KnownCode> {
        let index = KNOWN_CODES.binary_search_by_key(&self, |known| known.code).ok()?;
        KNOWN_CODES.get(index)
    }

    /// Returns what the server does with a message that is refused with the code. An unknown code is final.
    pub(super) fn handling(self) -> Handling {
        self.known().map_or(Fail, |known| known.handling)
    }

    /// The codes that the server explains, in ascending order.
    pub(super) fn all_known() -> impl Iterator<Item = Self> {
        KNOWN_CODES.iter().map(|known| known.code)
    }

    /// Whether the code concerns a message and not the account.
    pub(super) fn is_about_message(self) -> bool {
        ABOUT_MESSAGES.iter().any(|codes| codes.contains(&self.0))
    }
}

impl fmt::Display for GatewayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The known codes, in ascending order. The comment above each is its title in Twilio's dictionary.
const KNOWN_CODES: [KnownCode; 22] = [
    // SMS send rate limit exceeded
    KnownCode {
        code: GatewayCode(14_107),
        cause: "The gateway limits how many messages go to one number in a short time.",
        advice: "Try again in a minute.",
        handling: Retry,
    },
    // Too many requests
    KnownCode {
        code: GatewayCode(20_429),
        cause: "The gateway received too many requests at once.",
        advice: "Try again later.",
        handling: Retry,
    },
    // Service unavailable
    KnownCode {
        code: GatewayCode(20_503),
        cause: "The gateway was briefly unavailable.",
        advice: "Try again later.",
        handling: Retry,
    },
    // Invalid 'To' Phone Number
    KnownCode {
        code: GatewayCode(21_211),
        cause: "The number is not a valid phone number.",
        advice: "Check it with the customer.",
        handling: Fail,
    },
    // Permission to send an SMS or MMS has not been enabled for the region indicated by the 'To' number
    KnownCode {
        code: GatewayCode(21_408),
        cause: "Messages to this country are switched off in our Twilio account.",
        advice: "Tell an administrator.",
        handling: Fail,
    },
    // The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account
    KnownCode {
        code: GatewayCode(21_606),
        cause: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
    },
    // Attempt to send to unsubscribed recipient
    KnownCode {
        code: GatewayCode::OPTED_OUT,
        cause: "The customer has opted out of our messages.",
        advice: "They can send START to opt in again.",
        handling: RecordOptOut,
    },
    // This 'From' number has exceeded the maximum number of queued messages
    KnownCode {
        code: GatewayCode(21_611),
        cause: "The gateway's queue for the team's number is full.",
        advice: "Try again later.",
        handling: Retry,
    },
    // Message cannot be sent with the current combination of 'To' and/or 'From' parameters
    KnownCode {
        code: GatewayCode(21_612),
        cause: "The team's number cannot reach this number.",
        advice: "Reach them another way.",
        handling: Fail,
    },
    // 'To' number is not a valid mobile number
    KnownCode {
        code: GatewayCode(21_614),
        cause: "The number is not a mobile number.",
        advice: "Reach them another way.",
        handling: Fail,
    },
    // The concatenated message body exceeds the 1600 character limit
    KnownCode {
        code: GatewayCode(21_617),
        cause: "The message is too long.",
        advice: "Split it and send again.",
        handling: Fail,
    },
    // 'From' is not a Twilio phone number or Short Code country mismatch
    KnownCode {
        code: GatewayCode(21_659),
        cause: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
    },
    // Mismatch between the 'From' number and the account
    KnownCode {
        code: GatewayCode(21_660),
        cause: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
    },
    // Queue overflow
    KnownCode {
        code: GatewayCode(30_001),
        cause: "The gateway's queue is full.",
        advice: "Try again later.",
        handling: Retry,
    },
    // Unreachable destination handset
    KnownCode {
        code: GatewayCode(30_003),
        cause: "The phone is off or out of reach.",
        advice: "Try again later.",
        handling: Fail,
    },
    // Message blocked
    KnownCode {
        code: GatewayCode(30_004),
        cause: "The recipient or their carrier blocks our messages.",
        advice: "Reach them another way.",
        handling: Fail,
    },
    // Unknown destination handset
    KnownCode {
        code: GatewayCode(30_005),
        cause: "The number no longer exists.",
        advice: "Check it with the customer.",
        handling: Fail,
    },
    // Landline or unreachable carrier
    KnownCode {
        code: GatewayCode(30_006),
        cause: "The number is a landline, or its carrier cannot receive messages.",
        advice: "Reach them another way.",
        handling: Fail,
    },
    // Message filtered
    KnownCode {
        code: GatewayCode(30_007),
        cause: "The carrier filtered the message as spam.",
        advice: "Reword it, without links, and send again.",
        handling: Fail,
    },
    // Unknown error
    KnownCode {
        code: GatewayCode(30_008),
        cause: "The carrier gave no reason.",
        advice: "Try again later.",
        handling: Fail,
    },
    // US A2P 10DLC - Rate Limits Exceeded
    KnownCode {
        code: GatewayCode(30_022),
        cause: "The carrier limits how many messages our US number sends.",
        advice: "Try again later.",
        handling: Retry,
    },
    // US A2P 10DLC - Message from an Unregistered Number
    KnownCode {
        code: GatewayCode(30_034),
        cause: "Our US number is not registered for messages (A2P 10DLC).",
        advice: "Tell an administrator.",
        handling: Fail,
    },
];

#[cfg(test)]
mod tests;
