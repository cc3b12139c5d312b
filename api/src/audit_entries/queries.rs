//! The audit log in the database.

use std::collections::BTreeMap;

use diesel::prelude::*;
use shared::{
    audit_entry::{AuditAction, AuditActor, AuditActorKind, AuditEntry, AuditSubject, AuditSubjectKind},
    ids::{AuditEntryId, TeamId},
};

use super::filter::{Before, Filter};
use crate::{
    auth::TeamScope,
    db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::audit_entries},
};

/// Starts and ends the escape character of a [pattern](super::filter::Pattern).
const ESCAPE: char = '!';

diesel::define_sql_function! {
    /// The text in lower case. SQLite changes only ASCII letters.
    fn lower(text: diesel::sql_types::Nullable<diesel::sql_types::Text>)
        -> diesel::sql_types::Nullable<diesel::sql_types::Text>;
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct Row {
    id: i64,
    at: Timestamp,
    actor_kind: AsText<AuditActorKind>,
    actor_id: Option<i64>,
    actor_name: String,
    team_id: Option<i64>,
    action: AsText<AuditAction>,
    subject_kind: Option<AsText<AuditSubjectKind>>,
    subject_id: Option<i64>,
    subject_label: Option<String>,
    details: AsText<BTreeMap<String, String>>,
    term: Option<String>,
    address: Option<String>,
    request_id: Option<String>,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        let subject = row.subject_kind.zip(row.subject_id);
        let mut details = row.details.0;
        details.extend(row.term.map(|term| ("term".to_owned(), term)));
        Self {
            id: AuditEntryId(row.id),
            at: row.at.0,
            actor: AuditActor { kind: row.actor_kind.0, id: row.actor_id, name: row.actor_name },
            team_id: row.team_id.map(TeamId),
            action: row.action.0,
            subject: subject.map(|(kind, id)| AuditSubject { kind: kind.0, id, label: row.subject_label }),
            details,
            address: row.address,
            request_id: row.request_id,
        }
    }
}

/// Returns entries, newest first.
pub(super) fn list(
    conn: &mut DbConnection,
    filter: &Filter,
    before: Before,
    limit: i64,
) -> Result<Vec<AuditEntry>, DbError> {
    let rows: Vec<Row> = on_each!(conn, |c| {
        let mut found = audit_entries::table
            .filter(audit_entries::id.lt(before.map_or(i64::MAX, |id| id.0)))
            .order(audit_entries::id.desc())
            .limit(limit)
            .select(Row::as_select())
            .into_boxed();
        if let TeamScope::Only(teams) = &filter.scope {
            let teams: Vec<i64> = teams.iter().map(|team| team.0).collect();
            found = found.filter(audit_entries::team_id.eq_any(teams));
        }
        if let Some(from) = filter.from {
            found = found.filter(audit_entries::at.ge(Timestamp(from)));
        }
        if let Some(until) = filter.until {
            found = found.filter(audit_entries::at.lt(Timestamp(until)));
        }
        if let Some(action) = filter.action {
            found = found.filter(audit_entries::action.eq(action.as_str()));
        }
        if let Some(actor) = &filter.actor {
            let name = lower(audit_entries::actor_name.nullable());
            found = found.filter(name.like(actor.as_str()).escape(ESCAPE));
        }
        if let Some(subject) = &filter.subject {
            let label = lower(audit_entries::subject_label).like(subject.as_str()).escape(ESCAPE);
            let term = lower(audit_entries::term).like(subject.as_str()).escape(ESCAPE);
            found = found.filter(label.or(term));
        }
        found.load(c)
    })?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}
