//! A worker's claims on the messages that it sends.

use chrono::{DateTime, Utc};
use shared::{PhoneNumber, ids::MessageId};

pub(super) mod queries;

/// A worker's claim on a message. It is lost as soon as another worker claims the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) message: MessageId,
    /// Number of claims so far, including this one. It distinguishes the claims of a message.
    pub(super) attempts: i32,
}

/// A message that this worker has claimed.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) from: PhoneNumber,
    pub(super) to: PhoneNumber,
    pub(super) body: String,
    pub(super) written_at: DateTime<Utc>,
    pub(super) claimed_at: DateTime<Utc>,
    /// Earlier attempts with an unknown outcome. `None`: the gateway certainly does not have the message.
    pub(super) unknown: Option<UnknownOutcome>,
}

/// Earlier attempts that may have reached the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownOutcome {
    /// Start of the first of them.
    pub(super) since: DateTime<Utc>,
    /// Start of the last of them.
    pub(super) last: DateTime<Utc>,
}

impl Claimed {
    /// Returns the number of attempts so far, including this one.
    pub(super) fn attempts(&self) -> u32 {
        self.claim.attempts.unsigned_abs()
    }
}
