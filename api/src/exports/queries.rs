//! The rows of a period, oldest first.

use std::collections::HashMap;

use diesel::prelude::*;
use shared::{
    CustomerAddress, PhoneNumber, conversation::Conversation, export::ExportedMessage, ids::TeamId,
    message::Message,
};

use super::{Cursor, Exported, Selection};
use crate::{
    conversations,
    db::{AsText, DbConnection, DbError, on_each, schema::conversations as conversation},
    messages,
    row_stream::Slice,
};

/// The columns of a conversation that its messages are exported with.
#[derive(Clone, Queryable, Selectable)]
#[diesel(table_name = conversation)]
struct Parent {
    team_id: i64,
    team_number: AsText<PhoneNumber>,
    number: AsText<CustomerAddress>,
    reference: Option<String>,
    name: Option<String>,
}

impl Exported for ExportedMessage {
    const NAME: &'static str = "messages";

    fn slice(
        conn: &mut DbConnection,
        selection: &Selection,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Slice<Self, Cursor>, DbError> {
        let after = after.map(|last| (last.at, last.id));
        let found = messages::queries::written_between(conn, selection.period, after, limit)?;
        let next = next(&found, limit, |last| Cursor { at: last.created_at, id: last.id.0 });
        // Not a join: the planners would read all conversations of the teams first.
        let parents = parents(conn, &found)?;
        let of_scope = |message: Message| {
            let parent = parents.get(&message.conversation_id.0)?;
            selection.scope.includes(TeamId(parent.team_id)).then(|| exported(message, parent.clone()))
        };
        Ok(Slice { rows: found.into_iter().filter_map(of_scope).collect(), next })
    }

    fn cursor(&self) -> Cursor {
        Cursor { at: self.created_at, id: self.id.0 }
    }
}

impl Exported for Conversation {
    const NAME: &'static str = "conversations";

    fn slice(
        conn: &mut DbConnection,
        selection: &Selection,
        after: Option<&Cursor>,
        limit: i64,
    ) -> Result<Slice<Self, Cursor>, DbError> {
        let after = after.map(|last| (last.at, last.id));
        let found = conversations::queries::started_between(conn, selection.period, after, limit)?;
        let next = next(&found, limit, Self::cursor);
        let rows = found.into_iter().filter(|found| selection.scope.includes(found.team_id)).collect();
        Ok(Slice { rows, next })
    }

    fn cursor(&self) -> Cursor {
        Cursor { at: self.opened_at, id: self.id.0 }
    }
}

/// Returns the place of the last row, unless it is the last one of the period.
fn next<T>(found: &[T], limit: i64, cursor: impl Fn(&T) -> Cursor) -> Option<Cursor> {
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count == limit);
    found.last().filter(|_| is_full).map(cursor)
}

fn parents(conn: &mut DbConnection, messages: &[Message]) -> Result<HashMap<i64, Parent>, DbError> {
    let mut ids: Vec<i64> = messages.iter().map(|message| message.conversation_id.0).collect();
    ids.sort_unstable();
    ids.dedup();
    let rows: Vec<(i64, Parent)> = on_each!(conn, |c| conversation::table
        .filter(conversation::id.eq_any(ids))
        .select((conversation::id, Parent::as_select()))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

fn exported(message: Message, parent: Parent) -> ExportedMessage {
    ExportedMessage {
        id: message.id,
        conversation_id: message.conversation_id,
        team_id: TeamId(parent.team_id),
        team_number: parent.team_number.0,
        number: parent.number.0,
        reference: parent.reference,
        name: parent.name,
        direction: message.direction,
        sender: message.sender,
        body: message.body,
        media: message.media,
        segments: message.segments,
        encoding: message.encoding,
        status: message.status,
        error: message.error,
        created_at: message.created_at,
        sent_at: message.sent_at,
        delivered_at: message.delivered_at,
        template_id: message.template_id,
    }
}
