//! What came of a try, written down: the message moves on and leaves the outbox, or waits for its next try. What a worker
//! writes that has lost its claim meanwhile must undo nothing of who has it now.

use chrono::{DateTime, TimeDelta, Utc};
use shared::message::{Message, MessageStatus};

use super::queries::{self, Claim, Claimed, NextStep};
use crate::{
    consents::record::{OPTED_OUT_AT_GATEWAY, has_opted_out},
    db::{DbConnection, DbError},
    gateway::{access, client::OutboundText, delivery},
    messages::queries::by_id_for_update,
};

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// The gateway has it, under this id.
    Accepted(String),
    /// The gateway will never take it, for this error code.
    Refused(String),
    /// We do not send it any more, for this code.
    GivenUp(&'static str),
    /// This attempt certainly did not reach the gateway; the next one is due after this long.
    Waits(TimeDelta),
    /// The gateway does not list it, but may do so later: it is looked up again after this long.
    NotListed(TimeDelta),
    /// It may be at the gateway: it is looked up after this long.
    Unknown(TimeDelta),
    /// The gateway refuses our credentials. `known`: so it is certainly not there.
    Unauthorised { wait: TimeDelta, known: bool },
}

/// Writes down what came of a try; `refused`: the gateway has refused our credentials until now.
pub(super) fn settle(
    conn: &mut DbConnection,
    claimed: &Claimed,
    text: &OutboundText,
    fate: &Fate,
    refused: bool,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match fate {
        Fate::Unauthorised { .. } => access::refused(conn, now)?,
        Fate::Accepted(_) | Fate::Refused(_) if refused => access::granted(conn, now)?,
        _ => {}
    }
    let claim = claimed.claim;
    match fate {
        Fate::Accepted(gateway_id) => accepted(conn, claim, gateway_id, now),
        Fate::Refused(code) => fail(conn, claim, code, now),
        Fate::GivenUp(code) => fail(conn, claim, code, now),
        // Whoever has opted out meanwhile is not tried again.
        Fate::Waits(_) | Fate::Unauthorised { known: true, .. }
            if has_opted_out(conn, &text.from, &(&text.to).into())? =>
        {
            fail(conn, claim, OPTED_OUT_AT_GATEWAY, now)
        }
        Fate::Waits(wait) | Fate::Unauthorised { wait, known: true } => {
            queries::reschedule(conn, claimed, now + *wait, NextStep::AsBefore)
        }
        Fate::Unknown(wait) | Fate::NotListed(wait) | Fate::Unauthorised { wait, known: false } => {
            queries::reschedule(conn, claimed, now + *wait, NextStep::Reconcile)
        }
    }
}

/// Also from a worker that has lost its claim: whoever has it now needs to know.
fn accepted(
    conn: &mut DbConnection,
    claim: Claim,
    gateway_id: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !queries::delete(conn, claim.message)? {
        tracing::error!(message = %claim.message, gateway_id, "a text that was settled before is at the gateway");
        return Ok(());
    }
    match by_id_for_update(conn, claim.message)? {
        Some(message) => delivery::accepted(conn, message, gateway_id, now),
        None => Ok(()),
    }
}

fn fail(conn: &mut DbConnection, claim: Claim, code: &str, now: DateTime<Utc>) -> Result<(), DbError> {
    if !queries::delete_claimed(conn, claim)? {
        return Ok(());
    }
    let message: Option<Message> = by_id_for_update(conn, claim.message)?;
    if let Some(message) = message {
        delivery::advance(conn, message, MessageStatus::Failed, Some(code), now)?;
    }
    Ok(())
}
