//! Conversations in the database. Lists take the caller's scope; single rows are looked up by [`find`], which takes it
//! too, or by what the gateway names.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    PhoneNumber,
    closure::Closure,
    conversation::{Attention, Conversation, ConversationStatus, Counts, NextAction, Origin},
    ids::{AccountId, ClosureReasonId, ConversationId, TeamId},
};

use super::{
    conversation::State,
    cursor::{QueueCursor, TimeCursor},
};
use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, IsClosed, IsLive, IsOpen, IsPending, Moment, Words, for_update, on_each,
        schema::conversations,
    },
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations)]
struct Row {
    id: i64,
    team_id: i64,
    team_number: Words<PhoneNumber>,
    number: Words<PhoneNumber>,
    reference: Option<String>,
    name: Option<String>,
    status: Words<ConversationStatus>,
    origin: Words<Origin>,
    next_action: Option<Words<NextAction>>,
    waiting_since: Moment,
    last_message_at: Option<Moment>,
    attention_code: Option<String>,
    attention_text: Option<String>,
    opened_at: Moment,
    closed_at: Option<Moment>,
    closed_by: Option<String>,
    closure_reason: Option<String>,
    previous_id: Option<i64>,
    unread: i32,
}

impl From<Row> for Conversation {
    fn from(row: Row) -> Self {
        let attention = row.attention_code.zip(row.attention_text);
        Self {
            id: ConversationId(row.id),
            team_id: TeamId(row.team_id),
            team_number: row.team_number.0,
            number: row.number.0,
            reference: row.reference,
            name: row.name,
            status: row.status.0,
            origin: row.origin.0,
            next_action: row.next_action.map(|Words(action)| action),
            waiting_since: row.waiting_since.0,
            last_message_at: row.last_message_at.map(DateTime::from),
            attention: attention.map(|(code, text)| Attention { code, text }),
            opened_at: row.opened_at.0,
            closed_at: row.closed_at.map(DateTime::from),
            closed_by: row.closed_by,
            closure_reason: row.closure_reason,
            previous_id: row.previous_id.map(ConversationId),
            unread: row.unread,
        }
    }
}

/// One conversation, if it is in the scope.
pub(crate) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
) -> Result<Option<Conversation>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| conversations::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Conversation::from).filter(|conversation| scope.includes(conversation.team_id)))
}

/// One conversation, locked until the transaction ends, if it is in the scope.
pub(crate) fn find_for_update(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
) -> Result<Option<Conversation>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        conversations::table.filter(conversations::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Conversation::from).filter(|conversation| scope.includes(conversation.team_id)))
}

/// The conversation of two numbers that is not closed (rule 1: at most one), locked until the transaction ends.
pub(super) fn live_for_update(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
) -> Result<Option<Conversation>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        conversations::table
            .filter(conversations::team_number.eq(team_number.as_str()))
            .filter(conversations::number.eq(number.as_str()))
            .filter(IsLive)
            .select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Conversation::from))
}

/// The conversation that two numbers held last.
pub(super) fn previous(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &PhoneNumber,
) -> Result<Option<ConversationId>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq(team_number.as_str()))
        .filter(conversations::number.eq(number.as_str()))
        .filter(IsClosed)
        .order((conversations::closed_at.desc(), conversations::id.desc()))
        .select(conversations::id)
        .first(c)
        .optional())?;
    Ok(id.map(ConversationId))
}

/// A conversation that is about to begin.
pub(crate) struct NewConversation<'a> {
    pub(crate) team: TeamId,
    pub(crate) team_number: &'a PhoneNumber,
    pub(crate) number: &'a PhoneNumber,
    /// Reference and name, when exactly one customer of the daily file has the number.
    pub(crate) customer: Option<(String, String)>,
    pub(crate) origin: Origin,
    pub(crate) previous: Option<ConversationId>,
}

/// Begins a conversation, unless the two numbers hold one already (rule 1): then `None`.
pub(crate) fn insert(
    conn: &mut DbConnection,
    new: NewConversation<'_>,
    state: &State,
    now: DateTime<Utc>,
) -> Result<Option<ConversationId>, DbError> {
    let (reference, name) = new.customer.unzip();
    let values = (
        conversations::team_id.eq(new.team.0),
        conversations::team_number.eq(new.team_number.as_str()),
        conversations::number.eq(new.number.as_str()),
        conversations::reference.eq(reference),
        conversations::name.eq(name),
        conversations::status.eq(Words(state.status)),
        conversations::origin.eq(Words(new.origin)),
        conversations::next_action.eq(state.next_action.map(Words)),
        conversations::waiting_since.eq(Moment(state.waiting_since)),
        conversations::last_message_at.eq(state.last_message_at.map(Moment)),
        conversations::opened_at.eq(Moment(now)),
        conversations::previous_id.eq(new.previous.map(|id| id.0)),
        conversations::unread.eq(state.unread),
    );
    let id: Option<i64> = on_each!(conn, |c| diesel::insert_into(conversations::table)
        .values(values)
        .on_conflict_do_nothing()
        .returning(conversations::id)
        .get_result(c)
        .optional())?;
    Ok(id.map(ConversationId))
}

/// Writes what has changed of a conversation that lives on.
pub(crate) fn update_state(
    conn: &mut DbConnection,
    id: ConversationId,
    state: &State,
) -> Result<(), DbError> {
    let (code, text) = state.attention.as_ref().map(|a| (a.code.as_str(), a.text.as_str())).unzip();
    let changes = (
        conversations::status.eq(Words(state.status)),
        conversations::next_action.eq(state.next_action.map(Words)),
        conversations::waiting_since.eq(Moment(state.waiting_since)),
        conversations::last_message_at.eq(state.last_message_at.map(Moment)),
        conversations::attention_code.eq(code),
        conversations::attention_text.eq(text),
        conversations::unread.eq(state.unread),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Closes a conversation: the last write that it takes.
pub(super) fn close(
    conn: &mut DbConnection,
    id: ConversationId,
    closure: &Closure,
    closed_by: AccountId,
) -> Result<(), DbError> {
    let changes = (
        conversations::status.eq(Words(ConversationStatus::Closed)),
        conversations::next_action.eq(None::<String>),
        conversations::closed_at.eq(Moment(closure.closed_at)),
        conversations::closed_by.eq(&closure.closed_by),
        conversations::closed_by_id.eq(closed_by.0),
        conversations::closure_reason_id.eq(closure.closure_reason_id.0),
        conversations::closure_reason.eq(&closure.closure_reason),
        conversations::closure_note.eq(&closure.note),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// How a conversation was closed; `None` while it lives.
pub(super) fn closure(conn: &mut DbConnection, id: ConversationId) -> Result<Option<Closure>, DbError> {
    type Columns = (Option<i64>, Option<String>, Option<String>, Option<String>, Option<Moment>);
    let (reason_id, reason, note, closed_by, closed_at): Columns = on_each!(conn, |c| conversations::table
        .find(id.0)
        .select((
            conversations::closure_reason_id,
            conversations::closure_reason,
            conversations::closure_note,
            conversations::closed_by,
            conversations::closed_at,
        ))
        .first(c))?;
    let Some((((id, closure_reason), closed_by), Moment(closed_at))) =
        reason_id.zip(reason).zip(closed_by).zip(closed_at)
    else {
        return Ok(None);
    };
    Ok(Some(Closure { closure_reason_id: ClosureReasonId(id), closure_reason, note, closed_by, closed_at }))
}

/// How many of a team's conversations in progress wait for whom. Two counts of an index range cost half of one
/// `GROUP BY`.
pub(super) fn counts(conn: &mut DbConnection, team: TeamId) -> Result<Counts, DbError> {
    let mut count = |action: NextAction| -> Result<i64, DbError> {
        Ok(on_each!(conn, |c| conversations::table
            .filter(conversations::team_id.eq(team.0))
            .filter(conversations::next_action.eq(Words(action)))
            .filter(IsOpen)
            .count()
            .get_result(c))?)
    };
    Ok(Counts { agent: count(NextAction::Agent)?, customer: count(NextAction::Customer)? })
}

/// A team's conversations with this next action, those that wait longest first, from `after` on. One seek in the index
/// `conversations_queue`.
pub(super) fn waiting_for(
    conn: &mut DbConnection,
    team: TeamId,
    action: NextAction,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (since, id) = after.map_or((DateTime::UNIX_EPOCH, 0), |cursor| (cursor.waiting_since, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::next_action.eq(Words(action)))
        .filter(conversations::waiting_since.ge(Moment(since)))
        .filter(conversations::waiting_since.gt(Moment(since)).or(conversations::id.gt(id)))
        .filter(IsOpen)
        .order((conversations::waiting_since, conversations::id))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Later than any time that a database keeps here.
const END_OF_TIME: DateTime<Utc> = match DateTime::from_timestamp(253_402_300_799, 0) {
    Some(time) => time,
    None => DateTime::UNIX_EPOCH,
};

/// A team's closed conversations, newest first, from `after` on.
pub(super) fn closed(
    conn: &mut DbConnection,
    team: TeamId,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::closed_at.le(Moment(at)))
        .filter(conversations::closed_at.lt(Moment(at)).or(conversations::id.nullable().lt(id)))
        .filter(IsClosed)
        .order((conversations::closed_at.desc(), conversations::id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// A team's pending conversations, newest first, from `after` on.
pub(super) fn pending(
    conn: &mut DbConnection,
    team: TeamId,
    after: Option<&TimeCursor>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (at, id) = after.map_or((END_OF_TIME, 0), |cursor| (cursor.at, cursor.id.0));
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_id.eq(team.0))
        .filter(conversations::opened_at.le(Moment(at)))
        .filter(conversations::opened_at.lt(Moment(at)).or(conversations::id.lt(id)))
        .filter(IsPending)
        .order((conversations::opened_at.desc(), conversations::id.desc()))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}
