//! Lists and ends the sessions of the caller's own account.

use chrono::{DateTime, Utc};
use shared::{
    audit_entry::{AuditAction, AuditSubjectKind},
    session::OwnSession,
};

use super::{AccountRequired, Caller, audit_log::AuditEvent, queries, session::end};
use crate::{
    db::{Db, DbError},
    events,
};

/// Why a caller's own sessions were not listed or ended.
#[derive(Debug, thiserror::Error)]
pub enum OwnSessionError {
    /// The caller is an API key, which has no sessions.
    #[error(transparent)]
    AccountRequired(#[from] AccountRequired),
    /// The session belongs to another account or has ended.
    #[error("This session does not exist or has ended.")]
    NotFound,
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns the caller's live sessions, newest first. With `after`, only those after that session in the list.
pub(super) async fn list(
    db: &Db,
    caller: &Caller,
    after: Option<i64>,
    limit: i64,
    now: DateTime<Utc>,
) -> Result<Vec<OwnSession>, OwnSessionError> {
    let (account, current) = caller.require_account()?;
    let id = account.id;
    let rows = db.read(move |conn| queries::live_sessions(conn, id, after, limit, now)).await?;
    let session = |row: queries::SessionRow| OwnSession {
        current: row.id == current,
        id: row.id,
        created_at: row.created_at.0,
        last_used_at: row.last_used_at.0,
        user_agent: row.user_agent,
        address: row.address,
    };
    Ok(rows.into_iter().map(session).collect())
}

/// Ends one of the caller's sessions.
///
/// # Errors
/// `NotFound` if it belongs to another account or has ended.
pub(super) async fn end_one(
    db: &Db,
    caller: &Caller,
    id: i64,
    now: DateTime<Utc>,
) -> Result<(), OwnSessionError> {
    let (account, _) = caller.require_account()?;
    let account = account.id;
    let ended = AuditEvent::new(AuditAction::SessionEnded, caller).subject(AuditSubjectKind::Session, id);
    db.write(move |conn| {
        let owner = queries::live_session(conn, id, now)?.map(|live| live.account.id);
        if owner != Some(account) {
            return Err(OwnSessionError::NotFound);
        }
        end(conn, id, now)?;
        Ok(ended.record(conn, now)?)
    })
    .await
}

/// Ends all of the caller's sessions except the current one.
pub(super) async fn end_others(db: &Db, caller: &Caller, now: DateTime<Utc>) -> Result<(), OwnSessionError> {
    let (account, current) = caller.require_account()?;
    let account = account.id;
    let ended =
        AuditEvent::new(AuditAction::SessionEnded, caller).detail("sessions", "all but the current one");
    db.write(move |conn| {
        queries::revoke_sessions(conn, account, Some(current), now)?;
        events::queries::insert_of_account(conn, Some(account), now)?;
        Ok(ended.record(conn, now)?)
    })
    .await
}
