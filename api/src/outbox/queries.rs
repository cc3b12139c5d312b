//! The outbox in the database.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not, sql},
    prelude::*,
    sql_types::BigInt,
};
use shared::ids::MessageId;

use super::claim::{Claim, Claimed};
use crate::db::{
    DbConnection, DbError, IsEarlier, Timestamp, on_each,
    schema::{gateway_refusals, messages, outbox, scheduled_messages},
};

diesel::alias!(outbox as earlier: Earlier);

/// Whether an earlier message between the same numbers is still in the outbox. Such messages are sent in the order in
/// which they were queued.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn has_earlier_message() -> _ {
    let before = earlier
        .filter(earlier.field(outbox::team_number).eq(outbox::team_number))
        .filter(earlier.field(outbox::number).eq(outbox::number))
        .filter(IsEarlier);
    exists(before)
}

/// Whether at least this many messages wait in the outbox.
pub(crate) fn has_at_least(conn: &mut DbConnection, count: i64) -> Result<bool, DbError> {
    let last = outbox::table.order(outbox::message_id).offset(count - 1).select(outbox::message_id);
    let last: Option<i64> = on_each!(conn, |c| last.first(c).optional())?;
    Ok(last.is_some())
}

/// The first step when a message is due again.
#[derive(Clone, Copy, Debug)]
pub(super) enum NextStep {
    /// The same step as before this claim, whose attempt certainly did not reach the gateway.
    AsBefore,
    /// Look the message up at the gateway, which may have it.
    Reconcile,
}

/// Releases a claim and makes the message due at `due`. Does nothing when the claim is lost.
pub(super) fn reschedule(
    conn: &mut DbConnection,
    claimed: &Claimed,
    due: DateTime<Utc>,
    next: NextStep,
) -> Result<(), DbError> {
    let claim = claimed.claim;
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    let release = (outbox::held_until.eq(None::<Timestamp>), outbox::due_at.eq(Timestamp(due)));
    match next {
        NextStep::Reconcile => on_each!(conn, |c| diesel::update(row).set(release).execute(c))?,
        NextStep::AsBefore => {
            let unknown = (
                outbox::unknown_since.eq(claimed.unknown.map(|unknown| Timestamp(unknown.since))),
                outbox::tried_at.eq(claimed.unknown.map(|unknown| Timestamp(unknown.last))),
            );
            on_each!(conn, |c| diesel::update(row).set((release, unknown)).execute(c))?
        }
    };
    Ok(())
}

/// Records that another attempt begins now, and extends the claim to `until`. Returns `false` when the claim is lost.
pub(super) fn begin_attempt(
    conn: &mut DbConnection,
    claim: Claim,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    let changes = (outbox::tried_at.eq(Timestamp(now)), outbox::held_until.eq(Timestamp(until)));
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    Ok(on_each!(conn, |c| diesel::update(row).set(changes).execute(c))? > 0)
}

/// Removes a message from the outbox. Returns `false` when it was not there.
pub(crate) fn delete(conn: &mut DbConnection, message: MessageId) -> Result<bool, DbError> {
    let deleted = on_each!(conn, |c| diesel::delete(outbox::table.find(message.0)).execute(c))?;
    Ok(deleted > 0)
}

/// Removes a claimed message from the outbox. Returns `false` when the claim is lost.
pub(super) fn delete_claimed(conn: &mut DbConnection, claim: Claim) -> Result<bool, DbError> {
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    Ok(on_each!(conn, |c| diesel::delete(row).execute(c))? > 0)
}

/// What a worker reads at each poll.
#[derive(Clone, Copy, Debug)]
pub(super) struct OutboxState {
    /// When the next unclaimed message is due or the next claim expires, whichever is earlier.
    pub(super) due: Option<DateTime<Utc>>,
    /// When the next scheduled message is due.
    pub(super) scheduled: Option<DateTime<Utc>>,
    /// Whether the gateway refuses our credentials.
    pub(super) refused: bool,
}

/// Reads the outbox's state.
pub(super) fn state(conn: &mut DbConnection) -> Result<OutboxState, DbError> {
    let due = outbox::table
        .filter(outbox::held_until.is_null())
        .filter(not(has_earlier_message()))
        .order((outbox::due_at, outbox::message_id))
        .select(outbox::due_at);
    let held = outbox::table.select(diesel::dsl::min(outbox::held_until));
    let scheduled = scheduled_messages::table.select(diesel::dsl::min(scheduled_messages::due_at));
    type Columns = (Option<Timestamp>, Option<Timestamp>, Option<Timestamp>, bool);
    let (due, held, scheduled, refused): Columns = on_each!(conn, |c| diesel::select((
        due.single_value(),
        held.single_value(),
        scheduled.single_value(),
        exists(gateway_refusals::table.select(gateway_refusals::id)),
    ))
    .get_result(c))?;
    let due = due.into_iter().chain(held).map(DateTime::from).min();
    Ok(OutboxState { due, scheduled: scheduled.map(DateTime::from), refused })
}

/// Counts the rows with a time later than any worker can have set by now. The clock was set back after it was written.
pub(super) fn count_ahead(conn: &mut DbConnection, latest: Latest) -> Result<i64, DbError> {
    let held = outbox::table.filter(outbox::held_until.gt(Timestamp(latest.held_until)));
    let due = outbox::table
        .filter(outbox::held_until.is_null())
        .filter(outbox::due_at.gt(Timestamp(latest.due_at)));
    let tried = outbox::table.filter(outbox::unknown_since.gt(Timestamp(latest.unknown_since)));
    let counted: QueryResult<[i64; 3]> = on_each!(conn, |c| {
        Ok([held.count().get_result(c)?, due.count().get_result(c)?, tried.count().get_result(c)?])
    });
    Ok(counted?.iter().sum())
}

/// Corrects those rows: messages become due now, claims last as long as new ones, and the look-up of a message that may
/// have reached the gateway goes back to `since`.
pub(super) fn clamp_ahead(
    conn: &mut DbConnection,
    latest: Latest,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let held = outbox::table.filter(outbox::held_until.gt(Timestamp(latest.held_until)));
    let due = outbox::table
        .filter(outbox::held_until.is_null())
        .filter(outbox::due_at.gt(Timestamp(latest.due_at)));
    let tried = || outbox::table.filter(outbox::unknown_since.gt(Timestamp(latest.unknown_since)));
    let tried_late = tried().filter(outbox::tried_at.gt(Timestamp(now)));
    let tried_due = tried().filter(outbox::held_until.is_null());
    let now_due = || outbox::due_at.eq(Timestamp(now));
    on_each!(conn, |c| {
        diesel::update(held).set(outbox::held_until.eq(Timestamp(latest.held_until))).execute(c)?;
        diesel::update(due).set(now_due()).execute(c)?;
        diesel::update(tried_due).set(now_due()).execute(c)?;
        diesel::update(tried_late).set(outbox::tried_at.eq(Timestamp(now))).execute(c)?;
        diesel::update(tried()).set(outbox::unknown_since.eq(Timestamp(since))).execute(c)
    })?;
    Ok(())
}

/// The latest times that a worker can have set by now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Latest {
    pub(super) due_at: DateTime<Utc>,
    pub(super) held_until: DateTime<Utc>,
    pub(super) unknown_since: DateTime<Utc>,
}

/// Returns the number of messages in the outbox, and when the oldest of them was written.
pub(crate) fn depth(conn: &mut DbConnection) -> Result<(i64, Option<DateTime<Utc>>), DbError> {
    let count: i64 = on_each!(conn, |c| outbox::table.count().get_result(c))?;
    let first: Option<i64> = on_each!(conn, |c| outbox::table
        .order(sql::<BigInt>("coalesce(position, 1000000 * message_id)"))
        .select(outbox::message_id)
        .first(c)
        .optional())?;
    let Some(first) = first else { return Ok((count, None)) };
    let oldest: Option<Timestamp> =
        on_each!(conn, |c| messages::table.find(first).select(messages::created_at).first(c).optional())?;
    Ok((count, oldest.map(DateTime::from)))
}
