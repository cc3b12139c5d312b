//! What came of a try, written down: the message moves on and leaves the outbox, or waits for its next try.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{ids::MessageId, message::MessageStatus};

use super::queries;
use crate::{
    consents::record::{OPTED_OUT_AT_GATEWAY, has_opted_out},
    db::{DbConnection, DbError},
    gateway::{
        client::{OutboundText, Outcome},
        delivery,
    },
    messages::queries::by_id_for_update,
};

/// Writes an outcome down. `wait` is how long to wait when it is to be tried again.
pub(super) fn settle(
    conn: &mut DbConnection,
    id: MessageId,
    text: &OutboundText,
    outcome: &Outcome,
    wait: TimeDelta,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match outcome {
        Outcome::Accepted(gateway_id) => {
            if let Some(message) = settled(conn, id)? {
                delivery::accepted(conn, message, gateway_id, now)?;
            }
        }
        Outcome::Refused(code) => {
            if let Some(message) = settled(conn, id)? {
                delivery::advance(conn, message, MessageStatus::Failed, Some(code), now)?;
            }
        }
        // Whoever has opted out meanwhile is not tried again.
        Outcome::Retry(_) | Outcome::Unauthorised if has_opted_out(conn, &text.from, &text.to)? => {
            if let Some(message) = settled(conn, id)? {
                delivery::advance(conn, message, MessageStatus::Failed, Some(OPTED_OUT_AT_GATEWAY), now)?;
            }
        }
        Outcome::Retry(_) | Outcome::Unauthorised => queries::put_back(conn, id, now + wait, true)?,
        Outcome::Unknown => queries::put_back(conn, id, now + wait, false)?,
    }
    Ok(())
}

/// The message, taken out of the outbox; `None` when somebody else has settled it.
fn settled(conn: &mut DbConnection, id: MessageId) -> Result<Option<shared::message::Message>, DbError> {
    if !queries::delete(conn, id)? {
        return Ok(None);
    }
    by_id_for_update(conn, id)
}
