//! Inserts conversations.

use chrono::{DateTime, Utc};
use diesel::{
    pg::Pg,
    prelude::*,
    query_builder::QueryFragment,
    sql_types::{BigInt, Text},
};
use shared::{
    CustomerAddress, PhoneNumber,
    conversation::{Conversation, Origin},
    ids::{ConversationId, TeamId},
};

use crate::{
    conversations::{conversation::State, search_text::text_of},
    db::{
        AsText, DbConnection, DbError, Timestamp,
        cached::{Cached, FixedSql},
        schema::{conversation_texts, conversations},
    },
};

/// Inserts a conversation and its searchable text (PostgreSQL). Returns no row when the conversation was not inserted.
struct InsertWithText;
impl FixedSql for InsertWithText {
    type Row = BigInt;
    const SQL: &'static str = "WITH conversation AS ({} RETURNING id) \
        INSERT INTO conversation_texts (conversation_id, text) SELECT id, {} FROM conversation \
        RETURNING conversation_id";
}

/// The values of a new conversation.
pub(crate) struct NewConversation<'a> {
    pub(crate) team: TeamId,
    pub(crate) team_number: &'a PhoneNumber,
    pub(crate) number: &'a CustomerAddress,
    /// Reference and name, if exactly one customer of the daily file has the number.
    pub(crate) customer: Option<(String, String)>,
    pub(crate) origin: Origin,
    pub(crate) previous: Option<ConversationId>,
}

impl NewConversation<'_> {
    fn started(self, id: ConversationId, state: State, now: DateTime<Utc>) -> Conversation {
        let (reference, name) = self.customer.unzip();
        let mut conversation = Conversation {
            id,
            team_id: self.team,
            team_number: self.team_number.clone(),
            can_reply: self.number.phone().is_some(),
            number: self.number.clone(),
            reference,
            name,
            status: state.status,
            origin: self.origin,
            next_action: None,
            waiting_since: now,
            last_message_at: None,
            attention: None,
            opened_at: now,
            closed_at: None,
            closed_by: None,
            closure_reason: None,
            previous_id: self.previous,
            unread: 0,
            assigned_to: None,
            snoozed_until: None,
            tags: Vec::new(),
        };
        state.write_to(&mut conversation);
        conversation
    }
}

/// Inserts a conversation with its searchable text. Returns `None` if the two numbers already have a live one (rule 1).
pub(crate) fn insert(
    conn: &mut DbConnection,
    new: NewConversation<'_>,
    state: State,
    now: DateTime<Utc>,
) -> Result<Option<Conversation>, DbError> {
    let (reference, name) =
        new.customer.as_ref().map(|(reference, name)| (reference.as_str(), name.as_str())).unzip();
    let text = text_of(new.number, reference, name);
    let (code, notice) = state.attention.as_ref().map(|a| (a.code.as_str(), a.text.as_str())).unzip();
    let conversation = diesel::insert_into(conversations::table)
        .values((
            conversations::team_id.eq(new.team.0),
            conversations::team_number.eq(new.team_number.as_str()),
            conversations::number.eq(new.number.as_str()),
            conversations::reference.eq(reference),
            conversations::name.eq(name),
            conversations::status.eq(AsText(state.status)),
            conversations::origin.eq(AsText(new.origin)),
            conversations::next_action.eq(state.next_action.map(AsText)),
            conversations::waiting_since.eq(Timestamp(state.waiting_since)),
            conversations::last_message_at.eq(state.last_message_at.map(Timestamp)),
            conversations::attention_code.eq(code),
            conversations::attention_text.eq(notice),
            conversations::opened_at.eq(Timestamp(now)),
            conversations::previous_id.eq(new.previous.map(|id| id.0)),
            conversations::unread.eq(state.unread),
            conversations::active_at.eq(Timestamp(state.active_at.unwrap_or(now))),
        ))
        .on_conflict_do_nothing();
    let id: Option<i64> = match conn {
        DbConnection::Postgres(c) => {
            let values: [&dyn QueryFragment<Pg>; 2] = [&conversation, &(&text).into_sql::<Text>()];
            Cached::<InsertWithText, Pg>::new(&values).get_result(c).optional()?
        }
        DbConnection::Sqlite(c) => {
            let id: Option<i64> = conversation.returning(conversations::id).get_result(c).optional()?;
            if let Some(id) = id {
                let values = (conversation_texts::conversation_id.eq(id), conversation_texts::text.eq(&text));
                diesel::insert_into(conversation_texts::table).values(values).execute(c)?;
            }
            id
        }
    };
    Ok(id.map(|id| new.started(ConversationId(id), state, now)))
}
