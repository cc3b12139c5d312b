//! How long data is kept. `expired` deletes rows that every installation keeps for a limited time. `of_team` does what
//! each team has set: it erases old conversations, and deletes old daily files and audit entries, unless a legal hold
//! covers them.

mod expired;
mod of_team;
mod problems;
mod queries;
pub mod routes;

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    ids::TeamId,
    retention::{MAX_DAYS, MIN_AUDIT_DAYS, Retention},
};
use tokio::sync::watch;

use crate::{
    auth::{Caller, LookupError, audit_log::AuditEvent},
    clock::Clock,
    db::{Db, DbConnection, DbError, Lock},
    fields::{Invalid, Validation},
    precondition::{Changed, Expected},
    teams,
};

/// Time between two runs.
const INTERVAL: TimeDelta = TimeDelta::hours(1);

/// Why the retention of a team was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeRetentionError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// Another version than the caller expects is set.
    #[error(transparent)]
    Changed(#[from] Changed),
    /// A number of days is invalid.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Deletes and erases what has expired at each interval, until `stop` is set.
pub(crate) async fn keep(db: Db, clock: Clock, mut stop: watch::Receiver<bool>) {
    while !*stop.borrow() {
        if let Err(error) = expired::delete(&db, &clock).await {
            tracing::error!(%error, "expired rows could not be deleted");
        }
        if let Err(error) = of_team::run(&db, &clock, &stop).await {
            tracing::error!(%error, "the retention of the teams' data failed and will be tried again");
        }
        tokio::select! {
            _ = stop.changed() => break,
            () = clock.sleep(INTERVAL) => {}
        }
    }
}

/// Returns a team's retention.
///
/// # Errors
/// `NotFound` for the team.
fn find(conn: &mut DbConnection, caller: &Caller, team: TeamId) -> Result<Retention, LookupError> {
    teams::queries::require(conn, &caller.scope, team)?;
    Ok(queries::find(conn, team)?)
}

/// Changes a team's retention.
///
/// # Errors
/// [`ChangeRetentionError`].
fn change(
    conn: &mut DbConnection,
    caller: &Caller,
    team: TeamId,
    expected: &Expected,
    new: Retention,
    now: DateTime<Utc>,
) -> Result<Retention, ChangeRetentionError> {
    conn.advisory_lock(Lock::Retention(team))?;
    expected.check(&find(conn, caller, team)?)?;
    let mut validation = Validation::default();
    for (field, days, least) in [
        ("conversation_days", new.conversation_days, 1),
        ("key_data_days", new.key_data_days, 1),
        ("audit_days", new.audit_days, MIN_AUDIT_DAYS),
    ] {
        if days.is_some_and(|days| !(least..=MAX_DAYS).contains(&days)) {
            let message = format!("Enter {least} to {MAX_DAYS} days, or nothing to keep the data.");
            validation.reject(field, "out_of_range", message);
        }
    }
    validation.finish()?;
    queries::save(conn, team, new)?;
    let days = |days: Option<i32>| days.map_or_else(|| "kept".to_owned(), |days| days.to_string());
    AuditEvent::new(AuditAction::RetentionChanged, caller)
        .team(team)
        .subject(AuditSubjectKind::Team, team.0)
        .detail("conversation_days", days(new.conversation_days))
        .detail("key_data_days", days(new.key_data_days))
        .detail("audit_days", days(new.audit_days))
        .record(conn, now)?;
    Ok(new)
}
