//! Messages in the database. The caller has checked the conversation's team.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ids::{ConversationId, MessageId, TeamId, TemplateId},
    message::{Direction, Message, MessageError, MessageStatus, Sender, SenderKind},
    segments::{Encoding, segments},
};

use super::media::{self, KeptMedia};
use crate::{
    auth::TeamScope,
    db::{
        DbConnection, DbError, Moment, Words, for_update, on_each,
        schema::{conversations, messages},
    },
    gateway::reasons,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = messages)]
struct Row {
    id: i64,
    conversation_id: i64,
    direction: Words<Direction>,
    sender_kind: Words<SenderKind>,
    sender_id: Option<i64>,
    sender_name: Option<String>,
    body: String,
    media: Words<Vec<KeptMedia>>,
    segments: i32,
    encoding: Words<Encoding>,
    status: Words<MessageStatus>,
    error_code: Option<String>,
    created_at: Moment,
    sent_at: Option<Moment>,
    delivered_at: Option<Moment>,
    template_id: Option<i64>,
    recovered: bool,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        let error = row.error_code.map(|code| MessageError { text: reasons::in_plain_words(&code), code });
        Self {
            id: MessageId(row.id),
            conversation_id: ConversationId(row.conversation_id),
            direction: row.direction.0,
            sender: Sender { kind: row.sender_kind.0, id: row.sender_id, name: row.sender_name },
            body: row.body,
            media: media::offered(MessageId(row.id), row.media.0),
            segments: row.segments,
            encoding: row.encoding.0,
            status: row.status.0,
            error,
            created_at: row.created_at.0,
            sent_at: row.sent_at.map(DateTime::from),
            delivered_at: row.delivered_at.map(DateTime::from),
            template_id: row.template_id.map(TemplateId),
            recovered: row.recovered,
        }
    }
}

/// A message that is about to be kept.
pub(crate) struct NewMessageRow<'a> {
    pub(crate) conversation: ConversationId,
    pub(crate) direction: Direction,
    pub(crate) sender: &'a Sender,
    pub(crate) body: &'a str,
    pub(crate) media: Vec<KeptMedia>,
    pub(crate) status: MessageStatus,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) template: Option<TemplateId>,
    /// The gateway's id; a second message with the same one is not kept.
    pub(crate) gateway_id: Option<&'a str>,
    /// The sender's idempotency key and the digest of the request that it came with.
    pub(crate) idempotency: Option<(&'a str, &'a str)>,
    /// Whether it was fetched because its webhook was lost.
    pub(crate) recovered: bool,
}

/// Keeps a message; `None` when one with the same gateway id or idempotency key is there already.
pub(crate) fn insert(conn: &mut DbConnection, new: NewMessageRow<'_>) -> Result<Option<Message>, DbError> {
    let counted = segments(new.body);
    let (key, digest) = new.idempotency.unzip();
    let values = (
        messages::conversation_id.eq(new.conversation.0),
        messages::direction.eq(Words(new.direction)),
        messages::sender_kind.eq(Words(new.sender.kind)),
        messages::sender_id.eq(new.sender.id),
        messages::sender_name.eq(&new.sender.name),
        messages::body.eq(new.body),
        messages::media.eq(Words(new.media)),
        messages::segments.eq(i32::try_from(counted.parts).unwrap_or(i32::MAX)),
        messages::encoding.eq(Words(counted.encoding)),
        messages::status.eq(Words(new.status)),
        messages::created_at.eq(Moment(new.created_at)),
        messages::template_id.eq(new.template.map(|id| id.0)),
        messages::gateway_id.eq(new.gateway_id),
        messages::idempotency_key.eq(key),
        messages::request_digest.eq(digest),
        messages::recovered.eq(new.recovered),
    );
    let row: Option<Row> = on_each!(conn, |c| diesel::insert_into(messages::table)
        .values(values)
        .on_conflict_do_nothing()
        .returning(Row::as_returning())
        .get_result(c)
        .optional())?;
    Ok(row.map(Message::from))
}

/// The `limit` messages of a conversation that were written last (before `before`), newest first.
pub(crate) fn newest(
    conn: &mut DbConnection,
    conversation: ConversationId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, DbError> {
    let before_at = before.map_or(Ok(None), |id| written_at(conn, conversation, id))?;
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = messages::table
            .filter(messages::conversation_id.eq(conversation.0))
            .order((messages::created_at.desc(), messages::id.desc()))
            .limit(limit)
            .select(Row::as_select())
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
    Ok(rows.into_iter().map(Message::from).collect())
}

/// What came with a message of one of the scope's teams.
pub(super) fn kept_media(
    conn: &mut DbConnection,
    scope: &TeamScope,
    id: MessageId,
) -> Result<Option<Vec<KeptMedia>>, DbError> {
    let row: Option<(i64, Words<Vec<KeptMedia>>)> = on_each!(conn, |c| messages::table
        .inner_join(conversations::table.on(conversations::id.eq(messages::conversation_id)))
        .filter(messages::id.eq(id.0))
        .select((conversations::team_id, messages::media))
        .first(c)
        .optional())?;
    Ok(row.filter(|(team, _)| scope.includes(TeamId(*team))).map(|(_, Words(media))| media))
}

/// When a message of a conversation was written: an id tells no order, because one can be recovered late.
fn written_at(
    conn: &mut DbConnection,
    conversation: ConversationId,
    id: MessageId,
) -> Result<Option<Moment>, DbError> {
    let message = messages::table.find(id.0).filter(messages::conversation_id.eq(conversation.0));
    Ok(on_each!(conn, |c| message.select(messages::created_at).first(c).optional())?)
}

/// Messages that arrived after the message `after` from the customer or from a colleague of `caller`, in the order of
/// their arrival. Messages of the caller and of the system do not count.
pub(crate) fn unseen(
    conn: &mut DbConnection,
    conversation: ConversationId,
    after: MessageId,
    caller: &Sender,
) -> Result<Vec<Message>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::id.gt(after.0))
        .filter(messages::sender_kind.ne(Words(SenderKind::System)))
        .order(messages::id)
        .select(Row::as_select())
        .load(c))?;
    let is_own = |message: &Message| (message.sender.kind, message.sender.id) == (caller.kind, caller.id);
    Ok(rows.into_iter().map(Message::from).filter(|message| !is_own(message)).collect())
}

/// Whether the system has written in a conversation since `since`.
pub(crate) fn is_written_by_system_since(
    conn: &mut DbConnection,
    conversation: ConversationId,
    since: DateTime<Utc>,
) -> Result<bool, DbError> {
    let found = messages::table
        .filter(messages::conversation_id.eq(conversation.0))
        .filter(messages::created_at.gt(Moment(since)))
        .filter(messages::sender_kind.eq(Words(SenderKind::System)))
        .select(messages::id);
    let id: Option<i64> = on_each!(conn, |c| found.first(c).optional())?;
    Ok(id.is_some())
}

/// Whether the gateway's message is here already.
pub(crate) fn is_known(conn: &mut DbConnection, gateway_id: &str) -> Result<bool, DbError> {
    let known = messages::table.filter(messages::gateway_id.eq(gateway_id)).select(messages::id);
    let id: Option<i64> = on_each!(conn, |c| known.first(c).optional())?;
    Ok(id.is_some())
}

/// The message that was sent with an idempotency key, and the digest of the request that it came with.
pub(crate) fn by_idempotency_key(
    conn: &mut DbConnection,
    key: &str,
) -> Result<Option<(Message, Option<String>)>, DbError> {
    let row: Option<(Row, Option<String>)> = on_each!(conn, |c| messages::table
        .filter(messages::idempotency_key.eq(key))
        .select((Row::as_select(), messages::request_digest))
        .first(c)
        .optional())?;
    Ok(row.map(|(row, digest)| (row.into(), digest)))
}

/// The message with the gateway's id, locked until the transaction ends.
pub(crate) fn by_gateway_id_for_update(
    conn: &mut DbConnection,
    gateway_id: &str,
) -> Result<Option<Message>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        messages::table.filter(messages::gateway_id.eq(gateway_id)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Message::from))
}

/// The message with this id, locked until the transaction ends.
pub(crate) fn by_id_for_update(conn: &mut DbConnection, id: MessageId) -> Result<Option<Message>, DbError> {
    let row: Option<Row> = for_update!(
        conn,
        messages::table.filter(messages::id.eq(id.0)).select(Row::as_select()),
        |query, c| query.first(c).optional()
    )?;
    Ok(row.map(Message::from))
}

/// Whether this is the last message that we sent in its conversation.
pub(crate) fn is_last_outbound(conn: &mut DbConnection, message: &Message) -> Result<bool, DbError> {
    let last: Option<i64> = on_each!(conn, |c| messages::table
        .filter(messages::conversation_id.eq(message.conversation_id.0))
        .filter(messages::direction.eq(Words(Direction::Outbound)))
        .order((messages::created_at.desc(), messages::id.desc()))
        .select(messages::id)
        .first(c)
        .optional())?;
    Ok(last == Some(message.id.0))
}

/// What of a message changes on its way.
pub(crate) struct Progress<'a> {
    pub(crate) status: MessageStatus,
    pub(crate) error_code: Option<&'a str>,
    pub(crate) sent_at: Option<DateTime<Utc>>,
    pub(crate) delivered_at: Option<DateTime<Utc>>,
}

/// Writes how far a message has come.
pub(crate) fn update_progress(
    conn: &mut DbConnection,
    id: MessageId,
    progress: &Progress<'_>,
) -> Result<(), DbError> {
    let changes = (
        messages::status.eq(Words(progress.status)),
        messages::error_code.eq(progress.error_code),
        messages::sent_at.eq(progress.sent_at.map(Moment)),
        messages::delivered_at.eq(progress.delivered_at.map(Moment)),
    );
    on_each!(conn, |c| diesel::update(messages::table.find(id.0)).set(changes).execute(c))?;
    Ok(())
}

/// Notes which message at the gateway this one became.
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
