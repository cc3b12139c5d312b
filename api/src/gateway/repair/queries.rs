//! What is compared with the gateway's lists, and how far they have been.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::PhoneNumber;

use crate::db::{
    DbConnection, DbError, IsSent, Moment, Words, on_each,
    schema::{conversations, messages, team_numbers},
};

/// A number, and up to when its list has been compared, by the gateway's clock.
pub(super) type Compared = (PhoneNumber, Option<DateTime<Utc>>);

/// Every number of every team.
pub(super) fn numbers(conn: &mut DbConnection) -> Result<Vec<Compared>, DbError> {
    let rows: Vec<(Words<PhoneNumber>, Option<Moment>)> = on_each!(conn, |c| team_numbers::table
        .order(team_numbers::number)
        .select((team_numbers::number, team_numbers::compared_until))
        .load(c))?;
    Ok(rows.into_iter().map(|(Words(number), until)| (number, until.map(DateTime::from))).collect())
}

/// A number's list has been compared up to this time; never back, for another desk may have been further.
pub(super) fn set_compared(
    conn: &mut DbConnection,
    number: &PhoneNumber,
    until: DateTime<Utc>,
) -> Result<(), DbError> {
    let until = Some(Moment(until));
    let behind = team_numbers::compared_until.is_null().or(team_numbers::compared_until.lt(until));
    on_each!(conn, |c| diesel::update(
        team_numbers::table.filter(team_numbers::number.eq(number.as_str())).filter(behind)
    )
    .set(team_numbers::compared_until.eq(until))
    .execute(c))?;
    Ok(())
}

/// Those of the gateway's messages that are not here.
pub(super) fn unknown(
    conn: &mut DbConnection,
    mut gateway_ids: BTreeSet<String>,
) -> Result<BTreeSet<String>, DbError> {
    let known: Vec<Option<String>> = on_each!(conn, |c| messages::table
        .filter(messages::gateway_id.eq_any(&gateway_ids))
        .select(messages::gateway_id)
        .load(c))?;
    for id in known.into_iter().flatten() {
        gateway_ids.remove(&id);
    }
    Ok(gateway_ids)
}

/// A text of ours: the number that it was sent from, the gateway's id, and when it was written.
pub(super) type Unfinished = (PhoneNumber, String, DateTime<Utc>);

/// Texts of ours that the gateway has and of which nothing more is known, written since a time.
pub(super) fn unfinished(conn: &mut DbConnection, since: DateTime<Utc>) -> Result<Vec<Unfinished>, DbError> {
    let rows: Vec<(Words<PhoneNumber>, Option<String>, Moment)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(IsSent)
        .filter(messages::created_at.ge(Moment(since)))
        .select((conversations::team_number, messages::gateway_id, messages::created_at))
        .load(c))?;
    let known = |(Words(number), id, Moment(at)): (_, Option<String>, _)| Some((number, id?, at));
    Ok(rows.into_iter().filter_map(known).collect())
}
