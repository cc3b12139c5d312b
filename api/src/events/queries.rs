//! The event log in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    event::{Event, EventKind},
    ids::{AccountId, ConsentId, ConversationId, DailyFileId, EventId, MessageId, TeamId},
};

use crate::db::{AsText, DbConnection, DbError, Timestamp, note, on_each, schema::events};

/// Appends an event about a conversation. Call it in the transaction of the change.
pub(crate) fn insert(
    conn: &mut DbConnection,
    kind: EventKind,
    team: TeamId,
    conversation: ConversationId,
    message: Option<MessageId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    insert_with_account(conn, kind, team, conversation, message, None, now)
}

/// Appends an event about a conversation and an account. Call it in the transaction of the change.
pub(crate) fn insert_with_account(
    conn: &mut DbConnection,
    kind: EventKind,
    team: TeamId,
    conversation: ConversationId,
    message: Option<MessageId>,
    account: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let event = Event {
        team_id: Some(team),
        conversation_id: Some(conversation),
        message_id: message,
        account_id: account,
        ..new_event(kind, now)
    };
    append(conn, event)
}

/// Notes an event about a message that was appended by the statement that stored the message.
pub(crate) fn note_appended(
    id: EventId,
    kind: EventKind,
    team: TeamId,
    conversation: ConversationId,
    message: MessageId,
    account: Option<AccountId>,
    now: DateTime<Utc>,
) {
    note(Event {
        id,
        team_id: Some(team),
        conversation_id: Some(conversation),
        message_id: Some(message),
        account_id: account,
        ..new_event(kind, now)
    });
}

/// Appends an event about a team, or with `None` about something that belongs to all teams.
pub(crate) fn insert_of_team(
    conn: &mut DbConnection,
    kind: EventKind,
    team: Option<TeamId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    append(conn, Event { team_id: team, ..new_event(kind, now) })
}

/// Appends that consent has changed: an event about a conversation, or about a team if none is in progress.
pub(crate) fn insert_of_consent(
    conn: &mut DbConnection,
    team: TeamId,
    conversation: Option<ConversationId>,
    consent: ConsentId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let event = Event {
        team_id: Some(team),
        conversation_id: conversation,
        ..new_event(EventKind::ConsentChanged, now)
    };
    append_with(conn, event, Some(consent), None)
}

/// Appends that a daily file became the team's current one.
pub(crate) fn insert_of_daily_file(
    conn: &mut DbConnection,
    team: TeamId,
    file: DailyFileId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    append_with(
        conn,
        Event { team_id: Some(team), ..new_event(EventKind::TeamChanged, now) },
        None,
        Some(file),
    )
}

/// Appends that an account changed (its permissions, its teams, or whether it is disabled), or with `None` that an API
/// key changed.
pub(crate) fn insert_of_account(
    conn: &mut DbConnection,
    account: Option<AccountId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    append(conn, Event { account_id: account, ..new_event(EventKind::AccountChanged, now) })
}

/// An event without a position, about nothing yet.
fn new_event(kind: EventKind, at: DateTime<Utc>) -> Event {
    Event {
        id: EventId(0),
        kind,
        team_id: None,
        conversation_id: None,
        message_id: None,
        account_id: None,
        at,
    }
}

/// Appends the event to the log, and notes it for those who observe commits.
fn append(conn: &mut DbConnection, event: Event) -> Result<(), DbError> {
    append_with(conn, event, None, None)
}

/// Like [`append`]. The webhooks send the consent or the daily file; the streams name neither.
fn append_with(
    conn: &mut DbConnection,
    event: Event,
    consent: Option<ConsentId>,
    file: Option<DailyFileId>,
) -> Result<(), DbError> {
    let values = (
        events::kind.eq(AsText(event.kind)),
        events::team_id.eq(event.team_id.map(|id| id.0)),
        events::conversation_id.eq(event.conversation_id.map(|id| id.0)),
        events::message_id.eq(event.message_id.map(|id| id.0)),
        events::account_id.eq(event.account_id.map(|id| id.0)),
        events::at.eq(Timestamp(event.at)),
        events::consent_id.eq(consent.map(|id| id.0)),
        events::daily_file_id.eq(file.map(|id| id.0)),
    );
    let id: i64 = on_each!(conn, |c| diesel::insert_into(events::table)
        .values(values)
        .returning(events::id)
        .get_result(c))?;
    note(Event { id: EventId(id), ..event });
    Ok(())
}

/// The columns of an event.
type Columns = (i64, AsText<EventKind>, Option<i64>, Option<i64>, Option<i64>, Option<i64>, Timestamp);
/// The columns that are selected.
const COLUMNS: Selection = (
    events::id,
    events::kind,
    events::team_id,
    events::conversation_id,
    events::message_id,
    events::account_id,
    events::at,
);
type Selection = (
    events::id,
    events::kind,
    events::team_id,
    events::conversation_id,
    events::message_id,
    events::account_id,
    events::at,
);

/// Returns the events after `last`, in order of their ids.
pub(super) fn after(conn: &mut DbConnection, last: EventId, limit: i64) -> Result<Vec<Event>, DbError> {
    let rows: Vec<Columns> = on_each!(conn, |c| events::table
        .filter(events::id.gt(last.0))
        .order(events::id)
        .limit(limit)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(event).collect())
}

/// Returns the last events, in order of their ids.
pub(super) fn last(conn: &mut DbConnection, limit: i64) -> Result<Vec<Event>, DbError> {
    // The condition holds for all; with it, SQLite's plan says that the primary key is searched.
    let rows: Vec<Columns> = on_each!(conn, |c| events::table
        .filter(events::id.gt(0))
        .order(events::id.desc())
        .limit(limit)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().rev().map(event).collect())
}

/// Returns the id of the last event, or 0 if there is none.
pub(crate) fn last_id(conn: &mut DbConnection) -> Result<EventId, DbError> {
    Ok(last(conn, 1)?.pop().map_or(EventId(0), |event| event.id))
}

/// An event with what the webhooks send of it.
#[derive(Clone, Debug)]
pub(crate) struct LoggedEvent {
    pub(crate) event: Event,
    /// The consent that has changed.
    pub(crate) consent: Option<ConsentId>,
    /// The daily file that became the current one.
    pub(crate) daily_file: Option<DailyFileId>,
}

/// Returns the events after `last` and those of the missing ids that exist, in order of their ids.
pub(crate) fn after_with_missing(
    conn: &mut DbConnection,
    last: EventId,
    missing: &[i64],
    limit: i64,
) -> Result<Vec<LoggedEvent>, DbError> {
    type LoggedColumns = (Columns, Option<i64>, Option<i64>);
    let columns = (COLUMNS, events::consent_id, events::daily_file_id);
    let mut rows: Vec<LoggedColumns> = if missing.is_empty() {
        Vec::new()
    } else {
        let late = events::table.filter(events::id.eq_any(missing)).order(events::id);
        on_each!(conn, |c| late.select(columns).load(c))?
    };
    let new: Vec<LoggedColumns> = on_each!(conn, |c| events::table
        .filter(events::id.gt(last.0))
        .order(events::id)
        .limit(limit)
        .select(columns)
        .load(c))?;
    rows.extend(new);
    let logged = |(columns, consent, file): LoggedColumns| LoggedEvent {
        event: event(columns),
        consent: consent.map(ConsentId),
        daily_file: file.map(DailyFileId),
    };
    Ok(rows.into_iter().map(logged).collect())
}

/// Returns those of the events that exist, in order of their ids.
pub(super) fn with_ids(conn: &mut DbConnection, ids: &[i64]) -> Result<Vec<Event>, DbError> {
    let rows: Vec<Columns> = on_each!(conn, |c| events::table
        .filter(events::id.eq_any(ids))
        .order(events::id)
        .select(COLUMNS)
        .load(c))?;
    Ok(rows.into_iter().map(event).collect())
}

fn event((id, kind, team, conversation, message, account, at): Columns) -> Event {
    Event {
        id: EventId(id),
        kind: kind.0,
        team_id: team.map(TeamId),
        conversation_id: conversation.map(ConversationId),
        message_id: message.map(MessageId),
        account_id: account.map(AccountId),
        at: at.0,
    }
}
