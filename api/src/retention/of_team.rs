//! Does what each team has set for its data. Works in batches. Each batch is one transaction with its entry in the audit
//! log, so that a killed server leaves nothing half done, and replicas that run at the same time wait for each other.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    event::EventKind,
    ids::TeamId,
};
use tokio::sync::watch;

use super::queries;
use crate::{
    auth::audit_log::{AuditEvent, system},
    clock::Clock,
    daily_files,
    db::{Db, DbConnection, DbError, Lock},
    erasures, events, legal_holds,
};

/// Number of conversations, rows of campaigns or audit entries in a transaction.
const BATCH: i64 = 200;
/// The name in the audit log.
const ACTOR: &str = "Retention";

/// What a batch has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Batch {
    conversations: usize,
    daily_files: usize,
    campaign_rows: usize,
    audit_entries: usize,
}

/// Runs until nothing is left to do, or `stop` is set.
///
/// # Errors
/// Database errors. The next run continues.
pub(super) async fn run(db: &Db, clock: &Clock, stop: &watch::Receiver<bool>) -> Result<(), DbError> {
    for team in db.read(queries::teams).await? {
        loop {
            let now = clock.now();
            let batch = db.write(move |conn| run_batch(conn, team, now)).await?;
            if batch == Batch::default() || *stop.borrow() {
                break;
            }
        }
    }
    Ok(())
}

fn run_batch(conn: &mut DbConnection, team: TeamId, now: DateTime<Utc>) -> Result<Batch, DbError> {
    conn.advisory_lock(Lock::Retention(team))?;
    // After the lock, because an administrator can change it between two batches.
    let retention = queries::find(conn, team)?;
    let held = legal_holds::held(conn, team)?;
    if held.whole_team {
        return Ok(Batch::default());
    }
    let until = |days: Option<i32>| days.map(|days| now - TimeDelta::days(i64::from(days)));
    let mut batch = Batch::default();
    if let Some(until) = until(retention.conversation_days) {
        batch.conversations = erasures::erase_old(conn, team, &held.numbers, until, BATCH)?;
    }
    // A daily file has the key data of every customer, so that one legal hold keeps them all.
    if let Some(until) = until(retention.key_data_days).filter(|_| held.numbers.is_empty()) {
        batch.daily_files = daily_files::queries::discard_until(conn, team, until)?;
        batch.campaign_rows = erasures::erase_rows_of_ended_campaign(conn, team, until, BATCH)?;
    }
    if let Some(until) = until(retention.audit_days) {
        batch.audit_entries = queries::delete_audit_entries(conn, team, until, BATCH)?;
    }
    if batch == Batch::default() {
        return Ok(batch);
    }
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team), now)?;
    AuditEvent::new(AuditAction::RetentionRan, system(ACTOR))
        .team(team)
        .subject(AuditSubjectKind::Team, team.0)
        .detail("conversations", batch.conversations)
        .detail("daily_files", batch.daily_files)
        .detail("campaign_rows", batch.campaign_rows)
        .detail("audit_entries", batch.audit_entries)
        .record(conn, now)?;
    Ok(batch)
}
