//! Database queries of conversations. [`find`] and [`find_for_update`] take the caller's scope. The other functions
//! take numbers, messages or ids that the caller has already checked, or that come from the gateway.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    CustomerAddress, PhoneNumber,
    account::AccountName,
    closure::Closure,
    conversation::{Attention, AttentionCode, Conversation, ConversationStatus, NextAction, Origin},
    ids::{AccountId, ClosureReasonId, ConversationId, TeamId},
    message::Message,
};

use super::{
    search_text::text_of,
    tags::queries::{PlacedTag, TagsOfConversation, in_order},
};
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, IsClosed, IsLive, Timestamp, for_update, on_each,
        schema::{accounts, conversation_texts, conversations},
    },
};

/// The name of the account that has the conversation.
#[diesel::dsl::auto_type(type_case = "PascalCase")]
fn assignee_name() -> _ {
    accounts::table
        .filter(accounts::id.nullable().eq(conversations::assigned_to))
        .select(accounts::display_name)
        .single_value()
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations)]
pub(crate) struct Row {
    id: i64,
    team_id: i64,
    team_number: AsText<PhoneNumber>,
    number: AsText<CustomerAddress>,
    reference: Option<String>,
    name: Option<String>,
    status: AsText<ConversationStatus>,
    origin: AsText<Origin>,
    next_action: Option<AsText<NextAction>>,
    waiting_since: Timestamp,
    last_message_at: Option<Timestamp>,
    attention_code: Option<String>,
    attention_text: Option<String>,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    closed_by: Option<String>,
    closure_reason: Option<String>,
    previous_id: Option<i64>,
    unread: i32,
    assigned_to: Option<i64>,
    #[diesel(select_expression = assignee_name())]
    #[diesel(select_expression_type = AssigneeName)]
    assignee: Option<String>,
    snoozed_until: Option<Timestamp>,
    #[diesel(select_expression = TagsOfConversation)]
    #[diesel(select_expression_type = TagsOfConversation)]
    tags: AsText<Vec<PlacedTag>>,
}

impl From<Row> for Conversation {
    fn from(row: Row) -> Self {
        let code = row.attention_code.and_then(|code| AttentionCode::parse(&code));
        Self {
            id: ConversationId(row.id),
            team_id: TeamId(row.team_id),
            team_number: row.team_number.0,
            can_reply: row.number.0.phone().is_some(),
            number: row.number.0,
            reference: row.reference,
            name: row.name,
            status: row.status.0,
            origin: row.origin.0,
            next_action: row.next_action.map(|AsText(action)| action),
            waiting_since: row.waiting_since.0,
            last_message_at: row.last_message_at.map(DateTime::from),
            attention: code.zip(row.attention_text).map(|(code, text)| Attention { code, text }),
            opened_at: row.opened_at.0,
            closed_at: row.closed_at.map(DateTime::from),
            closed_by: row.closed_by,
            closure_reason: row.closure_reason,
            previous_id: row.previous_id.map(ConversationId),
            unread: row.unread,
            assigned_to: row
                .assigned_to
                .zip(row.assignee)
                .map(|(id, name)| AccountName { id: AccountId(id), name }),
            snoozed_until: row.snoozed_until.map(DateTime::from),
            tags: in_order(row.tags.0),
        }
    }
}

/// Returns a conversation, if it is in the scope.
pub(crate) fn find(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: ConversationId,
) -> Result<Option<Conversation>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| conversations::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Conversation::from).filter(|conversation| scope.includes(conversation.team_id)))
}

/// Returns those of the conversations that exist, in any order.
pub(crate) fn by_ids(conn: &mut DbConnection, ids: &[i64]) -> Result<Vec<Conversation>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::id.eq_any(ids))
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns a conversation, if it is in the scope, and locks it until the transaction ends.
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

/// Returns the conversation of a message, and locks it until the transaction ends. Takes no scope, because a receipt
/// from the gateway belongs to no caller.
pub(super) fn of_message_for_update(
    conn: &mut DbConnection,
    message: &Message,
) -> Result<Conversation, DbError> {
    let row: Row = for_update!(
        conn,
        conversations::table.filter(conversations::id.eq(message.conversation_id.0)).select(Row::as_select()),
        |query, c| query.first(c)
    )?;
    Ok(row.into())
}

/// The live (not closed) conversation of two numbers (rule 1), as a part of a larger query.
#[diesel::dsl::auto_type(no_type_alias)]
pub(super) fn live<'a>(team_number: &'a str, number: &'a str) -> _ {
    conversations::table
        .filter(conversations::team_number.eq(team_number))
        .filter(conversations::number.eq(number))
        .filter(IsLive)
}

/// Returns the live (not closed) conversation of two numbers (rule 1), and locks it until the transaction ends.
pub(crate) fn live_for_update(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<Option<Conversation>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        live(team_number.as_str(), number.as_str()).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Conversation::from))
}

/// Returns the live conversations of a customer with a team: at most one for each team number.
pub(crate) fn live_in_team(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<Vec<Conversation>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq_any(as_strings(team_numbers)))
        .filter(conversations::number.eq(number.as_str()))
        .filter(IsLive)
        .order(conversations::id.desc())
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

/// Returns the team number of the last closed conversation of a customer with a team.
pub(crate) fn last_team_number(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<Option<PhoneNumber>, DbError> {
    let last: Option<AsText<PhoneNumber>> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq_any(as_strings(team_numbers)))
        .filter(conversations::number.eq(number.as_str()))
        .filter(IsClosed)
        .order(conversations::closed_at.desc())
        .select(conversations::team_number)
        .first(c)
        .optional())?;
    Ok(last.map(|AsText(number)| number))
}

/// Returns the conversations of all teams that started in a period, after the conversation with this time and id, oldest
/// first.
pub(crate) fn started_between(
    conn: &mut DbConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    after: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<Conversation>, DbError> {
    let (start, last_id) = after.unwrap_or((from, i64::MIN));
    let start = Timestamp(start);
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::opened_at.ge(start))
        .filter(conversations::opened_at.lt(Timestamp(to)))
        .filter(conversations::opened_at.gt(start).or(conversations::id.gt(last_id)))
        .order((conversations::opened_at, conversations::id))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Conversation::from).collect())
}

fn as_strings(numbers: &[PhoneNumber]) -> Vec<&str> {
    numbers.iter().map(PhoneNumber::as_str).collect()
}

/// Returns the last closed conversation of two numbers in this team.
pub(super) fn previous(
    conn: &mut DbConnection,
    team: TeamId,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<Option<ConversationId>, DbError> {
    let id: Option<i64> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq(team_number.as_str()))
        .filter(conversations::number.eq(number.as_str()))
        // The number may have belonged to another team.
        .filter(conversations::team_id.eq(team.0))
        .filter(IsClosed)
        .order((conversations::closed_at.desc(), conversations::id.desc()))
        .select(conversations::id)
        .first(c)
        .optional())?;
    Ok(id.map(ConversationId))
}

/// Returns the conversation that followed a closed one: a live one, or else a closed one.
pub(super) fn next(
    conn: &mut DbConnection,
    closed: &Conversation,
) -> Result<Option<ConversationId>, DbError> {
    let (team_number, number) = (closed.team_number.as_str(), closed.number.as_str());
    // Two statements, so that each can use its partial index.
    let live: Option<i64> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq(team_number))
        .filter(conversations::number.eq(number))
        .filter(conversations::previous_id.eq(closed.id.0))
        .filter(IsLive)
        .select(conversations::id)
        .first(c)
        .optional())?;
    if live.is_some() {
        return Ok(live.map(ConversationId));
    }
    let id: Option<i64> = on_each!(conn, |c| conversations::table
        .filter(conversations::team_number.eq(team_number))
        .filter(conversations::number.eq(number))
        .filter(conversations::previous_id.eq(closed.id.0))
        .filter(IsClosed)
        .select(conversations::id)
        .first(c)
        .optional())?;
    Ok(id.map(ConversationId))
}

/// Updates the customer's reference and name in a live conversation, for the queue and for search.
pub(crate) fn rename(
    conn: &mut DbConnection,
    id: ConversationId,
    number: &CustomerAddress,
    reference: &str,
    name: &str,
) -> Result<(), DbError> {
    let changes = (conversations::reference.eq(reference), conversations::name.eq(name));
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    let text = text_of(number, Some(reference), Some(name));
    on_each!(conn, |c| diesel::update(conversation_texts::table.find(id.0))
        .set(conversation_texts::text.eq(text))
        .execute(c))?;
    Ok(())
}

/// Closes a conversation. Triggers reject every later write. `closed_by` is the account, or `None` for an API key.
pub(super) fn close(
    conn: &mut DbConnection,
    id: ConversationId,
    closure: &Closure,
    closed_by: Option<AccountId>,
) -> Result<(), DbError> {
    let changes = (
        conversations::status.eq(AsText(ConversationStatus::Closed)),
        conversations::next_action.eq(None::<String>),
        conversations::closed_at.eq(Timestamp(closure.closed_at)),
        conversations::active_at.eq(Timestamp(closure.closed_at)),
        conversations::closed_by.eq(&closure.closed_by),
        conversations::closed_by_id.eq(closed_by.map(|id| id.0)),
        conversations::closure_reason_id.eq(closure.closure_reason_id.0),
        conversations::closure_reason.eq(&closure.closure_reason),
        conversations::closure_note.eq(&closure.note),
        conversations::cancelled_messages.eq(closure.cancelled_messages),
        conversations::snoozed_until.eq(None::<Timestamp>),
    );
    on_each!(conn, |c| diesel::update(conversations::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Returns the closure of a conversation; `None` if it is not closed.
pub(super) fn closure(conn: &mut DbConnection, id: ConversationId) -> Result<Option<Closure>, DbError> {
    type Columns = (Option<i64>, Option<String>, Option<String>, Option<String>, Option<Timestamp>, i32);
    let (reason_id, reason, note, closed_by, closed_at, cancelled_messages): Columns =
        on_each!(conn, |c| conversations::table
            .find(id.0)
            .select((
                conversations::closure_reason_id,
                conversations::closure_reason,
                conversations::closure_note,
                conversations::closed_by,
                conversations::closed_at,
                conversations::cancelled_messages,
            ))
            .first(c))?;
    let Some((((id, closure_reason), closed_by), Timestamp(closed_at))) =
        reason_id.zip(reason).zip(closed_by).zip(closed_at)
    else {
        return Ok(None);
    };
    Ok(Some(Closure {
        closure_reason_id: ClosureReasonId(id),
        closure_reason,
        note,
        closed_by,
        closed_at,
        cancelled_messages,
    }))
}
