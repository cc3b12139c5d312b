//! The queries of messages. Those that take no `TeamScope` leave it to the caller to check the conversation's team.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use diesel::{
    dsl::{exists, not},
    prelude::*,
};
use shared::{
    CustomerAddress, PhoneNumber,
    ids::{AccountId, ConversationId, MessageId, TeamId, TemplateId},
    message::{Direction, Message, MessageError, MessageStatus, Sender, SenderKind},
    segments::Encoding,
};

use super::media;
use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, IsScheduled, Timestamp, for_update, on_each,
        schema::{conversations, idempotency_keys, mentions, messages, outbox},
    },
    gateway::{failure::FailureCode, media::StoredMedia},
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
pub(crate) struct Row {
    id: i64,
    conversation_id: i64,
    direction: AsText<Direction>,
    sender_kind: AsText<SenderKind>,
    sender_id: Option<i64>,
    sender_name: Option<String>,
    body: String,
    media: AsText<Vec<StoredMedia>>,
    segments: i32,
    encoding: AsText<Encoding>,
    status: AsText<MessageStatus>,
    error_code: Option<String>,
    created_at: Timestamp,
    sent_at: Option<Timestamp>,
    delivered_at: Option<Timestamp>,
    template_id: Option<i64>,
    recovered: bool,
    send_at: Option<Timestamp>,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let error =
            row.error_code.map(|code| MessageError { text: FailureCode::parse(&code).explanation(), code });
        Self {
            id: MessageId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            direction: row.direction.0,
            sender: Sender { kind: row.sender_kind.0, id: row.sender_id, name: row.sender_name },
            body: row.body,
            media: media::to_public(MessageId(row.id), row.media.0),
            segments: row.segments,
            encoding: row.encoding.0,
            status: row.status.0,
            error,
            created_at: row.created_at.0,
            sent_at: row.sent_at.map(DateTime::from),
            delivered_at: row.delivered_at.map(DateTime::from),
            template_id: row.template_id.map(TemplateId),
            recovered: row.recovered,
            mentions: Vec::new(),
            send_at: row.send_at.map(DateTime::from),
        }
    }
}

/// Returns the newest messages of a conversation, or the newest ones before `before`, newest first. None, if its team is
/// outside the scope.
pub(crate) fn newest(
    conn: &mut DbConnection,
    scope: &TeamScope,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, DbError> {
    let before_at = before.map_or(Ok(None), |id| written_at(conn, conversation, id))?;
    let rows: Vec<(Row, Option<i64>)> = on_each!(conn, |c| {
        let team = conversations::table.find(conversation.0).select(conversations::team_id).single_value();
        let mut found = messages::table
            .filter(messages::conversation_id.eq(conversation.0))
            .order((messages::created_at.desc(), messages::id.desc()))
            .limit(limit)
            .select((Row::as_select(), team))
            .into_boxed();
        if let Some(MessageId(id)) = before {
            found = match before_at {
                Some(at) => found
                    .filter(messages::created_at.le(at))
                    .filter(messages::created_at.lt(at).or(messages::id.lt(id))),
                None => found.filter(messages::id.lt(id)),
            };
        }
        found.load(c)
    })?;
    let is_visible = |team: &Option<i64>| team.is_some_and(|team| scope.includes(TeamId(team)));
    let visible = rows.into_iter().filter(|(_, team)| is_visible(team));
    with_mentions(conn, visible.map(|(row, _)| row.into()).collect())
}

/// Returns the messages of all teams that were written in a period, after the message with this time and id, oldest
/// first. Notes lack their mentions.
pub(crate) fn written_between(
    conn: &mut DbConnection,
    (from, to): (DateTime<Utc>, DateTime<Utc>),
    after: Option<(DateTime<Utc>, i64)>,
    limit: i64,
) -> Result<Vec<Message>, DbError> {
    let (start, last_id) = after.unwrap_or((from, i64::MIN));
    let start = Timestamp(start);
    let rows: Vec<Row> = on_each!(conn, |c| messages::table
        .filter(messages::created_at.ge(start))
        .filter(messages::created_at.lt(Timestamp(to)))
        .filter(messages::created_at.gt(start).or(messages::id.gt(last_id)))
        .order((messages::created_at, messages::id))
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Returns the ids and texts of a conversation's newest messages from the customer, newest first. The caller has checked
/// the conversation's team.
pub(crate) fn newest_inbound(
    conn: &mut DbConnection,
    conversation: ConversationId,
    limit: i64,
) -> Result<Vec<(MessageId, String)>, DbError> {
    let rows: Vec<(i64, String)> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::direction.eq(AsText(Direction::Inbound)))
        .order((messages::created_at.desc(), messages::id.desc()))
        .limit(limit)
        .select((messages::id, messages::body))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, body)| (MessageId(id), body)).collect())
}

/// Adds the mentions to notes. Reads nothing if there are no notes.
pub(crate) fn with_mentions(
    conn: &mut DbConnection,
    mut messages: Vec<Message>,
) -> Result<Vec<Message>, DbError> {
    let is_note = |message: &&mut Message| message.direction == Direction::Note;
    let notes: Vec<i64> = messages.iter_mut().filter(is_note).map(|note| note.id.0).collect();
    if notes.is_empty() {
        return Ok(messages);
    }
    let rows: Vec<(i64, i64)> = on_each!(conn, |c| mentions::table
        .filter(mentions::message_id.eq_any(&notes))
        .order((mentions::message_id, mentions::account_id))
        .select((mentions::message_id, mentions::account_id))
        .load(c))?;
    for note in messages.iter_mut().filter(is_note) {
        let own = rows.iter().filter(|(message, _)| *message == note.id.0);
        note.mentions = own.map(|(_, account)| AccountId(*account)).collect();
    }
    Ok(messages)
}

/// Returns the media of a message, or `None` if the message does not exist or its team is outside the scope.
pub(super) fn stored_media(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
) -> Result<Option<Vec<StoredMedia>>, DbError> {
    let row: Option<(i64, AsText<Vec<StoredMedia>>)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(messages::id.eq(id.0))
        .select((conversations::team_id, messages::media))
        .first(c)
        .optional())?;
    Ok(row.filter(|(team, _)| scope.includes(TeamId(*team))).map(|(_, AsText(media))| media))
}

/// Returns when a message was written. Ids are not in this order, because gap repair may insert a message late.
fn written_at(
    conn: &mut DbConnection,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Timestamp>, DbError> {
    let message = messages::table.find(id.0).filter(messages::conversation_id.eq(conversation.0));
    Ok(on_each!(conn, |c| message.select(messages::created_at).first(c).optional())?)
}

/// Returns the messages of the customer and of the caller's colleagues that were inserted after `after`, in this order.
/// Messages of the caller and of the system are left out, and so are notes.
pub(crate) fn unseen(
    conn: &mut DbConnection,
    conversation: ConversationId,
    after: MessageId,
    caller: &Sender,
) -> Result<Vec<Message>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::id.gt(after.0))
        .filter(messages::sender_kind.ne(AsText(SenderKind::System)))
        .filter(messages::direction.ne(AsText(Direction::Note)))
        .filter(not(IsScheduled))
        .order(messages::id)
        .select(Row::as_select())
        .load(c))?;
    let is_own = |message: &Message| (message.sender.kind, message.sender.id) == (caller.kind, caller.id);
    Ok(rows.into_iter().map(Message::from).filter(|message| !is_own(message)).collect())
}

/// Whether the system has written a message in a conversation since `since`.
pub(crate) fn is_written_by_system_since(
    conn: &mut DbConnection,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<bool, DbError> {
    let found = messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::created_at.gt(Timestamp(since)))
        .filter(messages::sender_kind.eq(AsText(SenderKind::System)))
        .select(messages::id);
    let id: Option<i64> = on_each!(conn, |c| found.first(c).optional())?;
    Ok(id.is_some())
}

/// Whether a message with this gateway id exists.
pub(crate) fn is_known(conn: &mut DbConnection, gateway_id: &str) -> Result<bool, DbError> {
    let known = messages::table.filter(messages::gateway_id.eq(gateway_id)).select(messages::id);
    let id: Option<i64> = on_each!(conn, |c| known.first(c).optional())?;
    Ok(id.is_some())
}

/// Returns the message with an idempotency key, and the digest of its request.
pub(crate) fn by_idempotency_key(
    conn: &mut DbConnection,
    key: &str,
) -> Result<Option<(Message, Option<String>)>, DbError> {
    let row: Option<(Row, Option<String>)> = on_each!(conn, |c| messages::table
        .filter(messages::idempotency_key.eq(key))
        .select((Row::as_select(), messages::request_digest))
        .first(c)
        .optional())?;
    let Some((row, digest)) = row else { return Ok(None) };
    let message = with_mentions(conn, vec![row.into()])?.pop();
    Ok(message.map(|message| (message, digest)))
}

/// Returns the digest of a request that stored a message with one of these idempotency keys.
pub(crate) fn any_digest(conn: &mut DbConnection, keys: &[String]) -> Result<Option<String>, DbError> {
    let digest: Option<Option<String>> = on_each!(conn, |c| messages::table
        .filter(messages::idempotency_key.eq_any(keys))
        .select(messages::request_digest)
        .first(c)
        .optional())?;
    Ok(digest.flatten())
}

/// Returns the message with this id.
pub(crate) fn by_id(conn: &mut DbConnection, id: MessageId) -> Result<Option<Message>, DbError> {
    let row: Option<Row> =
        on_each!(conn, |c| messages::table.find(id.0).select(Row::as_select()).first(c).optional())?;
    Ok(row.map(Message::from))
}

/// Returns those of the messages that exist, in any order, without the mentions of notes.
pub(crate) fn by_ids(conn: &mut DbConnection, ids: &BTreeSet<MessageId>) -> Result<Vec<Message>, DbError> {
    let ids: Vec<i64> = ids.iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = on_each!(conn, |c| messages::table
        .filter(messages::id.eq_any(&ids))
        .select(Row::as_select())
        .load(c))?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Whether a message is the one with which its conversation started.
pub(crate) fn is_first(conn: &mut DbConnection, message: &Message) -> Result<bool, DbError> {
    let earlier: Option<i64> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(message.conversation_id.0))
        .filter(messages::id.lt(message.id.0))
        .select(messages::id)
        .first(c)
        .optional())?;
    Ok(earlier.is_none())
}

/// Whether a message was stored with this idempotency key, or was scheduled with it and then cancelled.
pub(crate) fn has_idempotency_key(conn: &mut DbConnection, key: &str) -> Result<bool, DbError> {
    let with_key = messages::table.filter(messages::idempotency_key.eq(key));
    let refused = idempotency_keys::table.find(key);
    Ok(on_each!(conn, |c| diesel::select(exists(with_key).or(exists(refused))).get_result(c))?)
}

/// Returns the message with this id, and locks it until the transaction ends.
pub(crate) fn by_id_for_update(conn: &mut DbConnection, id: MessageId) -> Result<Option<Message>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        messages::table.filter(messages::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Message::from))
}

/// Whether this is the last outbound message of its conversation.
pub(crate) fn is_last_outbound(conn: &mut DbConnection, message: &Message) -> Result<bool, DbError> {
    let last: Option<i64> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(message.conversation_id.0))
        .filter(messages::direction.eq(AsText(Direction::Outbound)))
        .filter(not(IsScheduled))
        .order((messages::created_at.desc(), messages::id.desc()))
        .select(messages::id)
        .first(c)
        .optional())?;
    Ok(last == Some(message.id.0))
}

/// Removes the messages to a number from the outbox, except those that a worker has claimed or whose outcome is
/// unknown. Returns their ids.
pub(crate) fn withdraw(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
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
