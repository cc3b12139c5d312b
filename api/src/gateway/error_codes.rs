//! The gateway's error codes: for each code that the server knows, what agents read and what the server decides. All
//! code that depends on an error code reads this table.
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
pub enum Handling {
    /// Sends the message again later: the gateway is too busy, or briefly unavailable.
    Retry,
    /// Reports the failure to agents.
    Fail,
    /// Reports the failure, and records in the consent ledger that the customer has opted out.
    RecordOptOut,
}

/// What the server knows about a code.
#[derive(Clone, Copy, Debug)]
pub struct KnownCode {
    /// The code.
    pub code: GatewayCode,
    /// The code's title in Twilio's dictionary.
    pub title: &'static str,
    /// What happened, as a sentence for agents.
    pub what: &'static str,
    /// What agents can do, as a sentence.
    pub advice: &'static str,
    /// What the server does with a message that is refused with the code.
    pub handling: Handling,
    /// Whether the same message may arrive when an agent sends it again. It cannot when its number or its text is the
    /// cause. The web app decides by `shared::message::MessageError::is_worth_another_try`; a test holds that both agree.
    pub is_worth_another_try: bool,
}

/// Codes about a message. With HTTP status 403, they do not mean that the credentials are wrong.
const ABOUT_MESSAGES: [Range<u32>; 2] = [21_000..22_000, 30_000..31_000];

/// The sentence for the codes that reject the team's own number.
const UNUSABLE_TEAM_NUMBER: &str = "The team's number cannot send messages from our Twilio account.";

impl GatewayCode {
    /// The customer has opted out of our messages at the gateway.
    pub const OPTED_OUT: Self = Self(21_610);

    /// Returns the table's row of the code. Returns `None` for an unknown code.
    #[must_use]
    pub fn known(self) -> Option<&'static KnownCode> {
        let index = KNOWN_CODES.binary_search_by_key(&self, |known| known.code).ok()?;
        KNOWN_CODES.get(index)
    }

    /// Returns what the server does with a message that is refused with the code. An unknown code is final.
    #[must_use]
    pub fn handling(self) -> Handling {
        self.known().map_or(Fail, |known| known.handling)
    }

    /// Whether the code concerns a message and not the account.
    #[must_use]
    pub fn is_about_message(self) -> bool {
        ABOUT_MESSAGES.iter().any(|codes| codes.contains(&self.0))
    }
}

impl fmt::Display for GatewayCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The known codes, in ascending order.
pub const KNOWN_CODES: [KnownCode; 22] = [
    KnownCode {
        code: GatewayCode(14_107),
        title: "SMS send rate limit exceeded",
        what: "The gateway limits how many messages go to one number in a short time.",
        advice: "Try again in a minute.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(20_429),
        title: "Too many requests",
        what: "The gateway received too many requests at once.",
        advice: "Try again later.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(20_503),
        title: "Service unavailable",
        what: "The gateway was briefly unavailable.",
        advice: "Try again later.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(21_211),
        title: "Invalid 'To' Phone Number",
        what: "The number is not a valid phone number.",
        advice: "Check it with the customer.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(21_408),
        title: "Permission to send an SMS or MMS has not been enabled for the region indicated by the 'To' number",
        what: "Messages to this country are switched off in our Twilio account.",
        advice: "Tell an administrator.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(21_606),
        title: "The 'From' phone number provided is not a valid message-capable Twilio phone number for this destination/account",
        what: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode::OPTED_OUT,
        title: "Attempt to send to unsubscribed recipient",
        what: "The customer has opted out of our messages.",
        advice: "They can send START to opt in again.",
        handling: RecordOptOut,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(21_611),
        title: "This 'From' number has exceeded the maximum number of queued messages",
        what: "The gateway's queue for the team's number is full.",
        advice: "Try again later.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(21_612),
        title: "Message cannot be sent with the current combination of 'To' and/or 'From' parameters",
        what: "The team's number cannot reach this number.",
        advice: "Reach them another way.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(21_614),
        title: "'To' number is not a valid mobile number",
        what: "The number is not a mobile number.",
        advice: "Reach them another way.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(21_617),
        title: "The concatenated message body exceeds the 1600 character limit",
        what: "The message is too long.",
        advice: "Split it and send again.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(21_659),
        title: "'From' is not a Twilio phone number or Short Code country mismatch",
        what: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(21_660),
        title: "Mismatch between the 'From' number and the account",
        what: UNUSABLE_TEAM_NUMBER,
        advice: "Tell an administrator.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(30_001),
        title: "Queue overflow",
        what: "The gateway's queue is full.",
        advice: "Try again later.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(30_003),
        title: "Unreachable destination handset",
        what: "The phone is off or out of reach.",
        advice: "Try again later.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(30_004),
        title: "Message blocked",
        what: "The recipient or their carrier blocks our messages.",
        advice: "Reach them another way.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(30_005),
        title: "Unknown destination handset",
        what: "The number no longer exists.",
        advice: "Check it with the customer.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(30_006),
        title: "Landline or unreachable carrier",
        what: "The number is a landline, or its carrier cannot receive messages.",
        advice: "Reach them another way.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(30_007),
        title: "Message filtered",
        what: "The carrier filtered the message as spam.",
        advice: "Reword it, without links, and send again.",
        handling: Fail,
        is_worth_another_try: false,
    },
    KnownCode {
        code: GatewayCode(30_008),
        title: "Unknown error",
        what: "The carrier gave no reason.",
        advice: "Try again later.",
        handling: Fail,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(30_022),
        title: "US A2P 10DLC - Rate Limits Exceeded",
        what: "The carrier limits how many messages our US number sends.",
        advice: "Try again later.",
        handling: Retry,
        is_worth_another_try: true,
    },
    KnownCode {
        code: GatewayCode(30_034),
        title: "US A2P 10DLC - Message from an Unregistered Number",
        what: "Our US number is not registered for messages (A2P 10DLC).",
        advice: "Tell an administrator.",
        handling: Fail,
        is_worth_another_try: true,
    },
];

#[cfg(test)]
mod tests;
