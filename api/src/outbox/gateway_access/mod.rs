//! Records whether the gateway accepts our credentials. The record is in the database, so that all replicas share it
//! and it survives a restart. A change creates an event, in the same transaction.

use chrono::{DateTime, Utc};
use shared::event::EventKind;

mod queries;

use crate::{
    db::{DbConnection, DbError},
    events::queries::insert_of_team,
};

/// Returns since when the gateway has refused our credentials, if it does.
///
/// # Errors
/// Only faults of the database.
pub fn refused_since(conn: &mut DbConnection) -> Result<Option<DateTime<Utc>>, DbError> {
    queries::refused_since(conn)
}

/// Records that the gateway refuses our credentials. Creates an event if that is a change.
///
/// # Errors
/// Only faults of the database.
pub fn refused(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    if queries::insert_refusal(conn, now)? {
        tracing::error!(
            "the gateway refuses our credentials: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        );
        insert_event(conn, now)?;
    }
    Ok(())
}

/// Records that the gateway accepts our credentials. Creates an event if that is a change.
///
/// # Errors
/// Only faults of the database.
pub fn granted(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    if queries::delete_refusal(conn)? {
        tracing::info!("the gateway accepts our credentials again");
        insert_event(conn, now)?;
    }
    Ok(())
}

fn insert_event(conn: &mut DbConnection, now: DateTime<Utc>) -> Result<(), DbError> {
    insert_of_team(conn, EventKind::GatewayChanged, None, now)
}
