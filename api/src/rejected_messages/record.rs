//! Records a message that could not be stored, logs it and counts it. Sender and recipient are recorded as the gateway
//! sent them. The text is not recorded, because no team is allowed to read it.

use chrono::{DateTime, Utc};
use shared::{address::AddressFault, rejected_message::RejectionReason};

use super::queries;
use crate::db::{Db, DbError};

/// Maximum length of a recorded sender or recipient.
const MAX_CHARS: usize = 100;

/// A message that could not be stored.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    pub(crate) gateway_id: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) reason: RejectionReason,
    pub(crate) recovered: bool,
}

/// Returns the rejection reason for an invalid sender.
pub(crate) const fn of_sender(fault: AddressFault) -> RejectionReason {
    match fault {
        AddressFault::Missing => RejectionReason::MissingSender,
        AddressFault::OtherChannel => RejectionReason::OtherChannel,
        AddressFault::Invalid => RejectionReason::InvalidSender,
    }
}

/// Records a rejection. Does nothing if the message is already recorded.
///
/// # Errors
/// Database errors.
pub(crate) async fn record(db: &Db, mut rejection: Rejection, now: DateTime<Utc>) -> Result<(), DbError> {
    for text in [&mut rejection.gateway_id, &mut rejection.from, &mut rejection.to] {
        // PostgreSQL text cannot contain NUL.
        *text = text.take().map(|text| text.replace('\0', "\u{fffd}").chars().take(MAX_CHARS).collect());
    }
    let (reason, gateway_id) = (rejection.reason, rejection.gateway_id.clone().unwrap_or_default());
    let is_new = db.write(move |conn| queries::insert(conn, &rejection, now)).await?;
    if is_new {
        let word = queries::word(reason);
        metrics::counter!("sms_chat_rejected_messages_total", "reason" => word).increment(1);
        tracing::warn!(
            reason = word,
            gateway_id,
            "a message could not be stored; GET /api/v1/rejected_messages lists it"
        );
    }
    Ok(())
}
