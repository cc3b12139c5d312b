//! The result of each row of a campaign, as a file.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::{
    ErrorCode,
    campaign::{Campaign, CampaignState},
    ids::{ConversationId, MessageId},
    message::MessageStatus,
};

use super::rows::{self, CampaignRow, queries::Sent};
use crate::{
    auth::TokenKeys,
    db::{DbConnection, DbError},
    row_stream::{Cells, Row, SLICE, Slice},
};

/// The result of a row.
#[derive(Clone, Debug, Serialize)]
pub(super) struct RowResult {
    line: i64,
    number: String,
    #[serde(rename = "ref")]
    reference: String,
    name: String,
    /// The status of the message; `waiting` or `not_sent` without one, `refused`, or `rejected` for a row that cannot be used.
    result: &'static str,
    code: Option<String>,
    text: Option<String>,
    replied: bool,
    opted_out: bool,
    conversation_id: Option<ConversationId>,
    message_id: Option<MessageId>,
    segments: Option<i32>,
    queued_at: Option<DateTime<Utc>>,
    sent_at: Option<DateTime<Utc>>,
    delivered_at: Option<DateTime<Utc>>,
}

impl Row for RowResult {
    const COLUMNS: &'static [&'static str] = &[
        "line",
        "number",
        "ref",
        "name",
        "result",
        "code",
        "text",
        "replied",
        "opted_out",
        "conversation_id",
        "message_id",
        "segments",
        "queued_at",
        "sent_at",
        "delivered_at",
    ];

    fn write(&self, cells: &mut Cells) {
        let yes_or_no = |is_so| if is_so { "yes" } else { "no" };
        cells.integer(self.line);
        cells.text(&self.number);
        cells.text(&self.reference);
        cells.text(&self.name);
        cells.word(self.result);
        cells.optional(self.code.as_deref());
        cells.optional(self.text.as_deref());
        cells.word(yes_or_no(self.replied));
        cells.word(yes_or_no(self.opted_out));
        cells.integer(self.conversation_id.map(|id| id.0));
        cells.integer(self.message_id.map(|id| id.0));
        cells.integer(self.segments.map(i64::from));
        cells.time(self.queued_at);
        cells.time(self.sent_at);
        cells.time(self.delivered_at);
    }
}

/// Returns the results of the rows after a line.
///
/// # Errors
/// Database errors.
pub(super) fn slice(
    conn: &mut DbConnection,
    keys: &TokenKeys,
    campaign: &Campaign,
    after: Option<&i64>,
) -> Result<Slice<RowResult, i64>, DbError> {
    let found = rows::queries::after(conn, campaign.id, after.copied().unwrap_or(0), SLICE)?;
    let (Some(first), Some(last)) = (found.first(), found.last()) else {
        return Ok(Slice { rows: Vec::new(), next: None });
    };
    let lines = (first.line, last.line);
    let next = i64::try_from(found.len()).is_ok_and(|count| count == SLICE).then_some(last.line);
    let mut sent = rows::queries::sent(conn, campaign.id, lines)?;
    let numbers: Vec<String> = found.iter().map(|row| row.number.clone()).collect();
    let opted_out = rows::opted_out(conn, keys, &campaign.from, &numbers)?;
    let rows = found
        .into_iter()
        .map(|row| {
            let sent = sent.remove(&row.line);
            result(row, sent, campaign.state, &opted_out)
        })
        .collect();
    Ok(Slice { rows, next })
}

fn result(
    row: CampaignRow,
    sent: Option<Sent>,
    state: CampaignState,
    opted_out: &HashSet<String>,
) -> RowResult {
    let has_opted_out = opted_out.contains(&row.number);
    let unsent = match (&row.problem, state) {
        (Some(problem), _) if problem.code == ErrorCode::InvalidFile => "rejected",
        (Some(_), _) => "refused",
        (None, CampaignState::Cancelled) => "not_sent",
        (None, _) => "waiting",
    };
    let (code, text) = row.problem.map(|problem| (problem.code.to_string(), problem.text)).unzip();
    let unsent = RowResult {
        line: row.line,
        number: row.number,
        reference: row.reference,
        name: row.name,
        result: unsent,
        code,
        text,
        replied: false,
        opted_out: has_opted_out,
        conversation_id: None,
        message_id: None,
        segments: None,
        queued_at: None,
        sent_at: None,
        delivered_at: None,
    };
    let Some(Sent { message, last_inbound_at }) = sent else { return unsent };
    let is_failed = matches!(message.status, MessageStatus::Failed | MessageStatus::Undelivered);
    let (code, text) = message.error.filter(|_| is_failed).map(|error| (error.code, error.text)).unzip();
    RowResult {
        result: message.status.as_str(),
        code,
        text,
        replied: last_inbound_at.is_some_and(|at| at > message.created_at),
        conversation_id: Some(message.conversation_id),
        message_id: Some(message.id),
        segments: Some(message.segments),
        queued_at: Some(message.created_at),
        sent_at: message.sent_at,
        delivered_at: message.delivered_at,
        ..unsent
    }
}
