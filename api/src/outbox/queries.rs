//! The outbox in the database.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{PhoneNumber, ids::MessageId, message::MessageStatus};

use crate::db::{
    DbConnection, DbError, Moment, Words, on_each,
    schema::{messages, outbox},
};

diesel::alias!(outbox as earlier: Earlier);

/// A text that this worker holds.
#[derive(Clone, Debug)]
pub(super) struct Claimed {
    pub(super) message: MessageId,
    pub(super) from: PhoneNumber,
    pub(super) to: PhoneNumber,
    pub(super) body: String,
    /// How often it has been tried, this time included.
    pub(super) attempts: i32,
    /// Since when it may be at the gateway without our knowing.
    pub(super) unknown_since: Option<DateTime<Utc>>,
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

/// Takes up to `limit` due texts that nobody holds, oldest first, and holds them until `until`. A text waits for every
/// earlier one to the same number, so that they arrive in the order in which they were written.
pub(super) fn claim(
    conn: &mut DbConnection,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Claimed>, DbError> {
    type Columns = (i64, Words<PhoneNumber>, Words<PhoneNumber>, i32, Option<Moment>);
    let overtakes = earlier
        .filter(earlier.field(outbox::team_number).eq(outbox::team_number))
        .filter(earlier.field(outbox::number).eq(outbox::number))
        .filter(earlier.field(outbox::message_id).lt(outbox::message_id));
    let due = outbox::table
        .filter(outbox::due_at.le(Moment(now)))
        .filter(outbox::held_until.is_null().or(outbox::held_until.le(Moment(now))))
        .filter(not(exists(overtakes)))
        .order((outbox::due_at, outbox::message_id))
        .limit(limit)
        .select((
            outbox::message_id,
            outbox::team_number,
            outbox::number,
            outbox::attempts,
            outbox::unknown_since,
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
    let bodies: Vec<(i64, String)> = on_each!(conn, |c| messages::table
        .filter(messages::id.eq_any(&ids))
        .select((messages::id, messages::body))
        .load(c))?;
    let mut bodies: HashMap<i64, String> = bodies.into_iter().collect();
    on_each!(conn, |c| diesel::update(outbox::table.filter(outbox::message_id.eq_any(&ids)))
        .set((
            outbox::held_until.eq(Moment(until)),
            outbox::attempts.eq(outbox::attempts + 1),
            outbox::unknown_since.eq(diesel::dsl::case_when(
                outbox::unknown_since.is_null(),
                Some(Moment(now)).into_sql::<diesel::sql_types::Nullable<crate::db::UtcTimestamp>>(),
            )
            .otherwise(outbox::unknown_since)),
        ))
        .execute(c))?;
    on_each!(conn, |c| diesel::update(messages::table.filter(messages::id.eq_any(&ids)))
        .filter(messages::status.eq(Words(MessageStatus::Queued)))
        .set(messages::status.eq(Words(MessageStatus::Sending)))
        .execute(c))?;
    Ok(rows
        .into_iter()
        .filter_map(|(message, Words(from), Words(to), attempts, unknown)| {
            Some(Claimed {
                message: MessageId(message),
                from,
                to,
                body: bodies.remove(&message)?,
                attempts: attempts + 1,
                unknown_since: unknown.map(DateTime::from),
            })
        })
        .collect())
}

/// Lets go of a text until `due`. `known` says that it is certainly not at the gateway.
pub(super) fn put_back(
    conn: &mut DbConnection,
    message: MessageId,
    due: DateTime<Utc>,
    known: bool,
) -> Result<(), DbError> {
    let row = outbox::table.find(message.0);
    on_each!(conn, |c| diesel::update(row)
        .set((outbox::held_until.eq(None::<Moment>), outbox::due_at.eq(Moment(due))))
        .execute(c))?;
    if known {
        on_each!(conn, |c| diesel::update(row).set(outbox::unknown_since.eq(None::<Moment>)).execute(c))?;
    }
    Ok(())
}

/// Takes a settled text out; `false` when it was out already.
pub(crate) fn delete(conn: &mut DbConnection, message: MessageId) -> Result<bool, DbError> {
    let deleted = on_each!(conn, |c| diesel::delete(outbox::table.find(message.0)).execute(c))?;
    Ok(deleted > 0)
}

/// Takes out the texts to a number that nobody has handed over yet, and answers which they were.
pub(crate) fn withdraw(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
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

/// Makes every waiting text due now: the gateway is back.
pub(super) fn make_due(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(outbox::table.filter(outbox::held_until.is_null()))
        .filter(outbox::due_at.gt(Moment(now)))
        .set(outbox::due_at.eq(Moment(now)))
        .execute(c))?;
    Ok(())
}

/// When the next text is due that nobody holds, or is let go by who holds it.
pub(super) fn next_due(conn: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    let (due, held): (Option<Moment>, Option<Moment>) = on_each!(conn, |c| {
        let due = outbox::table
            .filter(outbox::held_until.is_null())
            .select(diesel::dsl::min(outbox::due_at))
            .first(c)?;
        let held = outbox::table.select(diesel::dsl::min(outbox::held_until)).first(c)?;
        Ok::<_, diesel::result::Error>((due, held))
    })?;
    Ok(due.into_iter().chain(held).map(DateTime::from).min())
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
