//! The teams' retention in the database.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use shared::{ids::TeamId, retention::Retention};

use crate::db::{
    DbConnection, DbError, Timestamp, on_each,
    schema::{audit_entries, audit_retention, retention},
};

type Columns = (Option<i32>, Option<i32>, Option<i32>);

fn of_columns((conversation_days, key_data_days, audit_days): Columns) -> Retention {
    Retention { conversation_days, key_data_days, audit_days }
}

/// Returns a team's retention; it keeps everything until one is saved.
pub(super) fn find(conn: &mut DbConnection, team: TeamId) -> Result<Retention, DbError> {
    let found: Option<Columns> = on_each!(conn, |c| retention::table
        .find(team.0)
        .select((retention::conversation_days, retention::key_data_days, retention::audit_days))
        .first(c)
        .optional())?;
    Ok(found.map(of_columns).unwrap_or_default())
}

/// Returns the teams that have a retention.
pub(super) fn teams(conn: &mut DbConnection) -> Result<Vec<TeamId>, DbError> {
    let found: Vec<i64> =
        on_each!(conn, |c| retention::table.order(retention::team_id).select(retention::team_id).load(c))?;
    Ok(found.into_iter().map(TeamId).collect())
}

pub(super) fn save(conn: &mut DbConnection, team: TeamId, new: Retention) -> Result<(), DbError> {
    let days = (
        retention::conversation_days.eq(new.conversation_days),
        retention::key_data_days.eq(new.key_data_days),
        retention::audit_days.eq(new.audit_days),
    );
    on_each!(conn, |c| diesel::insert_into(retention::table)
        .values((retention::team_id.eq(team.0), days))
        .on_conflict(retention::team_id)
        .do_update()
        .set(days)
        .execute(c))?;
    Ok(())
}

/// Deletes entries of the team in the audit log, oldest first. States before until when the trigger allows it.
pub(super) fn delete_audit_entries(
    conn: &mut DbConnection,
    team: TeamId,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    let ids: Vec<i64> = on_each!(conn, |c| audit_entries::table
        .filter(audit_entries::team_id.eq(team.0))
        .filter(audit_entries::at.le(Timestamp(until)))
        .order(audit_entries::id)
        .limit(limit)
        .select(audit_entries::id)
        .load(c))?;
    if ids.is_empty() {
        return Ok(0);
    }
    let allowed = audit_retention::deletable_until.eq(Timestamp(until));
    on_each!(conn, |c| diesel::insert_into(audit_retention::table)
        .values((audit_retention::team_id.eq(team.0), allowed))
        .on_conflict(audit_retention::team_id)
        .do_update()
        .set(allowed)
        .execute(c))?;
    let old = audit_entries::table.filter(audit_entries::id.eq_any(ids));
    Ok(on_each!(conn, |c| diesel::delete(old).execute(c))?)
}
