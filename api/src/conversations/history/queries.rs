//! A page of the history, in two statements.

use chrono::DateTime;
use diesel::{dsl::case_when, prelude::*};
use shared::{
    PhoneNumber,
    history::EarlierConversation,
    ids::{ConversationId, MessageId, TeamId},
    message::Message,
};

use crate::{
    auth::TeamScope,
    db::{
        AsText, DbConnection, DbError, END_OF_TIME, Timestamp, UtcTimestamp, on_each,
        schema::{conversations, messages},
    },
    messages::queries as stored,
};

/// Where a page begins.
pub(super) struct Place {
    conversation: ConversationId,
    team: TeamId,
    number: String,
    /// The message before which it begins; `None` if the request names none, or none of this customer and team.
    pub(super) before: Option<Position>,
}

/// The position of a message in the history.
pub(super) struct Position {
    conversation: ConversationId,
    at: Timestamp,
    id: MessageId,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations)]
struct Row {
    id: i64,
    team_number: AsText<PhoneNumber>,
    opened_at: Timestamp,
    closed_at: Option<Timestamp>,
    closed_by: Option<String>,
    closure_reason: Option<String>,
    closure_note: Option<String>,
}

impl From<Row> for EarlierConversation {
    fn from(row: Row) -> Self {
        Self {
            id: ConversationId(row.id),
            team_number: row.team_number.0,
            opened_at: row.opened_at.0,
            closed_at: row.closed_at.map(DateTime::from),
            closed_by: row.closed_by,
            closure_reason: row.closure_reason,
            closure_note: row.closure_note,
        }
    }
}

/// Returns the customer and team of a conversation in the scope, and the position of the message `before`.
pub(super) fn place(
    conn: &mut DbConnection,
    scope: &TeamScope,
    conversation: ConversationId,
    before: Option<MessageId>,
) -> Result<Option<Place>, DbError> {
    let earlier = diesel::alias!(conversations as earlier);
    let id = before.unwrap_or(MessageId(0));
    // A message of another customer or team is not found.
    let of_message = earlier
        .field(conversations::id)
        .eq(messages::conversation_id)
        .and(earlier.field(conversations::team_id).eq(conversations::team_id))
        .and(earlier.field(conversations::number).eq(conversations::number));
    let row: Option<(i64, String, Option<i64>, Option<Timestamp>)> =
        on_each!(conn, |c| conversations::table
            .left_join(messages::table.on(messages::id.eq(id.0)))
            .left_join(earlier.on(of_message))
            .filter(conversations::id.eq(conversation.0))
            .select((
                conversations::team_id,
                conversations::number,
                earlier.field(conversations::id).nullable(),
                messages::created_at.nullable(),
            ))
            .first(c)
            .optional())?;
    Ok(row.filter(|(team, ..)| scope.includes(TeamId(*team))).map(|(team, number, message_of, at)| Place {
        conversation,
        team: TeamId(team),
        number,
        before: message_of.zip(at).map(|(of, at)| Position { conversation: ConversationId(of), at, id }),
    }))
}

/// Returns the messages before the place with their conversations, newest first.
///
/// The upper bound of the time depends on the conversation, so that the page begins at its first message also in the
/// middle of a long conversation.
pub(super) fn before(
    conn: &mut DbConnection,
    place: &Place,
    limit: i64,
) -> Result<Vec<(Message, EarlierConversation)>, DbError> {
    // Without a message, the page begins before this conversation.
    let start = Position { conversation: place.conversation, at: Timestamp(END_OF_TIME), id: MessageId(0) };
    let Position { conversation, at, id } = place.before.as_ref().unwrap_or(&start);
    let rows: Vec<(stored::Row, Row)> = on_each!(conn, |c| {
        let latest = case_when(conversations::id.eq(conversation.0), at.into_sql::<UtcTimestamp>())
            .otherwise(Timestamp(END_OF_TIME).into_sql::<UtcTimestamp>());
        conversations::table
            .inner_join(messages::table.on(messages::conversation_id.eq(conversations::id)))
            .filter(conversations::number.eq(&place.number))
            .filter(conversations::team_id.eq(place.team.0))
            .filter(conversations::id.lt(place.conversation.0))
            .filter(conversations::id.le(conversation.0))
            .filter(messages::created_at.le(latest))
            .filter(
                conversations::id
                    .lt(conversation.0)
                    .or(messages::created_at.lt(*at))
                    .or(messages::id.lt(id.0)),
            )
            .order((conversations::id.desc(), messages::created_at.desc(), messages::id.desc()))
            .limit(limit)
            .select((stored::Row::as_select(), Row::as_select()))
            .load(c)
    })?;
    let (messages, conversations): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let messages = stored::with_mentions(conn, messages.into_iter().map(Message::from).collect())?;
    Ok(messages.into_iter().zip(conversations.into_iter().map(EarlierConversation::from)).collect())
}
