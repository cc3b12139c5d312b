//! The outbox in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{case_when, exists, not},
    prelude::*,
    sql_types::Nullable,
};
use shared::{CustomerAddress, PhoneNumber, ids::MessageId, message::MessageStatus};

use crate::{
    db::{
        DbConnection, DbError, Moment, UtcTimestamp, Words, on_each,
        schema::{messages, outbox},
    },
    gateway::access,
};

diesel::alias!(outbox as earlier: Earlier);

/// The right to settle a text: that of who has claimed it last.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) message: MessageId,
    /// How often it has been claimed, this time included; so no two claims of a text are alike.
    attempts: i32,
}

/// A text that this worker holds.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    pub(super) from: PhoneNumber,
    pub(super) to: PhoneNumber,
    pub(super) body: String,
    pub(super) written_at: DateTime<Utc>,
    pub(super) claimed_at: DateTime<Utc>,
    /// What was unknown before this claim; `None`: the gateway certainly does not have it.
    pub(super) unknown: Option<Unknown>,
}

/// Earlier attempts that may have reached the gateway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unknown {
    /// When the first of them began.
    pub(super) since: DateTime<Utc>,
    /// When the last of them began.
    pub(super) last: DateTime<Utc>,
}

impl Claimed {
    /// How often it has been tried, this time included.
    pub(super) fn attempts(&self) -> u32 {
        self.claim.attempts.unsigned_abs()
    }
}

/// Puts a message into the outbox.
pub(crate) fn insert(
    conn: &mut DbConnection,
    message: MessageId,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (
        outbox::message_id.eq(message.0),
        outbox::team_number.eq(team_number.as_str()),
        outbox::number.eq(number.as_str()),
        outbox::due_at.eq(Moment(now)),
    );
    on_each!(conn, |c| diesel::insert_into(outbox::table).values(values).execute(c))?;
    Ok(())
}

/// Whether an earlier text to the same number waits: texts arrive in the order in which they were written.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_overtaken() -> _ {
    let before = earlier
        .filter(earlier.field(outbox::team_number).eq(outbox::team_number))
        .filter(earlier.field(outbox::number).eq(outbox::number))
        .filter(earlier.field(outbox::message_id).lt(outbox::message_id));
    exists(before)
}

/// Claims up to `limit` due messages, oldest first, until `until`. Those `at_work` are this worker's own, whatever the
/// clock says. A first claim records an attempt that may reach the gateway: a worker that dies after it leaves that behind.
pub(super) fn claim(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    at_work: &[MessageId],
    limit: usize,
) -> Result<Vec<Claimed>, DbError> {
    type Columns = (i64, Words<PhoneNumber>, Words<PhoneNumber>, i32, Option<Moment>, Option<Moment>);
    let due = outbox::table
        .filter(outbox::due_at.le(Moment(now)))
        .filter(outbox::held_until.is_null().or(outbox::held_until.le(Moment(now))))
        .filter(outbox::message_id.ne_all(at_work.iter().map(|id| id.0)))
        .filter(not(is_overtaken()))
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
    let rows: Vec<Columns> = match conn {
        DbConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
        DbConnection::Sqlite(c) => due.load(c)?,
    };
    let ids: Vec<i64> = rows.iter().map(|row| row.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Not joined: where the statistics are of a time when no text waited, SQLite would read every message for it.
    let texts: Vec<(i64, (String, Moment))> = on_each!(conn, |c| messages::table
        .filter(messages::id.eq_any(&ids))
        .select((messages::id, (messages::body, messages::created_at)))
        .load(c))?;
    let mut texts: HashMap<i64, (String, Moment)> = texts.into_iter().collect();
    let first = outbox::unknown_since.is_null();
    let now_there = Some(Moment(now)).into_sql::<Nullable<UtcTimestamp>>();
    on_each!(conn, |c| diesel::update(outbox::table.filter(outbox::message_id.eq_any(&ids)))
        .set((
            outbox::held_until.eq(Moment(until)),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::unknown_since.eq(case_when(first, now_there).otherwise(outbox::unknown_since)),
            outbox::tried_at.eq(case_when(first, now_there).otherwise(outbox::tried_at)),
        ))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(messages::table.filter(messages::id.eq_any(&ids)))
        .filter(messages::status.eq(Words(MessageStatus::Queued)))
        .set(messages::status.eq(Words(MessageStatus::Sending)))
        .execute(c))?;
    Ok(rows
        .into_iter()
        .filter_map(|(message, Words(from), Words(to), attempts, unknown, tried)| {
            let (body, Moment(written_at)) = texts.remove(&message)?;
            Some(Claimed {
                claim: Claim { message: MessageId(message), attempts: attempts + 1 },
                from,
                to,
                body,
                written_at,
                claimed_at: now,
                unknown: unknown
                    .map(|Moment(since)| Unknown { since, last: tried.map_or(since, DateTime::from) }),
            })
        })
        .collect())
}

/// What is done first when a message is due again.
#[derive(Clone, Copy, Debug)]
pub(super) enum NextStep {
    /// What was to be done before this claim, which certainly did not get it to the gateway.
    AsBefore,
    /// Reconcile: it may be there.
    Reconcile,
}

/// Gives up a claim; the message is due again at `due`. Does nothing when the claim is lost.
pub(super) fn reschedule(
    conn: &mut DbConnection,
    claimed: &Claimed,
    due: DateTime<Utc>,
    next: NextStep,
) -> Result<(), DbError> {
    let claim = claimed.claim;
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    let release = (outbox::held_until.eq(None::<Moment>), outbox::due_at.eq(Moment(due)));
    match next {
        NextStep::Reconcile => on_each!(conn, |c| diesel::update(row).set(release).execute(c))?,
        NextStep::AsBefore => {
            let unknown = (
                outbox::unknown_since.eq(claimed.unknown.map(|unknown| Moment(unknown.since))),
                outbox::tried_at.eq(claimed.unknown.map(|unknown| Moment(unknown.last))),
            );
            on_each!(conn, |c| diesel::update(row).set((release, unknown)).execute(c))?
        }
    };
    Ok(())
}

/// Records that another attempt begins now, and renews the claim until `until`; `false` when the claim is lost.
pub(super) fn begin_attempt(
    conn: &mut DbConnection,
    claim: Claim,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<bool, DbError> {
    let changes = (outbox::tried_at.eq(Moment(now)), outbox::held_until.eq(Moment(until)));
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    Ok(on_each!(conn, |c| diesel::update(row).set(changes).execute(c))? > 0)
}

/// Takes a text out; `false` when it was out already.
pub(crate) fn delete(conn: &mut DbConnection, message: MessageId) -> Result<bool, DbError> {
    let deleted = on_each!(conn, |c| diesel::delete(outbox::table.find(message.0)).execute(c))?;
    Ok(deleted > 0)
}

/// Takes a text out, unless the claim is lost.
pub(super) fn delete_claimed(conn: &mut DbConnection, claim: Claim) -> Result<bool, DbError> {
    let row = outbox::table.find(claim.message.0).filter(outbox::attempts.eq(claim.attempts));
    Ok(on_each!(conn, |c| diesel::delete(row).execute(c))? > 0)
}

/// Takes out the texts to a number that nobody has handed over yet, and answers which they were.
pub(crate) fn withdraw(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<Vec<MessageId>, DbError> {
    let waiting = outbox::table
        .filter(outbox::team_number.eq(team_number.as_str()))
        .filter(outbox::number.eq(number.as_str()))
        .filter(outbox::held_until.is_null())
        .filter(outbox::unknown_since.is_null());
    let mut ids: Vec<i64> =
        on_each!(conn, |c| diesel::delete(waiting).returning(outbox::message_id).get_results(c))?;
    ids.sort_unstable();
    Ok(ids.into_iter().map(MessageId).collect())
}

/// What a worker needs to know before it does anything.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    /// When the next text is due that nobody holds, or is let go by who holds it.
    pub(super) due: Option<DateTime<Utc>>,
    /// Whether the gateway refuses our credentials.
    pub(super) refused: bool,
}

/// Looks at what there is to do.
pub(super) fn look(conn: &mut DbConnection) -> Result<Look, DbError> {
    let due = outbox::table
        .filter(outbox::held_until.is_null())
        .filter(not(is_overtaken()))
        .order((outbox::due_at, outbox::message_id))
        .select(outbox::due_at);
    let (due, held): (Option<Moment>, Option<Moment>) = on_each!(conn, |c| {
        let held = outbox::table.select(diesel::dsl::min(outbox::held_until)).first(c)?;
        Ok::<_, diesel::result::Error>((due.first(c).optional()?, held))
    })?;
    let due = due.into_iter().chain(held).map(DateTime::from).min();
    Ok(Look { due, refused: access::refused_since(conn)?.is_some() })
}

/// Number of rows whose times only a clock that has been set back since can have written.
pub(super) fn count_ahead(conn: &mut DbConnection, latest: Latest) -> Result<i64, DbError> {
    let held = outbox::table.filter(outbox::held_until.gt(Moment(latest.held_until)));
    let due =
        outbox::table.filter(outbox::held_until.is_null()).filter(outbox::due_at.gt(Moment(latest.due_at)));
    let tried = outbox::table.filter(outbox::unknown_since.gt(Moment(latest.unknown_since)));
    let counted: QueryResult<[i64; 3]> = on_each!(conn, |c| {
        Ok([held.count().get_result(c)?, due.count().get_result(c)?, tried.count().get_result(c)?])
    });
    Ok(counted?.iter().sum())
}

/// Brings those rows' times back: messages are due now, claims last as long as new ones, and a message that may be at
/// the gateway is looked for from `since` on.
pub(super) fn clamp_ahead(
    conn: &mut DbConnection,
    latest: Latest,
    since: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let held = outbox::table.filter(outbox::held_until.gt(Moment(latest.held_until)));
    let due =
        outbox::table.filter(outbox::held_until.is_null()).filter(outbox::due_at.gt(Moment(latest.due_at)));
    let tried = || outbox::table.filter(outbox::unknown_since.gt(Moment(latest.unknown_since)));
    let tried_late = tried().filter(outbox::tried_at.gt(Moment(now)));
    let tried_due = tried().filter(outbox::held_until.is_null());
    let now_due = || outbox::due_at.eq(Moment(now));
    on_each!(conn, |c| {
        diesel::update(held).set(outbox::held_until.eq(Moment(latest.held_until))).execute(c)?;
        diesel::update(due).set(now_due()).execute(c)?;
        diesel::update(tried_due).set(now_due()).execute(c)?;
        diesel::update(tried_late).set(outbox::tried_at.eq(Moment(now))).execute(c)?;
        diesel::update(tried()).set(outbox::unknown_since.eq(Moment(since))).execute(c)
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

/// How many texts wait, and since when the oldest has.
pub(crate) fn depth(conn: &mut DbConnection) -> Result<(i64, Option<DateTime<Utc>>), DbError> {
    let (count, first): (i64, Option<i64>) = on_each!(conn, |c| outbox::table
        .select((diesel::dsl::count_star(), diesel::dsl::min(outbox::message_id)))
        .first(c))?;
    let Some(first) = first else { return Ok((count, None)) };
    let oldest: Option<Moment> =
        on_each!(conn, |c| messages::table.find(first).select(messages::created_at).first(c).optional())?;
    Ok((count, oldest.map(DateTime::from)))
}
