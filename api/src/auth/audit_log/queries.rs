//! Appends to the audit log in the database. Triggers refuse changes and deletions.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::AuditEvent;
use crate::db::{AsText, DbConnection, DbError, Timestamp, on_each, schema::audit_entries};

pub(super) fn insert(conn: &mut DbConnection, event: &AuditEvent, now: DateTime<Utc>) -> Result<(), DbError> {
    let values = (
        audit_entries::at.eq(Timestamp(now)),
        audit_entries::actor_kind.eq(event.actor.kind.as_str()),
        audit_entries::actor_id.eq(event.actor.id),
        audit_entries::actor_name.eq(&event.actor.name),
        audit_entries::team_id.eq(event.team.map(|team| team.0)),
        audit_entries::action.eq(event.action.as_str()),
        audit_entries::subject_kind.eq(event.subject.map(|(kind, _)| kind.as_str())),
        audit_entries::subject_id.eq(event.subject.map(|(_, id)| id)),
        audit_entries::subject_label.eq(&event.label),
        audit_entries::details.eq(AsText(&event.details)),
        audit_entries::term.eq(&event.term),
        audit_entries::address.eq(event.address.map(|address| address.to_string())),
        audit_entries::request_id.eq(event.request.map(|id| id.to_string())),
    );
    on_each!(conn, |c| diesel::insert_into(audit_entries::table).values(values).execute(c))?;
    Ok(())
}

/// Whether the log has an entry of the same actor, action, subject, details and term after a time.
pub(super) fn is_recorded_since(
    conn: &mut DbConnection,
    event: &AuditEvent,
    since: DateTime<Utc>,
) -> Result<bool, DbError> {
    let found: Option<i64> = on_each!(conn, |c| {
        let mut found = audit_entries::table
            .filter(audit_entries::at.gt(Timestamp(since)))
            .filter(audit_entries::action.eq(event.action.as_str()))
            .filter(audit_entries::actor_kind.eq(event.actor.kind.as_str()))
            .filter(audit_entries::actor_id.eq(event.actor.id))
            .filter(audit_entries::details.eq(AsText(&event.details)))
            .select(audit_entries::id)
            .into_boxed();
        found = match event.subject {
            Some((kind, id)) => found
                .filter(audit_entries::subject_kind.eq(kind.as_str()))
                .filter(audit_entries::subject_id.eq(id)),
            None => found.filter(audit_entries::subject_kind.is_null()),
        };
        found = match event.team {
            Some(team) => found.filter(audit_entries::team_id.eq(team.0)),
            None => found.filter(audit_entries::team_id.is_null()),
        };
        found = match &event.term {
            Some(term) => found.filter(audit_entries::term.eq(term)),
            None => found.filter(audit_entries::term.is_null()),
        };
        found.first(c).optional()
    })?;
    Ok(found.is_some())
}
