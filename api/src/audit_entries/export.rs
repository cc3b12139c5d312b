//! The audit log as a CSV file.

use shared::{audit_entry::AuditEntry, ids::AuditEntryId};

use super::{filter::Filter, queries};
use crate::{
    db::{DbConnection, DbError},
    row_stream::{Cells, Row, SLICE, Slice},
};

impl Row for AuditEntry {
    const COLUMNS: &'static [&'static str] = &[
        "id",
        "at",
        "actor_kind",
        "actor_id",
        "actor_name",
        "team_id",
        "action",
        "subject_kind",
        "subject_id",
        "subject_label",
        "details",
        "address",
        "request_id",
    ];

    fn write(&self, cells: &mut Cells) {
        let subject = self.subject.as_ref();
        cells.integer(self.id.0);
        cells.time(self.at);
        cells.word(&self.actor.kind.to_string());
        cells.integer(self.actor.id);
        cells.text(&self.actor.name);
        cells.integer(self.team_id.map(i64::from));
        cells.word(&self.action.to_string());
        cells.word(&subject.map(|subject| subject.kind.to_string()).unwrap_or_default());
        cells.integer(subject.map(|subject| subject.id));
        cells.optional(subject.and_then(|subject| subject.label.as_deref()));
        // A map of texts cannot fail.
        cells.word(&serde_json::to_string(&self.details).unwrap_or_default());
        cells.optional(self.address.as_deref());
        cells.optional(self.request_id.as_deref());
    }
}

/// Returns the entries before `before`, newest first.
pub(super) fn slice(
    conn: &mut DbConnection,
    filter: &Filter,
    before: Option<AuditEntryId>,
) -> Result<Slice<AuditEntry, AuditEntryId>, DbError> {
    let rows = queries::list(conn, filter, before, SLICE)?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|length| length == SLICE);
    let next = rows.last().filter(|_| is_full).map(|last| last.id);
    Ok(Slice { rows, next })
}
