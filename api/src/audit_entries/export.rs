//! The audit log as a CSV file, read from the database in slices, so that a file of any length needs little memory.

use chrono::SecondsFormat;
use futures_util::{Stream, stream};
use shared::{audit_entry::AuditEntry, ids::AuditEntryId};

use super::{filter::Filter, queries};
use crate::{
    db::{Db, DbError},
    row_stream::{csv_writer, escape_formula},
};

/// Number of entries that are read at once.
const SLICE: i64 = 1_000;

/// The names of the columns.
const HEADER: [&str; 13] = [
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

/// Why a slice of the file could not be written. The response is then cut off.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExportError {
    /// The CSV file could not be written.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// The details could not be written.
    #[error(transparent)]
    Details(#[from] serde_json::Error),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the file in pieces, newest entry first.
pub(super) fn csv(db: Db, filter: Filter) -> impl Stream<Item = Result<Vec<u8>, ExportError>> {
    stream::try_unfold(Some(None), move |before: Option<Option<AuditEntryId>>| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let Some(before) = before else { return Ok(None) };
            let entries = db.read(move |conn| queries::list(conn, &filter, before, SLICE)).await?;
            let is_full = i64::try_from(entries.len()).is_ok_and(|length| length == SLICE);
            let next = entries.last().filter(|_| is_full).map(|last| Some(last.id));
            Ok(Some((slice(&entries, before.is_none())?, next)))
        }
    })
}

/// Writes some entries. `is_first`: with the header.
fn slice(entries: &[AuditEntry], is_first: bool) -> Result<Vec<u8>, ExportError> {
    let mut writer = csv_writer();
    if is_first {
        writer.write_record(HEADER)?;
    }
    for entry in entries {
        let subject = entry.subject.as_ref();
        let text = |text: Option<&str>| escape_formula(text.unwrap_or_default()).into_owned();
        let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
        writer.write_record([
            entry.id.to_string(),
            entry.at.to_rfc3339_opts(SecondsFormat::Micros, true),
            entry.actor.kind.to_string(),
            number(entry.actor.id),
            text(Some(&entry.actor.name)),
            number(entry.team_id.map(i64::from)),
            entry.action.to_string(),
            subject.map(|subject| subject.kind.to_string()).unwrap_or_default(),
            number(subject.map(|subject| subject.id)),
            text(subject.and_then(|subject| subject.label.as_deref())),
            serde_json::to_string(&entry.details)?,
            text(entry.address.as_deref()),
            text(entry.request_id.as_deref()),
        ])?;
    }
    Ok(writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?)
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
        let text = String::from_utf8(slice(&[entry], true).unwrap()).unwrap();
        let line = "7,2026-11-27T10:00:00.000000Z,anonymous,,'=1+1@example.com,1,tag.created,tag,3,'-VIP,\
            \"{\"\"term\"\":\"\"a,b\"\"}\",192.0.2.1,\r\n";
        assert_eq!(text, format!("{}\r\n{line}", HEADER.join(",")));
    }
}
