//! The delivery status of a message, and the rules for its changes.

use serde::{Deserialize, Serialize};

/// The delivery status of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MessageStatus {
    /// Received from the customer. Inbound messages and notes have no other status.
    Received,
    /// Goes out at its `send_at`.
    Scheduled,
    /// Not sent, because the customer wrote after it was scheduled.
    Held,
    /// Waiting to be sent to the gateway.
    Queued,
    /// Being sent. It is not known yet whether the gateway has accepted it.
    Sending,
    /// The gateway accepted it.
    Sent,
    /// Delivered to the customer's phone.
    Delivered,
    /// The network could not deliver it.
    Undelivered,
    /// The message was not sent.
    Failed,
}

impl MessageStatus {
    /// Every status.
    pub const ALL: [MessageStatus; 9] = [
        MessageStatus::Received,
        MessageStatus::Scheduled,
        MessageStatus::Held,
        MessageStatus::Queued,
        MessageStatus::Sending,
        MessageStatus::Sent,
        MessageStatus::Delivered,
        MessageStatus::Undelivered,
        MessageStatus::Failed,
    ];

    /// Returns the value used in JSON and in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            MessageStatus::Received => "received",
            MessageStatus::Scheduled => "scheduled",
            MessageStatus::Held => "held",
            MessageStatus::Queued => "queued",
            MessageStatus::Sending => "sending",
            MessageStatus::Sent => "sent",
            MessageStatus::Delivered => "delivered",
            MessageStatus::Undelivered => "undelivered",
            MessageStatus::Failed => "failed",
        }
    }

    /// Returns whether the status is final.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Received | Self::Delivered | Self::Undelivered | Self::Failed)
    }

    /// Returns whether the status is a final failure.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Undelivered | Self::Failed)
    }

    /// Returns whether the message waits for its time or for a decision (rule 22), and so has not been sent.
    #[must_use]
    pub fn is_scheduled(self) -> bool {
        matches!(self, Self::Scheduled | Self::Held)
    }

    /// Returns whether the status may change to `next`. A status never goes backwards, and the first final status
    /// stays.
    #[must_use]
    pub fn may_become(self, next: MessageStatus) -> bool {
        !self.is_final() && next != MessageStatus::Received && self.rank() < next.rank()
    }

    fn rank(self) -> u8 {
        match self {
            Self::Scheduled => 0,
            Self::Held => 1,
            Self::Queued => 2,
            Self::Sending => 3,
            Self::Sent => 4,
            Self::Delivered | Self::Undelivered | Self::Failed | Self::Received => 5,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{prelude::*, sample::select};

    use super::*;

    proptest! {
        #[test]
        fn a_status_never_goes_backwards_and_the_first_final_one_stays(
            receipts in prop::collection::vec(select(&MessageStatus::ALL[..]), 0..20)
        ) {
            let mut status = MessageStatus::Queued;
            let mut first_final = None;
            for receipt in receipts {
                let before = status;
                if status.may_become(receipt) {
                    status = receipt;
                }
                prop_assert!(status.rank() >= before.rank());
                if status.is_final() {
                    prop_assert_eq!(*first_final.get_or_insert(status), status);
                }
            }
            prop_assert_ne!(status, MessageStatus::Received);
        }

        #[test]
        fn the_same_receipt_twice_changes_nothing_more(
            from in select(&MessageStatus::ALL[..]), to in select(&MessageStatus::ALL[..])
        ) {
            if from.may_become(to) {
                prop_assert!(!to.may_become(to));
            }
        }
    }
}
