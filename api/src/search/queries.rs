//! Search in the database. [`super::sqlite`] or [`super::postgres`] finds the ids; the rows are loaded here.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    CustomerAddress,
    conversation::{Conversation, ConversationStatus},
};

use super::{postgres, sqlite, term::Term};
use crate::{
    auth::TeamScope,
    conversations::{
        cursor::TimeCursor,
        queries::Row,
        search_text::{VERSION, text_of},
    },
    db::{
        AsText, DbConnection, DbError, Timestamp, UtcTimestamp, on_each,
        schema::{conversation_texts, conversations, search_folding},
    },
};

/// A search request.
#[derive(Debug)]
pub struct SearchRequest<'a> {
    /// The teams to search in.
    pub scope: &'a TeamScope,
    /// The search term.
    pub term: &'a Term,
    /// Only conversations with this status.
    pub status: Option<ConversationStatus>,
    /// Only conversations with activity since this time.
    pub since: DateTime<Utc>,
    /// The end of the previous page.
    pub after: Option<&'a TimeCursor>,
    /// Maximum number of results.
    pub limit: i64,
}

impl SearchRequest<'_> {
    /// Returns the team ids as a list for SQL, or `None` for all teams. Ids are integers, so they need no bind.
    pub(super) fn teams(&self) -> Option<String> {
        match self.scope {
            TeamScope::Every => None,
            TeamScope::Only(teams) => {
                let ids: Vec<String> = teams.iter().map(ToString::to_string).collect();
                Some(ids.join(", "))
            }
        }
    }
}

/// A matching conversation, and the time of its last activity.
#[derive(Debug, QueryableByName)]
pub(super) struct Found {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    pub(super) id: i64,
    #[diesel(sql_type = UtcTimestamp)]
    pub(super) active_at: Timestamp,
}

/// Returns the matching conversations, newest activity first, each with the time of its last activity.
///
/// # Errors
/// Database errors.
pub fn find(
    conn: &mut DbConnection,
    request: &SearchRequest<'_>,
) -> Result<Vec<(Conversation, DateTime<Utc>)>, DbError> {
    if request.term.is_empty() || matches!(request.scope, TeamScope::Only(teams) if teams.is_empty()) {
        return Ok(Vec::new());
    }
    let found = match conn {
        DbConnection::Sqlite(conn) => sqlite::find(conn, request)?,
        DbConnection::Postgres(conn) => postgres::find(conn, request)?,
    };
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<i64> = found.iter().map(|found| found.id).collect();
    let rows: Vec<Row> = on_each!(conn, |c| conversations::table
        .filter(conversations::id.eq_any(&ids))
        .select(Row::as_select())
        .load(c))?;
    let mut rows: HashMap<i64, Conversation> =
        rows.into_iter().map(Conversation::from).map(|row| (row.id.0, row)).collect();
    let in_order = found.into_iter().filter_map(|found| Some((rows.remove(&found.id)?, found.active_at.0)));
    Ok(in_order.collect())
}

/// Conversations per slice of refolding. SQLite has one writer, so other writes wait for a slice.
const SLICE: i64 = 500;

/// The result of a slice of refolding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refolding {
    /// More conversations may follow.
    Continues,
    /// This was the last slice.
    Finished,
    /// No refolding was needed.
    UpToDate,
}

/// Folds the texts of the next slice of conversations again, and records the progress.
pub(super) fn refold_slice(conn: &mut DbConnection) -> Result<Refolding, DbError> {
    type Columns = (i64, AsText<CustomerAddress>, Option<String>, Option<String>, String);
    let (version, before): (i64, Option<i64>) = on_each!(conn, |c| search_folding::table
        .select((search_folding::version, search_folding::before_id))
        .first(c))?;
    let before = match before {
        None if version == VERSION => return Ok(Refolding::UpToDate),
        Some(before) if version == VERSION => before,
        _ => i64::MAX,
    };
    let rows: Vec<Columns> = on_each!(conn, |c| conversations::table
        .inner_join(conversation_texts::table.on(conversation_texts::conversation_id.eq(conversations::id)))
        .filter(conversations::id.lt(before))
        .order(conversations::id.desc())
        .limit(SLICE)
        .select((
            conversations::id,
            conversations::number,
            conversations::reference,
            conversations::name,
            conversation_texts::text,
        ))
        .load(c))?;
    let next = rows.last().map(|row| row.0);
    for (id, AsText(number), reference, name, stored) in rows {
        let text = text_of(&number, reference.as_deref(), name.as_deref());
        if text != stored {
            // A text that another replica has changed since is already folded by the new rules.
            on_each!(conn, |c| diesel::update(conversation_texts::table.find(id))
                .filter(conversation_texts::text.eq(stored))
                .set(conversation_texts::text.eq(text))
                .execute(c))?;
        }
    }
    let progress = (search_folding::version.eq(VERSION), search_folding::before_id.eq(next));
    on_each!(conn, |c| diesel::update(search_folding::table).set(progress).execute(c))?;
    Ok(if next.is_some() { Refolding::Continues } else { Refolding::Finished })
}
