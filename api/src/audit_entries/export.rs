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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use shared::{
        audit_entry::{AuditAction, AuditActor, AuditActorKind, AuditSubject, AuditSubjectKind},
        ids::TeamId,
    };

    use super::*;

    #[test]
    fn an_entry_is_a_line_in_which_no_cell_is_a_formula() {
        let entry = AuditEntry {
            id: AuditEntryId(7),
            at: "2026-11-27T10:00:00Z".parse().unwrap(),
            actor: AuditActor { kind: AuditActorKind::Anonymous, id: None, name: "=1+1@example.com".into() },
            team_id: Some(TeamId(1)),
            action: AuditAction::TagCreated,
            subject: Some(AuditSubject { kind: AuditSubjectKind::Tag, id: 3, label: Some("-VIP".into()) }),
            details: BTreeMap::from([("term".into(), "a,b".into())]),
            address: Some("192.0.2.1".into()),
            request_id: None,
        };
        let mut cells = Cells::default();
        cells.header(AuditEntry::COLUMNS);
        entry.write(&mut cells);
        cells.end_row();
        let line = "7,2026-11-27T10:00:00Z,anonymous,,'=1+1@example.com,1,tag.created,tag,3,'-VIP,\
            \"{\"\"term\"\":\"\"a,b\"\"}\",192.0.2.1,\r\n";
        let expected = format!("{}\r\n{line}", AuditEntry::COLUMNS.join(","));
        assert_eq!(String::from_utf8(cells.into_bytes()).unwrap(), expected);
    }
}
