//! Sends a message once, then records the outcome.
//!
//! A message that may have reached the gateway before is looked up first. It is sent again only if the gateway still
//! does not list it `timeout * ATTEMPT + list_lag` after the start of the last attempt; by then the gateway lists every
//! message that it has accepted. That time must have passed by the clock of all replicas and by this process's own
//! monotonic clock (`doubts`). The start of an attempt is committed before its request begins.

use chrono::{DateTime, TimeDelta, Utc};
use shared::ids::MessageId;

use super::{
    backoff::backoff,
    circuit_breaker::GatewaySignal,
    claim::{Claimed, UnknownOutcome},
    queries,
    reconcile::{self, ReconcileError},
    settle::{SendOutcome, settle},
    worker::Worker,
};
use crate::{
    consents::check::has_opted_out,
    db::DbError,
    gateway::{
        client::{OutboundMessage, Outcome, RequestError},
        failure::FailureCode,
    },
};

/// Length of a claim, in gateway time-outs.
const LEASE: i32 = 6;
/// Latest start of the request after the start of its attempt, in gateway time-outs. So the exchange ends long before
/// the claim expires.
const SEND_WITHIN: i32 = 2;
/// Longest duration of an attempt, in gateway time-outs.
const ATTEMPT: i32 = SEND_WITHIN + 1;

/// Interval between attempts while the gateway refuses our credentials, in gateway time-outs.
const CREDENTIALS_RETRY: i32 = 3;

/// Returns the interval between attempts while the gateway refuses our credentials.
pub(super) fn credentials_retry_interval(timeout: TimeDelta) -> TimeDelta {
    timeout * CREDENTIALS_RETRY
}

/// Returns when a claim made at `now` expires.
pub(super) fn held_until(timeout: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    now + timeout * LEASE
}

impl Worker {
    /// Makes one attempt to send a message, and records its outcome.
    pub(super) async fn attempt_send(&self, claimed: Claimed, refused: bool) -> GatewaySignal {
        let Claimed { claim, from, to, body, .. } = claimed.clone();
        let message = OutboundMessage { from, to, body };
        let outcome = self.attempt(&claimed, &message).await;
        let (label, signal) = classify(&outcome);
        metrics::counter!("sms_chat_delivery_attempts_total", "outcome" => label).increment(1);
        let now = self.clock.now();
        let settled =
            self.db.write(move |conn| settle(conn, &claimed, &message, &outcome, refused, now)).await;
        if let Err(error) = settled {
            // The claim expires, and the message is looked up at the gateway before it is sent again.
            tracing::error!(message = %claim.message, %error, "the outcome of an attempt to send was not recorded");
        }
        self.feed.wake();
        signal
    }

    async fn attempt(&self, claimed: &Claimed, message: &OutboundMessage) -> SendOutcome {
        let retry = |asked| backoff(claimed.attempts(), rand::random(), asked);
        let too_old = self.clock.now() - claimed.written_at > self.give_up_after;
        let Some(unknown) = claimed.unknown else {
            return match too_old {
                true => SendOutcome::GivenUp(FailureCode::NotAccepted),
                false => self.send(claimed, message, claimed.claimed_at).await,
            };
        };
        match reconcile::find(&self.db, &self.gateway, message, unknown.since, self.clock.now()).await {
            Ok(Some(gateway_id)) => SendOutcome::Accepted(gateway_id),
            Ok(None) => match self.rest_of_wait(claimed.claim.message, unknown) {
                // Another replica may look it up next, and then waits on its own.
                Some(rest) => SendOutcome::NotListed(retry(None).min(rest)),
                None if too_old => SendOutcome::GivenUp(FailureCode::NotAccepted),
                None => self.send_again(claimed, message).await,
            },
            Err(_) if too_old => SendOutcome::GivenUp(FailureCode::OutcomeUnknown),
            Err(ReconcileError::Gateway(RequestError::Unauthorised)) => {
                let wait = credentials_retry_interval(self.gateway.timeout());
                SendOutcome::Unauthorised { wait, certainly_not_sent: false }
            }
            Err(error) => {
                tracing::warn!(message = %claimed.claim.message, %error, "a message's outcome is still unknown");
                SendOutcome::Unknown(retry(None))
            }
        }
    }

    /// Returns how much longer the gateway may still accept the message of the last attempt, or list it later. `None`
    /// if that time is over.
    fn rest_of_wait(&self, message: MessageId, unknown: UnknownOutcome) -> Option<TimeDelta> {
        let wait = self.gateway.timeout() * ATTEMPT + self.list_lag;
        let doubted = self.doubts.age(message, unknown.last, self.clock.monotonic());
        let by_clock = unknown.last + wait - self.clock.now();
        let by_process = wait - TimeDelta::from_std(doubted).unwrap_or(TimeDelta::MAX).min(wait);
        Some(by_clock.max(by_process)).filter(|rest| *rest > TimeDelta::zero())
    }

    /// Sends a message that the gateway does not have, unless the customer has opted out since it was written, or
    /// another worker claimed it during the look-up.
    async fn send_again(&self, claimed: &Claimed, message: &OutboundMessage) -> SendOutcome {
        let (claim, from, to) = (claimed.claim, message.from.clone(), message.to.clone());
        let now = self.clock.now();
        let until = held_until(self.gateway.timeout(), now);
        let begun = self.db.write(move |conn| {
            if has_opted_out(conn, &from, &(&to).into())? {
                return Ok(None);
            }
            Ok::<_, DbError>(Some(queries::begin_attempt(conn, claim, now, until)?))
        });
        match begun.await {
            Ok(Some(true)) => self.send(claimed, message, now).await,
            Ok(None) => SendOutcome::GivenUp(FailureCode::OPTED_OUT),
            // The claim is lost. `settle` does not record this outcome.
            Ok(Some(false)) => SendOutcome::NotListed(TimeDelta::zero()),
            Err(_) => SendOutcome::NotListed(backoff(claimed.attempts(), rand::random(), None)),
        }
    }

    /// Sends a message whose attempt was recorded at `begun`.
    async fn send(&self, claimed: &Claimed, message: &OutboundMessage, begun: DateTime<Utc>) -> SendOutcome {
        let retry = |asked| backoff(claimed.attempts(), rand::random(), asked);
        // After such a delay (the machine slept, for example) another worker may already be looking the message up.
        if self.clock.now() > begun + self.gateway.timeout() * SEND_WITHIN {
            return SendOutcome::Retry(TimeDelta::zero());
        }
        self.doubts.begin(claimed.claim.message, begun, self.clock.monotonic());
        match self.gateway.send(message).await {
            Outcome::Accepted(gateway_id) => SendOutcome::Accepted(gateway_id),
            Outcome::Refused(code) => SendOutcome::Refused(code),
            Outcome::Retry(asked) => SendOutcome::Retry(retry(asked)),
            Outcome::Unknown(asked) => SendOutcome::Unknown(retry(asked)),
            Outcome::Unauthorised => {
                let wait = credentials_retry_interval(self.gateway.timeout());
                SendOutcome::Unauthorised { wait, certainly_not_sent: true }
            }
        }
    }
}

/// Returns the outcome's label in the metrics, and what it shows about the gateway.
fn classify(outcome: &SendOutcome) -> (&'static str, GatewaySignal) {
    match outcome {
        SendOutcome::Accepted(_) => ("accepted", GatewaySignal::Success),
        SendOutcome::Refused(_) => ("refused", GatewaySignal::Success),
        SendOutcome::GivenUp(_) => ("given_up", GatewaySignal::Inconclusive),
        SendOutcome::Retry(_) => ("retry", GatewaySignal::Failure),
        SendOutcome::NotListed(_) => ("not_listed", GatewaySignal::Inconclusive),
        SendOutcome::Unknown(_) => ("unknown", GatewaySignal::Failure),
        SendOutcome::Unauthorised { .. } => ("unauthorised", GatewaySignal::Unauthorised),
    }
}
