//! The rows of campaigns in the database.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{
    ErrorCode, PhoneNumber,
    campaign::{Campaign, RowProblem},
    consent::ConsentState,
    daily_file::RejectedRow,
    ids::{CampaignId, ConversationId, MessageId},
    message::Message,
};

use super::CampaignRow;
use crate::{
    daily_files::foreign::FileRow,
    db::{
        AsText, DbConnection, DbError, IsOpen, Timestamp, on_each,
        schema::{
            campaign_rows::{self as row, table as rows},
            consents, conversations,
        },
    },
    messages,
};

#[derive(Queryable, Selectable)]
#[diesel(table_name = row)]
struct Row {
    line: i64,
    number: String,
    reference: String,
    name: String,
    key_data: AsText<Vec<String>>,
    problem: Option<AsText<ErrorCode>>,
    problem_text: Option<String>,
}

impl From<Row> for CampaignRow {
    fn from(row: Row) -> Self {
        let problem = row.problem.map(|AsText(code)| code).zip(row.problem_text);
        Self {
            line: row.line,
            number: row.number,
            reference: row.reference,
            name: row.name,
            key_data: row.key_data.0,
            problem: problem.map(|(code, text)| RowProblem { code, text }),
        }
    }
}

/// Stores rows of a file.
pub(in crate::campaigns) fn insert(
    conn: &mut DbConnection,
    id: CampaignId,
    new: &[FileRow],
) -> Result<(), DbError> {
    let values: Vec<_> = new
        .iter()
        .map(|new| {
            (
                row::campaign_id.eq(id.0),
                row::line.eq(new.line),
                row::number.eq(new.number.as_str()),
                row::reference.eq(&new.reference),
                row::name.eq(&new.name),
                row::key_data.eq(&new.key_data),
            )
        })
        .collect();
    on_each!(conn, |c| diesel::insert_into(rows).values(&values).execute(c))?;
    Ok(())
}

/// Stores rows that cannot be used.
pub(in crate::campaigns) fn insert_rejected(
    conn: &mut DbConnection,
    id: CampaignId,
    rejected: &[RejectedRow],
) -> Result<(), DbError> {
    for rejected in rejected {
        let text = match &rejected.column {
            Some(column) => format!("{column}: {}", rejected.reason),
            None => rejected.reason.clone(),
        };
        let values = (
            row::campaign_id.eq(id.0),
            row::line.eq(rejected.line),
            row::number.eq(&rejected.value),
            row::reference.eq(""),
            row::name.eq(""),
            row::key_data.eq("[]"),
            row::problem.eq(AsText(ErrorCode::InvalidFile)),
            row::problem_text.eq(text),
        );
        on_each!(conn, |c| diesel::insert_into(rows).values(values).execute(c))?;
    }
    Ok(())
}

/// Returns the rows after a line, in file order.
pub(in crate::campaigns) fn after(
    conn: &mut DbConnection,
    id: CampaignId,
    line: i64,
    limit: i64,
) -> Result<Vec<CampaignRow>, DbError> {
    let found: Vec<Row> = on_each!(conn, |c| rows
        .filter(row::campaign_id.eq(id.0))
        .filter(row::line.gt(line))
        .order(row::line)
        .limit(limit)
        .select(Row::as_select())
        .load(c))?;
    Ok(found.into_iter().map(CampaignRow::from).collect())
}

/// Stores the message of a row.
pub(in crate::campaigns) fn set_message(
    conn: &mut DbConnection,
    id: CampaignId,
    line: i64,
    message: MessageId,
) -> Result<(), DbError> {
    let set = row::message_id.eq(message.0);
    on_each!(conn, |c| diesel::update(rows.find((id.0, line))).set(set).execute(c))?;
    Ok(())
}

/// Stores why a row was not sent.
pub(in crate::campaigns) fn set_problem(
    conn: &mut DbConnection,
    id: CampaignId,
    line: i64,
    problem: &RowProblem,
) -> Result<(), DbError> {
    let set = (row::problem.eq(AsText(problem.code)), row::problem_text.eq(&problem.text));
    on_each!(conn, |c| diesel::update(rows.find((id.0, line))).set(set).execute(c))?;
    Ok(())
}

/// Returns the consent of each of the numbers, or hashes of numbers, that has an entry for a team number.
pub(super) fn consents(
    conn: &mut DbConnection,
    from: &PhoneNumber,
    numbers: &[&str],
) -> Result<HashMap<String, ConsentState>, DbError> {
    let entries: Vec<(String, AsText<ConsentState>)> = on_each!(conn, |c| consents::table
        .filter(consents::team_number.eq(from.as_str()))
        .filter(consents::number.eq_any(numbers))
        .order((consents::created_at, consents::id))
        .select((consents::number, consents::state))
        .load(c))?;
    // Later entries replace earlier ones.
    Ok(entries.into_iter().map(|(number, AsText(state))| (number, state)).collect())
}

/// Returns those of the numbers that have a conversation in progress with the campaign's team.
pub(in crate::campaigns) fn in_progress(
    conn: &mut DbConnection,
    campaign: &Campaign,
    numbers: &[String],
) -> Result<HashSet<String>, DbError> {
    let found: Vec<String> = on_each!(conn, |c| conversations::table
        .filter(conversations::number.eq_any(numbers))
        .filter(conversations::team_id.eq(campaign.team_id.0))
        .filter(IsOpen)
        .select(conversations::number)
        .load(c))?;
    Ok(found.into_iter().collect())
}

/// The message of a row, and when its customer last wrote.
pub(in crate::campaigns) struct Sent {
    pub(in crate::campaigns) message: Message,
    pub(in crate::campaigns) last_inbound_at: Option<DateTime<Utc>>,
}

/// Returns the messages of the rows from one line to another, by line.
pub(in crate::campaigns) fn sent(
    conn: &mut DbConnection,
    id: CampaignId,
    (first, last): (i64, i64),
) -> Result<HashMap<i64, Sent>, DbError> {
    let of_rows: Vec<(i64, Option<i64>)> = on_each!(conn, |c| rows
        .filter(row::campaign_id.eq(id.0))
        .filter(row::line.between(first, last))
        .filter(row::message_id.is_not_null())
        .select((row::line, row::message_id))
        .load(c))?;
    let lines: HashMap<i64, i64> =
        of_rows.into_iter().filter_map(|(line, message)| Some((message?, line))).collect();
    let ids = lines.keys().copied().map(MessageId).collect();
    let found = messages::queries::by_ids(conn, &ids)?;
    let mut of_conversations: Vec<i64> = found.iter().map(|message| message.conversation_id.0).collect();
    of_conversations.sort_unstable();
    of_conversations.dedup();
    let inbound: Vec<(i64, Option<Timestamp>)> = on_each!(conn, |c| conversations::table
        .filter(conversations::id.eq_any(of_conversations))
        .select((conversations::id, conversations::last_message_at))
        .load(c))?;
    let inbound: HashMap<ConversationId, Option<DateTime<Utc>>> =
        inbound.into_iter().map(|(id, at)| (ConversationId(id), at.map(DateTime::from))).collect();
    let sent = found.into_iter().filter_map(|message| {
        let last_inbound_at = inbound.get(&message.conversation_id).copied().flatten();
        Some((*lines.get(&message.id.0)?, Sent { message, last_inbound_at }))
    });
    Ok(sent.collect())
}
