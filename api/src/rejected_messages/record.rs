//! Records a message that could not be kept, with a log line and a count. Sender and recipient are as the gateway named
//! them; the text is not kept, because the message belongs to no team that may read it.

use chrono::{DateTime, Utc};
use shared::{address::AddressFault, rejected_message::RejectionReason};

use super::queries;
use crate::db::{Db, DbError};

/// How many characters of a sender or recipient are kept.
const MAX_CHARS: usize = 100;

/// A message that could not be kept.
#[derive(Clone, Debug)]
pub(crate) struct Rejection {
    pub(crate) gateway_id: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) reason: RejectionReason,
    pub(crate) recovered: bool,
}

/// The reason that a sender's fault is.
pub(crate) const fn of_sender(fault: AddressFault) -> RejectionReason {
    match fault {
        AddressFault::Missing => RejectionReason::MissingSender,
        AddressFault::OtherChannel => RejectionReason::OtherChannel,
        AddressFault::Invalid => RejectionReason::InvalidSender,
    }
}

/// Records it; a message that is recorded already changes nothing.
///
/// # Errors
/// Only faults of the database.
pub(crate) async fn record(db: &Db, mut rejection: Rejection, now: DateTime<Utc>) -> Result<(), DbError> {
    for text in [&mut rejection.gateway_id, &mut rejection.from, &mut rejection.to] {
        // PostgreSQL keeps no NUL.
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
            "a message could not be kept; GET /api/v1/rejected_messages lists it"
        );
    }
    Ok(())
}
