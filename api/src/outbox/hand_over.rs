//! One try to hand a text over: looked up first when it may be there, given up when it is too old, sent only while this
//! worker certainly holds it. Must never send a text of which it is unknown whether the gateway has it.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    backoff::backoff,
    pace::Heard,
    queries::{self, Claimed},
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
/// How long after its claim a text may begin to be sent: its exchange ends long before somebody else looks it up.
const SEND_WITHIN: i32 = 2;
/// How long a text that may have reached the gateway can be missing in its list.
const LIST_LAG: i32 = 3;

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
        let settled = self.db.write(move |conn| settle(conn, claim, &text, &fate, refused, now)).await;
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
        let Some(since) = claimed.unknown_since else {
            return match too_old {
                true => Fate::GivenUp(NOT_HANDED_OVER),
                false => self.send(claimed, text).await,
            };
        };
        match reconcile::find(&self.db, &self.gateway, text, since).await {
            Ok(Some(gateway_id)) => Fate::Accepted(gateway_id),
            Ok(None) if self.may_be_listed_yet(claimed) => Fate::NotListed(retry(None)),
            Ok(None) if too_old => Fate::GivenUp(NOT_HANDED_OVER),
            Ok(None) => self.send_again(claimed, text).await,
            Err(_) if too_old => Fate::GivenUp(OUTCOME_UNKNOWN),
            Err(StillUnknown::Gateway(AskError::Unauthorised)) => {
                Fate::Unauthorised { wait: refused_for(self.gateway.timeout()), known: false }
            }
            Err(fault) => {
                tracing::warn!(message = %claimed.claim.message, %fault, "a text's outcome stays unknown");
                Fate::Unknown { wait: retry(None), tried: false }
            }
        }
    }

    /// Whether a try was so short a time ago that the gateway's list need not have it.
    fn may_be_listed_yet(&self, claimed: &Claimed) -> bool {
        let until = claimed.tried_at.map(|tried| tried + self.gateway.timeout() * LIST_LAG);
        until.is_some_and(|until| self.clock.now() < until)
    }

    /// Sends a text that the gateway certainly does not have, unless its customer has opted out since it was written, or
    /// somebody else has settled it while it was looked up.
    async fn send_again(&self, claimed: &Claimed, text: &OutboundText) -> Fate {
        let (claim, from, to) = (claimed.claim, text.from.clone(), text.to.clone());
        let looked = self
            .db
            .read(move |conn| {
                Ok::<_, DbError>((queries::is_held(conn, claim)?, has_opted_out(conn, &from, &to)?))
            })
            .await;
        match looked {
            Ok((true, false)) => self.send(claimed, text).await,
            Ok((true, true)) => Fate::GivenUp(OPTED_OUT_AT_GATEWAY),
            // What is written down of a claim that is lost changes nothing.
            Ok((false, _)) => Fate::NotListed(TimeDelta::zero()),
            Err(_) => Fate::NotListed(backoff(claimed.attempts(), rand::random(), None)),
        }
    }

    async fn send(&self, claimed: &Claimed, text: &OutboundText) -> Fate {
        let retry = |asked| backoff(claimed.attempts(), rand::random(), asked);
        // Held up for so long (a machine that slept), somebody else may be about to look it up.
        if self.clock.now() > claimed.claimed_at + self.gateway.timeout() * SEND_WITHIN {
            return match claimed.unknown_since {
                None => Fate::Waits(TimeDelta::zero()),
                Some(_) => Fate::NotListed(TimeDelta::zero()),
            };
        }
        match self.gateway.send(text).await {
            Outcome::Accepted(gateway_id) => Fate::Accepted(gateway_id),
            Outcome::Refused(code) => Fate::Refused(code),
            Outcome::Retry(asked) => Fate::Waits(retry(asked)),
            Outcome::Unknown(asked) => Fate::Unknown { wait: retry(asked), tried: true },
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
        Fate::Unknown { .. } => ("unknown", Heard::Trouble),
        Fate::Unauthorised { .. } => ("unauthorised", Heard::Refusal),
    }
}
