//! Staying signed in. A refresh token is good for one use. Its successor is derived from it with the server's secret,
//! so the same request gets the same answer again for a short time: after a lost answer, or in another tab. A later
//! reuse means that the token was copied, and ends the session.

use chrono::{DateTime, TimeDelta, Utc};
use shared::{ErrorCode, account::Account};

use super::{
    TokenKeys, queries,
    security_log::SecurityEvent,
    session::{NewSession, end, tokens},
    token::{REFRESH_DAYS, SESSION_DAYS, token_hash},
};
use crate::{
    db::{Db, DbConnection},
    error::ApiError,
};

/// How long a used refresh token gets the same successor again.
const REPEATABLE: TimeDelta = TimeDelta::seconds(30);

/// What a refresh token is answered.
enum Outcome {
    Refreshed {
        account: Account,
        session: i64,
        until: DateTime<Utc>,
        ends_at: DateTime<Utc>,
    },
    /// Unknown, expired, or of a session that has ended.
    Expired,
    /// Used again too late, so the session has been ended now.
    Reused {
        session: i64,
    },
}

/// Exchanges a refresh token for its successor and a new access token.
pub(super) async fn refresh(
    db: &Db,
    keys: &TokenKeys,
    token: &str,
    now: DateTime<Utc>,
) -> Result<NewSession, ApiError> {
    let successor = keys.seal("refresh", token)?;
    let (old_hash, new_hash) = (token_hash(token), token_hash(&successor));
    // A reuse is committed, not rolled back: the end of the session must stand.
    match db.write(move |conn| exchange(conn, &old_hash, &new_hash, now)).await? {
        Outcome::Refreshed { account, session, until, ends_at } => {
            let session = tokens(keys, account, session, now, ends_at)?;
            Ok(NewSession { session, refresh_token: successor, refresh_until: until, device: None })
        }
        Outcome::Reused { session } => {
            SecurityEvent::new("refresh_token_reused").session(session).detail("the session is ended").log();
            Err(session_expired())
        }
        Outcome::Expired => Err(session_expired()),
    }
}

fn exchange(
    conn: &mut DbConnection,
    old_hash: &str,
    new_hash: &str,
    now: DateTime<Utc>,
) -> Result<Outcome, ApiError> {
    let Some(row) = queries::refresh_row(conn, old_hash)? else {
        return Ok(Outcome::Expired);
    };
    if row.used_at.is_some_and(|used_at| now - used_at > REPEATABLE) {
        let was_live = end(conn, row.session, now)?;
        return Ok(if was_live { Outcome::Reused { session: row.session } } else { Outcome::Expired });
    }
    let Some(live) = queries::live_session(conn, row.session, now)? else {
        return Ok(Outcome::Expired);
    };
    let ends_at = live.created_at + TimeDelta::days(SESSION_DAYS);
    if row.used_at.is_some() {
        // The successor exists, unless the server's secret was changed meanwhile.
        let Some(successor) = queries::refresh_row(conn, new_hash)? else {
            return Ok(Outcome::Expired);
        };
        let until = successor.expires_at;
        return Ok(Outcome::Refreshed { account: live.account, session: row.session, until, ends_at });
    }
    if row.expires_at <= now {
        return Ok(Outcome::Expired);
    }
    let until = (now + TimeDelta::days(REFRESH_DAYS)).min(ends_at);
    queries::use_refresh_token(conn, old_hash, now)?;
    queries::insert_refresh_token(conn, new_hash, row.session, now, until)?;
    queries::touch_session(conn, row.session, now)?;
    Ok(Outcome::Refreshed { account: live.account, session: row.session, until, ends_at })
}

fn session_expired() -> ApiError {
    ApiError::new(ErrorCode::SessionExpired, "The session has ended. Sign in again.")
}
