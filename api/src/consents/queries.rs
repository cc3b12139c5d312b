//! Database queries of the consent ledger. Triggers in both databases make it append-only.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    CustomerAddress, PhoneNumber,
    consent::{Consent, ConsentSource, ConsentState},
    ids::{ConsentId, MessageId},
    message::{Direction, Sender, SenderKind},
};

use super::{
    erased::ErasedNumber,
    keyword::{Keyword, keyword},
};
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, Timestamp, on_each,
        schema::{consents, conversations, messages, team_numbers},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = consents)]
struct Row {
    id: i64,
    team_number: AsText<PhoneNumber>,
    number: AsText<CustomerAddress>,
    state: AsText<ConsentState>,
    source: AsText<ConsentSource>,
    by_kind: AsText<SenderKind>,
    by_id: Option<i64>,
    by_name: Option<String>,
    message_id: Option<i64>,
    note: Option<String>,
    created_at: Timestamp,
}

impl From<Row> for Consent {
    fn from(row: Row) -> Self {
        Self {
            id: ConsentId(row.id),
            team_number: row.team_number.0,
            number: row.number.0,
            state: row.state.0,
            source: row.source.0,
            by: Sender { kind: row.by_kind.0, id: row.by_id, name: row.by_name },
            message_id: row.message_id.map(MessageId),
            note: row.note,
            created_at: row.created_at.0,
        }
    }
}

/// The values of a new entry.
#[derive(Clone, Debug)]
pub(crate) struct NewRow<'a> {
    pub(crate) team_number: &'a PhoneNumber,
    pub(crate) number: &'a CustomerAddress,
    pub(crate) state: ConsentState,
    pub(crate) source: ConsentSource,
    pub(crate) by: &'a Sender,
    pub(crate) message: Option<MessageId>,
    pub(crate) note: Option<&'a str>,
}

/// Appends an entry.
pub(crate) fn insert(
    conn: &mut DbConnection,
    new: &NewRow<'_>,
    now: DateTime<Utc>,
) -> Result<Consent, DbError> {
    let values = (
        consents::team_number.eq(new.team_number.as_str()),
        consents::number.eq(new.number.as_str()),
        consents::state.eq(AsText(new.state)),
        consents::source.eq(AsText(new.source)),
        consents::by_kind.eq(AsText(new.by.kind)),
        consents::by_id.eq(new.by.id),
        consents::by_name.eq(&new.by.name),
        consents::message_id.eq(new.message.map(|id| id.0)),
        consents::note.eq(new.note),
        consents::created_at.eq(Timestamp(now)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(consents::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    Ok(row.into())
}

/// Returns the entry with this id.
pub(crate) fn by_id(conn: &mut DbConnection, id: ConsentId) -> Result<Option<Consent>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| consents::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Consent::from))
}

/// Returns the newest entry of a number for a team number. The entry of a recovered message has the time at which the
/// message was written.
pub(crate) fn last(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<Option<Consent>, DbError> {
    let row: Option<Row> = on_each!(conn, |c| consents::table
        .filter(consents::team_number.eq(team_number.as_str()))
        .filter(consents::number.eq(number.as_str()))
        .order((consents::created_at.desc(), consents::id.desc()))
        .select(Row::as_select())
        .first(c)
        .optional())?;
    Ok(row.map(Consent::from))
}

/// The state of the newest entry of a number for a team number, as a part of a larger query. See [`last`].
#[diesel::dsl::auto_type(no_type_alias)]
pub(crate) fn last_state<'a>(team_number: &'a str, number: &'a str) -> _ {
    consents::table
        .filter(consents::team_number.eq(team_number))
        .filter(consents::number.eq(number))
        .order((consents::created_at.desc(), consents::id.desc()))
        .select(consents::state)
        .single_value()
}

/// Whether the ledger has an opt-out under the keyed hash of an erased customer's number.
pub(super) fn has_opted_out_as(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    erased: &ErasedNumber,
) -> Result<bool, DbError> {
    let state: Option<AsText<ConsentState>> = on_each!(conn, |c| consents::table
        .filter(consents::team_number.eq(team_number.as_str()))
        .filter(consents::number.eq(erased.as_str()))
        .order((consents::created_at.desc(), consents::id.desc()))
        .select(consents::state)
        .first(c)
        .optional())?;
    Ok(state == Some(AsText(ConsentState::OptedOut)))
}

/// Returns the id and the time of the customer's last opt-in message after `after`.
pub(crate) fn opted_in_after(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
    after: DateTime<Utc>,
) -> Result<Option<(MessageId, DateTime<Utc>)>, DbError> {
    let inbound: Vec<(i64, String, Timestamp)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(conversations::team_number.eq(team_number.as_str()))
        .filter(conversations::number.eq(number.as_str()))
        .filter(messages::direction.eq(AsText(Direction::Inbound)))
        .filter(messages::created_at.gt(Timestamp(after)))
        .order((messages::created_at.desc(), messages::id.desc()))
        .select((messages::id, messages::body, messages::created_at))
        .load(c))?;
    let mut opting_in = inbound.into_iter().filter(|(_, body, _)| keyword(body) == Some(Keyword::OptIn));
    Ok(opting_in.next().map(|(id, _, Timestamp(at))| (MessageId(id), at)))
}

/// Returns entries for the team numbers in the scope, newest first. `before` and `number` limit them, if given.
pub(super) fn list(
    conn: &mut DbConnection,
    scope: &TeamScope,
    number: Option<&PhoneNumber>,
    before: Option<ConsentId>,
    limit: i64,
) -> Result<Vec<Consent>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = consents::table
            .filter(consents::id.lt(before.map_or(i64::MAX, |id| id.0)))
            .order(consents::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let Some(number) = number {
            found = found.filter(consents::number.eq(number.as_str()));
        }
        if let TeamScope::Only(teams) = scope {
            let teams: Vec<i64> = teams.iter().map(|team| team.0).collect();
            let numbers =
                team_numbers::table.filter(team_numbers::team_id.eq_any(teams)).select(team_numbers::number);
            found = found.filter(consents::team_number.eq_any(numbers));
        }
        found.load(c)
    })?;
    Ok(rows.into_iter().map(Consent::from).collect())
}
