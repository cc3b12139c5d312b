//! Records the outcome of an attempt: the message's status advances and its row leaves the outbox, or its next attempt
//! is scheduled. A worker that has lost its claim does not overwrite its successor's result: each update except that of
//! an accepted message filters by the claim's attempt count.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    claim::{Claim, Claimed},
    gateway_access,
    queries::{self, NextStep},
};
use crate::{
    consents::check::has_opted_out,
    conversations::delivery,
    db::{DbConnection, DbError},
    gateway::{client::OutboundMessage, failure::FailureCode},
};

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum SendOutcome {
    /// The gateway accepted the message and gave it this id.
    Accepted(String),
    /// The gateway refused the message for good, with this error code.
    Refused(FailureCode),
    /// The server gives up sending the message, with this code.
    GivenUp(FailureCode),
    /// This attempt certainly did not reach the gateway. The next one is due after this time.
    Retry(TimeDelta),
    /// The gateway does not list the message yet. It is looked up again after this time.
    NotListed(TimeDelta),
    /// The gateway may have the message. It is looked up after this time.
    Unknown(TimeDelta),
    /// The gateway refuses our credentials. The next attempt, or look-up, is due after `wait`.
    Unauthorised { wait: TimeDelta, certainly_not_sent: bool },
}

/// Records the outcome of an attempt. `refused`: the gateway refused our credentials before this attempt.
pub(super) fn settle(
    conn: &mut DbConnection,
    claimed: &Claimed,
    sent: &OutboundMessage,
    outcome: &SendOutcome,
    refused: bool,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    match outcome {
        SendOutcome::Unauthorised { .. } => gateway_access::refused(conn, now)?,
        SendOutcome::Accepted(_) | SendOutcome::Refused(_) if refused => gateway_access::granted(conn, now)?,
        _ => {}
    }
    let claim = claimed.claim;
    match outcome {
        SendOutcome::Accepted(gateway_id) => accepted(conn, claim, gateway_id, now),
        SendOutcome::Refused(code) | SendOutcome::GivenUp(code) => fail(conn, claim, code, now),
        // The customer opted out during the attempt.
        SendOutcome::Retry(_) | SendOutcome::Unauthorised { certainly_not_sent: true, .. }
            if has_opted_out(conn, &sent.from, &(&sent.to).into())? =>
        {
            fail(conn, claim, &FailureCode::OPTED_OUT, now)
        }
        SendOutcome::Retry(wait) | SendOutcome::Unauthorised { wait, certainly_not_sent: true } => {
            queries::reschedule(conn, claimed, now + *wait, NextStep::AsBefore)
        }
        SendOutcome::Unknown(wait)
        | SendOutcome::NotListed(wait)
        | SendOutcome::Unauthorised { wait, certainly_not_sent: false } => {
            queries::reschedule(conn, claimed, now + *wait, NextStep::Reconcile)
        }
    }
}

/// Records that the gateway accepted the message, even when the claim is lost: the worker that holds it now must not
/// send the message again.
fn accepted(
    conn: &mut DbConnection,
    claim: Claim,
    gateway_id: &str,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !queries::delete(conn, claim.message)? {
        tracing::error!(message = %claim.message, gateway_id, "the gateway accepted an already settled message");
        return Ok(());
    }
    delivery::accepted(conn, claim.message, gateway_id, now)
}

fn fail(
    conn: &mut DbConnection,
    claim: Claim,
    code: &FailureCode,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    if !queries::delete_claimed(conn, claim)? {
        return Ok(());
    }
    delivery::failed(conn, claim.message, code, now)
}
