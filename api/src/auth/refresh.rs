//! Renews sessions with refresh tokens. A refresh token is valid for one use. Its successor is derived from it with the
//! server's secret, so that for a short time the same request returns the same response: a client may have lost it, or
//! another tab may send it too. A later reuse means that the token was copied, and ends the session.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{
    account::Account,
    audit_entry::{AuditAction, AuditSubjectKind},
};

use super::{
    TokenKeys,
    audit_log::{AuditEvent, system},
    queries,
    session::{NewSession, end, tokens},
    token::{REFRESH_DAYS, SESSION_DAYS, SigningError, token_hash},
};
use crate::db::{Db, DbConnection, DbError};

/// How long a used refresh token still returns its successor.
const REUSE_WINDOW: TimeDelta = TimeDelta::seconds(30);

/// The name in the audit log for what the server does by itself.
const ACTOR: &str = "SMS Chat";

/// Why a session is not refreshed.
#[derive(Debug, thiserror::Error)]
pub enum RefreshError {
    /// The token is unknown, expired or reused, or its session has ended.
    #[error("The session has ended. Sign in again.")]
    Ended,
    /// A token could not be signed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// The outcome of a refresh.
enum Outcome {
    Refreshed {
        account: Account,
        session: i64,
        until: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    },
    /// The token is unknown or expired, or its session has ended, perhaps because the token was reused.
    Ended,
}

/// Exchanges a refresh token for its successor and a new access token.
pub(super) async fn refresh(
    db: &Db,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<NewSession, RefreshError> {
    let successor = keys.keyed_hash("refresh", token)?;
    let (old_hash, new_hash) = (token_hash(token), token_hash(&successor));
    // `exchange` returns `Ok` for a reuse, because an error would roll back the end of the session.
    match db.write(move |conn| exchange(conn, &old_hash, &new_hash, now)).await? {
        Outcome::Refreshed { account, session, until, ends_at } => {
            let session = tokens(keys, account, session, now, ends_at)?;
            Ok(NewSession { session, refresh_token: successor, refresh_until: until, device: None })
        }
        Outcome::Ended => Err(RefreshError::Ended),
    }
}

fn exchange(
    conn: &mut DbConnection,
    old_hash: &str,
    new_hash: &str,
    now: DateTime<Utc>,
) -> Result<Outcome, DbError> {
    let Some(row) = queries::refresh_row(conn, old_hash)? else {
        return Ok(Outcome::Ended);
    };
    if row.used_at.is_some_and(|used_at| now - used_at > REUSE_WINDOW) {
        if end(conn, row.session, now)? {
            let reused = AuditEvent::new(AuditAction::RefreshTokenReused, system(ACTOR));
            reused.subject(AuditSubjectKind::Session, row.session).record(conn, now)?;
        }
        return Ok(Outcome::Ended);
    }
    let Some(live) = queries::live_session(conn, row.session, now)? else {
        return Ok(Outcome::Ended);
    };
    let ends_at = live.created_at + TimeDelta::days(SESSION_DAYS);
    if row.used_at.is_some() {
        // The successor exists, unless the server's secret has changed since.
        let Some(successor) = queries::refresh_row(conn, new_hash)? else {
            return Ok(Outcome::Ended);
        };
        let until = successor.expires_at;
        return Ok(Outcome::Refreshed { account: live.account, session: row.session, until, ends_at });
    }
    if row.expires_at <= now {
        return Ok(Outcome::Ended);
    }
    let until = (now + TimeDelta::days(REFRESH_DAYS)).min(ends_at);
    queries::use_refresh_token(conn, old_hash, now)?;
    queries::insert_refresh_token(conn, new_hash, row.session, now, until)?;
    queries::touch_session(conn, row.session, now)?;
    Ok(Outcome::Refreshed { account: live.account, session: row.session, until, ends_at })
}
