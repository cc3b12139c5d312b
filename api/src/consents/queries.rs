//! The consent ledger in the database: rows are appended and never changed, which triggers see to.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    CustomerAddress, PhoneNumber,
    consent::{Consent, ConsentSource, ConsentState},
    ids::{ConsentId, MessageId},
    message::{Direction, Sender, SenderKind},
};

use super::keyword::{Keyword, keyword};
use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, Moment, Words, on_each,
        schema::{consents, conversations, messages, team_numbers},
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = consents)]
struct Row {
    id: i64,
    team_number: Words<PhoneNumber>,
    number: Words<CustomerAddress>,
    state: Words<ConsentState>,
    source: Words<ConsentSource>,
    by_kind: Words<SenderKind>,
    by_id: Option<i64>,
    by_name: Option<String>,
    message_id: Option<i64>,
    note: Option<String>,
    created_at: Moment,
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

/// An entry that is about to be appended.
#[derive(Clone, Debug)]
pub(super) struct NewRow<'a> {
    pub(super) team_number: &'a PhoneNumber,
    pub(super) number: &'a CustomerAddress,
    pub(super) state: ConsentState,
    pub(super) source: ConsentSource,
    pub(super) by: &'a Sender,
    pub(super) message: Option<MessageId>,
    pub(super) note: Option<&'a str>,
}

pub(super) fn insert(
    conn: &mut DbConnection,
    new: &NewRow<'_>,
    now: DateTime<Utc>,
) -> Result<Consent, DbError> {
    let values = (
        consents::team_number.eq(new.team_number.as_str()),
        consents::number.eq(new.number.as_str()),
        consents::state.eq(Words(new.state)),
        consents::source.eq(Words(new.source)),
        consents::by_kind.eq(Words(new.by.kind)),
        consents::by_id.eq(new.by.id),
        consents::by_name.eq(&new.by.name),
        consents::message_id.eq(new.message.map(|id| id.0)),
        consents::note.eq(new.note),
        consents::created_at.eq(Moment(now)),
    );
    let row: Row = on_each!(conn, |c| diesel::insert_into(consents::table)
        .values(values)
        .returning(Row::as_returning())
        .get_result(c))?;
    Ok(row.into())
}

/// The last word of a number on a team number's texts; one that was recovered late counts from when it was written.
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

/// The last text after a time in which a customer opts in, and when they wrote it.
pub(super) fn opted_in_after(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
    after: DateTime<Utc>,
) -> Result<Option<(MessageId, DateTime<Utc>)>, DbError> {
    let texts: Vec<(i64, String, Moment)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(conversations::team_number.eq(team_number.as_str()))
        .filter(conversations::number.eq(number.as_str()))
        .filter(messages::direction.eq(Words(Direction::Inbound)))
        .filter(messages::created_at.gt(Moment(after)))
        .order((messages::created_at.desc(), messages::id.desc()))
        .select((messages::id, messages::body, messages::created_at))
        .load(c))?;
    let mut opting_in = texts.into_iter().filter(|(_, body, _)| keyword(body) == Some(Keyword::OptIn));
    Ok(opting_in.next().map(|(id, _, Moment(at))| (MessageId(id), at)))
}

/// The entries about the numbers of the scope's teams, newest first, before one of them; of one number if it is named.
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
