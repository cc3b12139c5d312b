//! Claims due messages.

use chrono::{DateTime, Utc};
use diesel::{
    dsl::not,
    pg::Pg,
    prelude::*,
    query_builder::QueryFragment,
    sql_types::{Array, BigInt, Text},
    sqlite::Sqlite,
};
use shared::{PhoneNumber, ids::MessageId};

use super::{Claim, Claimed, UnknownOutcome};
use crate::{
    db::{
        AsText, DbConnection, DbError, Timestamp, UtcTimestamp,
        cached::{Cached, FixedSql},
        schema::{messages, outbox},
    },
    outbox::queries::has_earlier_message,
};

/// Claims up to `limit` due messages until `until`, oldest first. Skips those `in_flight`: this worker still holds
/// them, even if the clock says that their claims have expired. The first claim also records an attempt that may reach
/// the gateway, so that the message is looked up if the worker dies.
pub(in crate::outbox) fn claim(
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
    mark_claimed(conn, &ids, now, until)?;
    let claimed = rows.into_iter().filter_map(|row| {
        Some(Claimed {
            claim: Claim { message: MessageId(row.message_id), attempts: row.attempts + 1 },
            from: row.team_number.0,
            to: row.number.0,
            body: row.body?,
            written_at: row.written_at?.0,
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
    body: Option<String>,
    written_at: Option<Timestamp>,
}

/// Selects and locks due rows, oldest first, and skips those that another transaction has locked.
fn select_due(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    in_flight: &[MessageId],
    limit: usize,
) -> Result<Vec<DueRow>, DbError> {
    // Not a join: with statistics from a time when the outbox was empty, SQLite plans it as a scan of all messages.
    let message = || messages::table.filter(messages::id.eq(outbox::message_id));
    let due = outbox::table
        .filter(outbox::due_at.le(Timestamp(now)))
        .filter(outbox::held_until.is_null().or(outbox::held_until.le(Timestamp(now))))
        .filter(not(has_earlier_message()))
        .order((outbox::due_at, outbox::message_id))
        .limit(i64::try_from(limit + in_flight.len()).unwrap_or(0))
        .select((
            outbox::message_id,
            outbox::team_number,
            outbox::number,
            outbox::attempts,
            outbox::unknown_since,
            outbox::tried_at,
            message().select(messages::body).single_value(),
            message().select(messages::created_at).single_value(),
        ));
    let mut rows: Vec<DueRow> = match conn {
        DbConnection::Postgres(c) => due.for_update().skip_locked().load(c)?,
        DbConnection::Sqlite(c) => due.load(c)?,
    };
    // Not in the statement, whose text would then depend on the number of messages.
    rows.retain(|row| !in_flight.contains(&MessageId(row.message_id)));
    rows.truncate(limit);
    Ok(rows)
}

/// Marks messages as claimed until a time. The first claim of a message records an attempt that begins now.
struct MarkClaimed;
impl FixedSql for MarkClaimed {
    type Row = ();
    const SQL: &'static str = "UPDATE outbox SET held_until = {}, attempts = attempts + 1, \
        tried_at = CASE WHEN unknown_since IS NULL THEN {} ELSE tried_at END, \
        unknown_since = coalesce(unknown_since, {}) WHERE message_id {}";
}

/// Marks messages as being sent.
struct MarkSending;
impl FixedSql for MarkSending {
    type Row = ();
    const SQL: &'static str = "UPDATE messages SET status = 'sending' WHERE status = 'queued' AND id {}";
}

/// Both, in one statement (PostgreSQL).
struct MarkClaimedAndSending;
impl FixedSql for MarkClaimedAndSending {
    type Row = ();
    const SQL: &'static str = "WITH message AS ({}) {}";
}

/// A list of ids that does not change the text of a statement.
struct AmongIds;
impl FixedSql for AmongIds {
    type Row = ();
    const SQL: &'static str = "IN (SELECT value FROM json_each({}))";
}
struct AnyId;
impl FixedSql for AnyId {
    type Row = ();
    const SQL: &'static str = "= ANY({})";
}

/// Marks messages as claimed until `until`, and as being sent.
fn mark_claimed(
    conn: &mut DbConnection,
    ids: &[i64],
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    let until = Timestamp(until).into_sql::<UtcTimestamp>();
    let now = Timestamp(now).into_sql::<UtcTimestamp>();
    match conn {
        DbConnection::Postgres(c) => {
            let ids = ids.into_sql::<Array<BigInt>>();
            let among: [&dyn QueryFragment<Pg>; 1] = [&ids];
            let among = Cached::<AnyId, Pg>::new(&among);
            let claimed: [&dyn QueryFragment<Pg>; 4] = [&until, &now, &now, &among];
            let sending: [&dyn QueryFragment<Pg>; 1] = [&among];
            MarkClaimedAndSending::execute(
                c,
                &[&Cached::<MarkSending, Pg>::new(&sending), &Cached::<MarkClaimed, Pg>::new(&claimed)],
            )?;
        }
        DbConnection::Sqlite(c) => {
            let ids = AsText(ids).into_sql::<Text>();
            let among: [&dyn QueryFragment<Sqlite>; 1] = [&ids];
            let among = Cached::<AmongIds, Sqlite>::new(&among);
            MarkClaimed::execute(c, &[&until, &now, &now, &among])?;
            MarkSending::execute(c, &[&among])?;
        }
    }
    Ok(())
}
