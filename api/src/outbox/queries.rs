//! The outbox in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{case_when, exists, not},
    prelude::*,
    sql_types::Nullable,
};
use shared::{PhoneNumber, ids::MessageId, message::MessageStatus};

use super::gateway_access;
use crate::db::{
    AsText, DbConnection, DbError, Timestamp, UtcTimestamp, on_each,
    schema::{messages, outbox},
};

diesel::alias!(outbox as earlier: Earlier);

/// A worker's claim on a message. It is lost as soon as another worker claims the message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) message: MessageId,
    /// Number of claims so far, including this one. It distinguishes the claims of a message.
    attempts: i32,
}

/// A message that this worker has claimed.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) from: PhoneNumber,
    pub(super) to: PhoneNumber,
    pub(super) body: String,
    pub(super) written_at: DateTime<Utc>,
    pub(super) claimed_at: DateTime<Utc>,
    /// Earlier attempts with an unknown outcome. `None`: the gateway certainly does not have the message.
    pub(super) unknown: Option<UnknownOutcome>,
}

/// Earlier attempts that may have reached the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownOutcome {
    /// Start of the first of them.
    pub(super) since: DateTime<Utc>,
    /// Start of the last of them.
    pub(super) last: DateTime<Utc>,
}

impl Claimed {
    /// Returns the number of attempts so far, including this one.
    pub(super) fn attempts(&self) -> u32 {
        self.claim.attempts.unsigned_abs()
    }
}

/// Whether an earlier message between the same numbers is still in the outbox. Such messages are sent in the order in
/// which they were written.
#[diesel::dsl::auto_type(no_type_alias)]
fn has_earlier_message() -> _ {
    let before = earlier
        .filter(earlier.field(outbox::team_number).eq(outbox::team_number))
        .filter(earlier.field(outbox::number).eq(outbox::number))
        .filter(earlier.field(outbox::message_id).lt(outbox::message_id));
    exists(before)
}

/// Claims up to `limit` due messages until `until`, oldest first. Skips those `in_flight`: this worker still holds
/// them, even if the clock says that their claims have expired. The first claim also records an attempt that may reach
/// the gateway, so that the message is looked up if the worker dies.
pub(super) fn claim(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    in_flight: &[MessageId],
    limit: usize,
) -> Result<Vec<Claimed>, DbError> {
    let rows = select_due(conn, now, in_flight, limit)?;
    let ids: Vec<i64> = rows.iter().map(|row| row.message_id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut bodies = bodies(conn, &ids)?;
    mark_claimed(conn, &ids, now, until)?;
    let claimed = rows.into_iter().filter_map(|row| {
        let (body, Timestamp(written_at)) = bodies.remove(&row.message_id)?;
        Some(Claimed {
            claim: Claim { message: MessageId(row.message_id), attempts: row.attempts + 1 },
            from: row.team_number.0,
            to: row.number.0,
            body,
            written_at,
            claimed_at: now,
            unknown: row.unknown_since.map(|Timestamp(since)| UnknownOutcome {
                since,
                last: row.tried_at.map_or(since, DateTime::from),
            }),
        })
    });
    Ok(claimed.collect())
}

/// A row that is due, as it was before its claim.
#[derive(Queryable)]
struct DueRow {
    message_id: i64,
    team_number: AsText<PhoneNumber>,
    number: AsText<PhoneNumber>,
    attempts: i32,
    unknown_since: Option<Timestamp>,
    tried_at: Option<Timestamp>,
}

/// Selects and locks due rows, oldest first, and skips those that another transaction has locked.
fn select_due(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    in_flight: &[MessageId],
    limit: usize,
) -> Result<Vec<DueRow>, DbError> {
    let due = outbox::table
        .filter(outbox::due_at.le(Timestamp(now)))
        .filter(outbox::held_until.is_null().or(outbox::held_until.le(Timestamp(now))))
        .filter(outbox::message_id.ne_all(in_flight.iter().map(|id| id.0)))
        .filter(not(has_earlier_message()))
        .order((outbox::due_at, outbox::message_id))
        .limit(i64::try_from(limit).unwrap_or(0))
        .select((
            outbox::message_id,
            outbox::team_number,
            outbox::number,
            outbox::attempts,
            outbox::unknown_since,
            outbox::tried_at,
        ));
    Ok(match conn {
        DbConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
        DbConnection::Sqlite(c) => due.load(c)?,
    })
}

/// Returns the text of each message, and when it was written. A query of its own instead of a join: with statistics from
/// a time when the outbox was empty, SQLite plans the join as a scan of all messages.
fn bodies(conn: &mut DbConnection, ids: &[i64]) -> Result<HashMap<i64, (String, Timestamp)>, DbError> {
    let bodies: Vec<(i64, (String, Timestamp))> = on_each!(conn, |c| messages::table
        .filter(messages::id.eq_any(ids))
        .select((messages::id, (messages::body, messages::created_at)))
        .load(c))?;
    Ok(bodies.into_iter().collect())
}

/// Marks messages as claimed until `until`. The first claim of a message records an attempt that begins now.
fn mark_claimed(
    conn: &mut DbConnection,
    ids: &[i64],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    let is_first = outbox::unknown_since.is_null();
    let now_sql = Some(Timestamp(now)).into_sql::<Nullable<UtcTimestamp>>();
    on_each!(conn, |c| diesel::update(outbox::table.filter(outbox::message_id.eq_any(ids)))
        .set((
            outbox::held_until.eq(Timestamp(until)),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::unknown_since.eq(case_when(is_first, now_sql).otherwise(outbox::unknown_since)),
            outbox::tried_at.eq(case_when(is_first, now_sql).otherwise(outbox::tried_at)),
        ))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(messages::table.filter(messages::id.eq_any(ids)))
        .filter(messages::status.eq(AsText(MessageStatus::Queued)))
        .set(messages::status.eq(AsText(MessageStatus::Sending)))
        .execute(c))?;
    Ok(())
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
    let (due, held): (Option<Timestamp>, Option<Timestamp>) = on_each!(conn, |c| {
        let held = outbox::table.select(diesel::dsl::min(outbox::held_until)).first(c)?;
        Ok::<_, diesel::result::Error>((due.first(c).optional()?, held))
    })?;
    let due = due.into_iter().chain(held).map(DateTime::from).min();
    Ok(OutboxState { due, refused: gateway_access::refused_since(conn)?.is_some() })
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
    let (count, first): (i64, Option<i64>) = on_each!(conn, |c| outbox::table
        .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::message_id)))
        .first(c))?;
    let Some(first) = first else { return Ok((count, None)) };
    let oldest: Option<Timestamp> =
        on_each!(conn, |c| messages::table.find(first).select(messages::created_at).first(c).optional())?;
    Ok((count, oldest.map(DateTime::from)))
}
