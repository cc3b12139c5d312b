//! Writes messages with their events. PostgreSQL does it in one statement, which saves round trips. SQLite cannot change
//! two tables in one statement, and its statements are function calls.

use chrono::{DateTime, Utc};
use diesel::{
    PgConnection,
    dsl::max,
    pg::Pg,
    prelude::*,
    query_builder::QueryFragment,
    sql_types::{BigInt, Nullable, Text},
};
use shared::{
    PhoneNumber,
    conversation::Conversation,
    event::EventKind,
    ids::{AccountId, EventId, MessageId},
    message::{Direction, MessageStatus},
    segments::Encoding,
};

use super::{NewMessage, Progress};
use crate::{
    db::{
        AsText, DbConnection, DbError, Timestamp, UtcTimestamp,
        cached::{Cached, FixedSql},
        on_each,
        schema::{mentions, messages, outbox},
    },
    events,
    gateway::failure::FailureCode,
};

impl<'a> NewMessage<'a> {
    /// Returns the number to which the outbox sends the message at once.
    fn recipient_now(&self) -> Option<&'a PhoneNumber> {
        self.send_to.filter(|_| self.send_at.is_none())
    }
}

/// The columns of a new message that follow from the others.
pub(super) struct Row {
    pub(super) direction: Direction,
    pub(super) status: MessageStatus,
    pub(super) segments: i32,
    pub(super) encoding: Encoding,
}

/// Inserts a message, its event and, if it is to be sent, its row in the outbox. Returns `None` if its gateway id or
/// idempotency key is already used.
pub(super) fn insert(
    conn: &mut DbConnection,
    new: &NewMessage<'_>,
    row: &Row,
    now: DateTime<Utc>,
) -> Result<Option<MessageId>, DbError> {
    let (key, digest) = new.idempotency.unzip();
    let message = diesel::insert_into(messages::table)
        .values((
            messages::conversation_id.eq(new.conversation.id.0),
            messages::direction.eq(AsText(row.direction)),
            messages::sender_kind.eq(AsText(new.sender.kind)),
            messages::sender_id.eq(new.sender.id),
            messages::sender_name.eq(&new.sender.name),
            messages::body.eq(new.body),
            messages::media.eq(AsText(&new.media)),
            messages::segments.eq(row.segments),
            messages::encoding.eq(AsText(row.encoding)),
            messages::status.eq(AsText(row.status)),
            messages::created_at.eq(Timestamp(new.created_at)),
            messages::template_id.eq(new.template.map(|id| id.0)),
            messages::gateway_id.eq(new.gateway_id),
            messages::idempotency_key.eq(key),
            messages::request_digest.eq(digest),
            messages::recovered.eq(new.recovered),
            messages::send_at.eq(new.send_at.map(Timestamp)),
        ))
        .on_conflict_do_nothing();
    let id: Option<i64> = match conn {
        DbConnection::Postgres(c) => {
            return insert_in_one_statement(c, &message, new, event_of(row), now);
        }
        DbConnection::Sqlite(c) => message.returning(messages::id).get_result(c).optional()?,
    };
    let Some(id) = id.map(MessageId) else { return Ok(None) };
    if let Some(number) = new.recipient_now() {
        return enqueue(conn, new.conversation, id, number, None, now).map(|()| Some(id));
    }
    let (kind, Conversation { id: conversation, team_id, .. }) = (event_of(row), new.conversation);
    let account = account_of(kind, new.conversation);
    events::queries::insert_with_account(conn, kind, *team_id, *conversation, Some(id), account, now)?;
    Ok(Some(id))
}

/// Distance of two messages' positions in the outbox, so that released messages fit between them.
const STEP: i64 = 1_000_000;

/// Adds a stored message to the outbox, and inserts the event. `after`: the message after which it is sent, if that is not
/// the one before it. It is also sent after those that were added with the same one.
pub(crate) fn enqueue(
    conn: &mut DbConnection,
    conversation: &Conversation,
    id: MessageId,
    number: &PhoneNumber,
    after: Option<MessageId>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let position = match after {
        Some(after) => {
            let last: Option<i64> = on_each!(conn, |c| outbox::table
                .filter(outbox::team_number.eq(conversation.team_number.as_str()))
                .filter(outbox::number.eq(number.as_str()))
                .select(max(outbox::position))
                .first(c))?;
            last.map(|last| last + 1).max(Some(STEP * after.0 + 1))
        }
        None => None,
    };
    let values = (
        outbox::position.eq(position),
        outbox::message_id.eq(id.0),
        outbox::team_number.eq(conversation.team_number.as_str()),
        outbox::number.eq(number.as_str()),
        outbox::due_at.eq(Timestamp(now)),
    );
    on_each!(conn, |c| diesel::insert_into(outbox::table).values(values).execute(c))?;
    let kind = EventKind::MessageQueued;
    events::queries::insert(conn, kind, conversation.team_id, conversation.id, Some(id), now)
}

/// Returns the account that an event names: of a received or a failed message, the one that has the conversation.
fn account_of(kind: EventKind, conversation: &Conversation) -> Option<AccountId> {
    let concerns_holder = matches!(kind, EventKind::MessageReceived | EventKind::MessageFailed);
    conversation.assigned_to.as_ref().filter(|_| concerns_holder).map(|holder| holder.id)
}

fn event_of(row: &Row) -> EventKind {
    match row.direction {
        Direction::Inbound => EventKind::MessageReceived,
        Direction::Outbound if row.status == MessageStatus::Scheduled => EventKind::MessageScheduled,
        Direction::Outbound => EventKind::MessageQueued,
        Direction::Note => EventKind::NoteAdded,
    }
}

/// Inserts the mention of an account by a note, and its event.
pub(super) fn insert_mention(
    conn: &mut DbConnection,
    conversation: &Conversation,
    note: MessageId,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let values = (mentions::message_id.eq(note.0), mentions::account_id.eq(account.0));
    on_each!(conn, |c| diesel::insert_into(mentions::table).values(values).execute(c))?;
    let (kind, team, conversation) = (EventKind::Mentioned, conversation.team_id, conversation.id);
    events::queries::insert_with_account(conn, kind, team, conversation, Some(note), Some(account), now)
}

/// Inserts or updates a message, and inserts the event about it. Returns the ids of both, or no row when the message was
/// not inserted.
struct WithEvent<S>(std::marker::PhantomData<S>);

impl<S: 'static> FixedSql for WithEvent<S> {
    type Row = (BigInt, BigInt);
    const SQL: &'static str = "WITH message AS ({} RETURNING id), \
        event AS (INSERT INTO events (kind, team_id, conversation_id, message_id, account_id, at) \
            SELECT {}, {}, {}, id, {}, {} FROM message RETURNING id) \
        SELECT message.id, event.id FROM message, event";
}

/// Marks the statement that inserts a message.
struct Insert;

/// Inserts a message, its row in the outbox and its event.
struct InsertIntoOutbox;

impl FixedSql for InsertIntoOutbox {
    type Row = (BigInt, BigInt);
    const SQL: &'static str = "WITH message AS ({} RETURNING id), \
        queued AS (INSERT INTO outbox (message_id, team_number, number, due_at) SELECT id, {}, {}, {} FROM message), \
        event AS (INSERT INTO events (kind, team_id, conversation_id, message_id, at) \
            SELECT {}, {}, {}, id, {} FROM message RETURNING id) \
        SELECT message.id, event.id FROM message, event";
}

/// Returns the id of the message.
fn insert_in_one_statement(
    conn: &mut PgConnection,
    message: &dyn QueryFragment<Pg>,
    new: &NewMessage<'_>,
    event: EventKind,
    now: DateTime<Utc>,
) -> Result<Option<MessageId>, DbError> {
    let kind = AsText(event).into_sql::<Text>();
    let holder = account_of(event, new.conversation);
    let account = holder.map(|id| id.0).into_sql::<Nullable<BigInt>>();
    let Conversation { id, team_id, .. } = new.conversation;
    let (team, conversation) = (team_id.0.into_sql::<BigInt>(), id.0.into_sql::<BigInt>());
    let at = Timestamp(now).into_sql::<UtcTimestamp>();
    let ids: Option<(i64, i64)> = match new.recipient_now() {
        None => {
            let values: [&dyn QueryFragment<Pg>; 6] = [message, &kind, &team, &conversation, &account, &at];
            Cached::<WithEvent<Insert>, Pg>::new(&values).get_result(conn).optional()?
        }
        Some(number) => {
            let from = new.conversation.team_number.as_str().into_sql::<Text>();
            let to = number.as_str().into_sql::<Text>();
            let values: [&dyn QueryFragment<Pg>; 8] =
                [message, &from, &to, &at, &kind, &team, &conversation, &at];
            Cached::<InsertIntoOutbox, Pg>::new(&values).get_result(conn).optional()?
        }
    };
    let Some((message, id_of_event)) = ids else { return Ok(None) };
    let (event_id, message) = (EventId(id_of_event), MessageId(message));
    events::queries::note_appended(event_id, event, *team_id, *id, message, holder, now);
    Ok(Some(message))
}

struct UpdateProgress;
impl FixedSql for UpdateProgress {
    type Row = ();
    const SQL: &'static str = "UPDATE messages SET status = {}, error_code = {}, sent_at = {}, delivered_at = {} \
        WHERE id = {}";
}

/// Like [`UpdateProgress`], for a message that the gateway has just accepted.
struct UpdateAccepted;
impl FixedSql for UpdateAccepted {
    type Row = ();
    const SQL: &'static str = "UPDATE messages SET status = {}, error_code = {}, sent_at = {}, delivered_at = {}, \
        gateway_id = {} WHERE id = {}";
}

/// Updates the delivery fields of a message, and inserts the event.
pub(crate) fn update(
    conn: &mut DbConnection,
    conversation: &Conversation,
    id: MessageId,
    progress: &Progress<'_>,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let status = AsText(progress.status).into_sql::<Text>();
    let failure = progress.failure.map(FailureCode::to_string).into_sql::<Nullable<Text>>();
    let sent = progress.sent_at.map(Timestamp).into_sql::<Nullable<UtcTimestamp>>();
    let delivered = progress.delivered_at.map(Timestamp).into_sql::<Nullable<UtcTimestamp>>();
    let message = id.0.into_sql::<BigInt>();
    let kind = match progress.failure {
        Some(_) => EventKind::MessageFailed,
        None => EventKind::MessageStatusChanged,
    };
    let gateway_id = progress.gateway_id.map(|gateway_id| gateway_id.into_sql::<Text>());
    match (&mut *conn, &gateway_id) {
        (DbConnection::Postgres(c), None) => {
            let update = [&status as &dyn QueryFragment<Pg>, &failure, &sent, &delivered, &message];
            return update_in_one_statement::<UpdateProgress>(c, &update, conversation, kind, now);
        }
        (DbConnection::Postgres(c), Some(gateway_id)) => {
            let update =
                [&status as &dyn QueryFragment<Pg>, &failure, &sent, &delivered, gateway_id, &message];
            return update_in_one_statement::<UpdateAccepted>(c, &update, conversation, kind, now);
        }
        (DbConnection::Sqlite(c), None) => {
            UpdateProgress::execute(c, &[&status, &failure, &sent, &delivered, &message])?
        }
        (DbConnection::Sqlite(c), Some(gateway_id)) => {
            UpdateAccepted::execute(c, &[&status, &failure, &sent, &delivered, gateway_id, &message])?
        }
    };
    let (team, account) = (conversation.team_id, account_of(kind, conversation));
    events::queries::insert_with_account(conn, kind, team, conversation.id, Some(id), account, now)
}

fn update_in_one_statement<S: FixedSql>(
    conn: &mut PgConnection,
    update: &[&dyn QueryFragment<Pg>],
    conversation: &Conversation,
    kind: EventKind,
    now: DateTime<Utc>,
) -> Result<(), DbError> {
    let account = account_of(kind, conversation);
    let ids: Option<(i64, i64)> = Cached::<WithEvent<S>, Pg>::new(&[
        &Cached::<S, Pg>::new(update),
        &AsText(kind).into_sql::<Text>(),
        &conversation.team_id.0.into_sql::<BigInt>(),
        &conversation.id.0.into_sql::<BigInt>(),
        &account.map(|id| id.0).into_sql::<Nullable<BigInt>>(),
        &Timestamp(now).into_sql::<UtcTimestamp>(),
    ])
    .get_result(conn)
    .optional()?;
    if let Some((message, event)) = ids {
        let (Conversation { id, team_id, .. }, message) = (conversation, MessageId(message));
        events::queries::note_appended(EventId(event), kind, *team_id, *id, message, account, now);
    }
    Ok(())
}

/// Stores the gateway's id of a message.
pub(crate) fn set_gateway_id(
    conn: &mut DbConnection,
    id: MessageId,
    gateway_id: &str,
) -> Result<(), DbError> {
    on_each!(conn, |c| diesel::update(messages::table.find(id.0))
        .set(messages::gateway_id.eq(gateway_id))
        .execute(c))?;
    Ok(())
}
