//! Sends a message once, then records the outcome. A message that may have reached the gateway before is looked up first,
//! and is sent again only when the gateway must have listed it by now: `timeout * ATTEMPT + list_lag` after the start of
//! the last attempt, which is in the database before its request begins.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    backoff::backoff,
    pace::Heard,
    queries::{self, Claimed, Unknown},
    reconcile::{self, StillUnknown},
    settle::{Fate, settle},
    worker::Worker,
};
use crate::{
    consents::record::{OPTED_OUT_AT_GATEWAY, has_opted_out},
    db::DbError,
    gateway::{
        client::{AskError, OutboundText, Outcome},
        reasons::{NOT_HANDED_OVER, OUTCOME_UNKNOWN},
    },
};

/// How long a claim holds, in time-outs of the gateway.
const LEASE: i32 = 6;
/// How long after the start of an attempt its request may begin, in time-outs: the exchange ends long before the claim.
const SEND_WITHIN: i32 = 2;
/// How long after its start an attempt is over, in time-outs.
const ATTEMPT: i32 = SEND_WITHIN + 1;

/// How long to wait while the gateway refuses our credentials, in time-outs.
const REFUSED: i32 = 3;

/// How far apart tries are while the gateway refuses our credentials.
pub(super) fn refused_for(timeout: TimeDelta) -> TimeDelta {
    timeout * REFUSED
}

/// Until when a claim of now holds.
pub(super) fn held_until(timeout: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    now + timeout * LEASE
}

impl Worker {
    /// Tries once, and writes down what came of it.
    pub(super) async fn hand_over(&self, claimed: Claimed, refused: bool) -> Heard {
        let Claimed { claim, from, to, body, .. } = claimed.clone();
        let text = OutboundText { from, to, body };
        let fate = self.try_once(&claimed, &text).await;
        let (word, heard) = told_by(&fate);
        metrics::counter!("sms_chat_hand_overs_total", "outcome" => word).increment(1);
        let now = self.clock.now();
        let settled = self.db.write(move |conn| settle(conn, &claimed, &text, &fate, refused, now)).await;
        if let Err(error) = settled {
            // The claim runs out, and the text is looked up at the gateway before it is sent again.
            tracing::error!(message = %claim.message, %error, "what came of a text could not be written down");
        }
        self.feed.wake();
        heard
    }

    async fn try_once(&self, claimed: &Claimed, text: &OutboundText) -> Fate {
        let retry = |asked| backoff(claimed.attempts(), rand::random(), asked);
        let too_old = self.clock.now() - claimed.written_at > self.give_up_after;
        let Some(unknown) = claimed.unknown else {
            return match too_old {
                true => Fate::GivenUp(NOT_HANDED_OVER),
                false => self.send(claimed, text, claimed.claimed_at).await,
            };
        };
        match reconcile::find(&self.db, &self.gateway, text, unknown.since, self.clock.now()).await {
            Ok(Some(gateway_id)) => Fate::Accepted(gateway_id),
            Ok(None) if self.may_be_listed_later(unknown) => Fate::NotListed(retry(None)),
            Ok(None) if too_old => Fate::GivenUp(NOT_HANDED_OVER),
            Ok(None) => self.send_again(claimed, text).await,
            Err(_) if too_old => Fate::GivenUp(OUTCOME_UNKNOWN),
            Err(StillUnknown::Gateway(AskError::Unauthorised)) => {
                Fate::Unauthorised { wait: refused_for(self.gateway.timeout()), known: false }
            }
            Err(fault) => {
                tracing::warn!(message = %claimed.claim.message, %fault, "a text's outcome stays unknown");
                Fate::Unknown(retry(None))
            }
        }
    }

    /// Whether the last attempt is so recent that the gateway may still accept it, or list it later.
    fn may_be_listed_later(&self, unknown: Unknown) -> bool {
        self.clock.now() < unknown.last + self.gateway.timeout() * ATTEMPT + self.list_lag
    }

    /// Sends a message that the gateway does not have, unless its customer has opted out since it was written, or another
    /// worker has claimed it during the look-up.
    async fn send_again(&self, claimed: &Claimed, text: &OutboundText) -> Fate {
        let (claim, from, to) = (claimed.claim, text.from.clone(), text.to.clone());
        let now = self.clock.now();
        let until = held_until(self.gateway.timeout(), now);
        let begun = self.db.write(move |conn| {
            if has_opted_out(conn, &from, &(&to).into())? {
                return Ok(None);
            }
            Ok::<_, DbError>(Some(queries::begin_attempt(conn, claim, now, until)?))
        });
        match begun.await {
            Ok(Some(true)) => self.send(claimed, text, now).await,
            Ok(None) => Fate::GivenUp(OPTED_OUT_AT_GATEWAY),
            // The outcome of a lost claim is not recorded.
            Ok(Some(false)) => Fate::NotListed(TimeDelta::zero()),
            Err(_) => Fate::NotListed(backoff(claimed.attempts(), rand::random(), None)),
        }
    }

    /// Sends it. The attempt was recorded at `begun`.
    async fn send(&self, claimed: &Claimed, text: &OutboundText, begun: DateTime<Utc>) -> Fate {
        let retry = |asked| backoff(claimed.attempts(), rand::random(), asked);
        // Held up for so long (a machine that slept), another worker may be about to look it up.
        if self.clock.now() > begun + self.gateway.timeout() * SEND_WITHIN {
            return Fate::Waits(TimeDelta::zero());
        }
        match self.gateway.send(text).await {
            Outcome::Accepted(gateway_id) => Fate::Accepted(gateway_id),
            Outcome::Refused(code) => Fate::Refused(code),
            Outcome::Retry(asked) => Fate::Waits(retry(asked)),
            Outcome::Unknown(asked) => Fate::Unknown(retry(asked)),
            Outcome::Unauthorised => {
                Fate::Unauthorised { wait: refused_for(self.gateway.timeout()), known: true }
            }
        }
    }
}

/// The word under which a fate is counted, and what it tells of the gateway.
fn told_by(fate: &Fate) -> (&'static str, Heard) {
    match fate {
        Fate::Accepted(_) => ("accepted", Heard::Answer),
        Fate::Refused(_) => ("refused", Heard::Answer),
        Fate::GivenUp(_) => ("given_up", Heard::Nothing),
        Fate::Waits(_) => ("retry", Heard::Trouble),
        Fate::NotListed(_) => ("not_listed", Heard::Nothing),
        Fate::Unknown(_) => ("unknown", Heard::Trouble),
        Fate::Unauthorised { .. } => ("unauthorised", Heard::Refusal),
    }
}
