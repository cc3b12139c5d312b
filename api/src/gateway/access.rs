//! Whether the gateway takes our credentials: kept in the database, so that every replica and a restart know it, and told
//! once when it changes. Must never be written outside the transaction of what was found out.

use chrono::{DateTime, Utc};
use shared::event::EventKind;

use super::queries;
use crate::{
    db::{DbConnection, DbError},
    events::queries::insert_of_team,
};

/// Since when the gateway has refused our credentials.
///
/// # Errors
/// Only faults of the database.
pub fn refused_since(conn: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    queries::refused_since(conn)
}

/// The gateway refuses our credentials.
///
/// # Errors
/// Only faults of the database.
pub fn refused(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    if queries::insert_refusal(conn, now)? {
        tracing::error!(
            "the gateway refuses our credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        );
        tell(conn, now)?;
    }
    Ok(())
}

/// The gateway takes our credentials.
///
/// # Errors
/// Only faults of the database.
pub fn granted(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    if queries::delete_refusal(conn)? {
        tracing::info!("the gateway accepts our credentials again");
        tell(conn, now)?;
    }
    Ok(())
}

fn tell(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    insert_of_team(conn, EventKind::GatewayChanged, None, now)
}
