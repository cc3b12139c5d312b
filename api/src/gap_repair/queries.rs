//! Queries for the comparison with the gateway's lists.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::PhoneNumber;

use crate::db::{
    AsText, DbConnection, DbError, IsSent, Timestamp, on_each,
    schema::{conversations, messages, team_numbers},
};

/// A number, and the time, by the gateway's clock, up to which its list has been compared.
pub(super) type ComparedNumber = (PhoneNumber, Option<DateTime<Utc>>);

/// Returns every number of every team.
pub(super) fn numbers(conn: &mut DbConnection) -> Result<Vec<ComparedNumber>, DbError> {
    let rows: Vec<(AsText<PhoneNumber>, Option<Timestamp>)> = on_each!(conn, |c| team_numbers::table
        .order(team_numbers::number)
        .select((team_numbers::number, team_numbers::compared_until))
        .load(c))?;
    Ok(rows.into_iter().map(|(AsText(number), until)| (number, until.map(DateTime::from))).collect())
}

/// Records that a number's list has been compared up to this time. Does nothing if another replica has compared
/// further.
pub(super) fn set_compared(
    conn: &mut DbConnection,
    number: &PhoneNumber,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    let until = Some(Timestamp(until));
    let behind = team_numbers::compared_until.is_null().or(team_numbers::compared_until.lt(until));
    on_each!(conn, |c| diesel::update(
        team_numbers::table.filter(team_numbers::number.eq(number.as_str())).filter(behind)
    )
    .set(team_numbers::compared_until.eq(until))
    .execute(c))?;
    Ok(())
}

/// Returns those of the gateway's ids that belong to no stored message.
pub(super) fn missing(
    conn: &mut DbConnection,
    mut gateway_ids: BTreeSet<String>,
) -> Result<BTreeSet<String>, DbError> {
    let stored: Vec<Option<String>> = on_each!(conn, |c| messages::table
        .filter(messages::gateway_id.eq_any(&gateway_ids))
        .select(messages::gateway_id)
        .load(c))?;
    for id in stored.into_iter().flatten() {
        gateway_ids.remove(&id);
    }
    Ok(gateway_ids)
}

/// An outbound message: the number that it was sent from, its gateway id, and when it was written.
pub(super) type Unfinished = (PhoneNumber, String, DateTime<Utc>);

/// Returns the outbound messages, written since a time, that the gateway has accepted and that have no final status.
pub(super) fn unfinished(conn: &mut DbConnection, since: DateTime<Utc>) -> Result<Vec<Unfinished>, DbError> {
    let rows: Vec<(AsText<PhoneNumber>, Option<String>, Timestamp)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(IsSent)
        .filter(messages::created_at.ge(Timestamp(since)))
        .select((conversations::team_number, messages::gateway_id, messages::created_at))
        .load(c))?;
    let with_gateway_id =
        |(AsText(number), id, Timestamp(at)): (_, Option<String>, _)| Some((number, id?, at));
    Ok(rows.into_iter().filter_map(with_gateway_id).collect())
}
