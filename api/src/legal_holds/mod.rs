//! Legal holds: the data of a customer, or of a whole team, must not be erased until the hold is lifted. A lifted hold
//! stays in the database, with who lifted it.

mod problems;
mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress,
    audit_entry::{AuditAction, AuditSubjectKind},
    clean::clean_line,
    erasure::MAX_REASON_CHARACTERS,
    ids::{LegalHoldId, TeamId},
    legal_hold::{LegalHold, NewLegalHold},
};

use crate::{
    auth::{Caller, LookupError, NotFound, Resource, audit_log::AuditEvent},
    conversations::known_number::{self, NumberError},
    db::{DbConnection, DbError, Lock},
    fields::{Invalid, Validation},
    teams,
};

/// Why a hold was not set.
#[derive(Debug, thiserror::Error)]
pub enum SetHoldError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// The number is invalid.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The reason is missing or too long.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Sets a hold.
///
/// # Errors
/// [`SetHoldError`].
pub fn set(
    conn: &mut DbConnection,
    caller: &Caller,
    team: TeamId,
    new: &NewLegalHold,
    now: DateTime<Utc>,
) -> Result<LegalHold, SetHoldError> {
    let team = teams::queries::team(conn, &caller.scope, team)?;
    let team = team.ok_or(LookupError::from(NotFound::new(Resource::Team)))?;
    let mut validation = Validation::default();
    let reason = validation.text("reason", &clean_line(&new.reason), MAX_REASON_CHARACTERS);
    validation.finish()?;
    let typed = new.number.as_deref();
    let number = typed
        .map(|typed| known_number::field(conn, &team.numbers, "number", typed, &team.region))
        .transpose()?;
    // Retention and erasures take the same locks in this order, so that one of both sees the other.
    conn.advisory_lock(Lock::Retention(team.id))?;
    if let Some(number) = &number {
        conn.advisory_lock(Lock::Number(number.as_str()))?;
    }
    let hold = queries::insert(conn, team.id, number, &reason, caller.name(), now)?;
    about(AuditAction::LegalHoldSet, caller, team.id, &hold).record(conn, now)?;
    Ok(hold)
}

/// Lifts a hold.
///
/// # Errors
/// `NotFound` for the team, and for a hold that does not exist or was lifted.
pub fn lift(
    conn: &mut DbConnection,
    caller: &Caller,
    team: TeamId,
    id: LegalHoldId,
    now: DateTime<Utc>,
) -> Result<(), LookupError> {
    teams::queries::require(conn, &caller.scope, team)?;
    let lifted = queries::lift(conn, team, id, caller.name(), now)?;
    let lifted = lifted.ok_or(NotFound::new(Resource::LegalHold))?;
    Ok(about(AuditAction::LegalHoldLifted, caller, team, &lifted).record(conn, now)?)
}

/// Starts an entry of the audit log about a hold. Leaves out the number, because an erasure may follow.
fn about(action: AuditAction, caller: &Caller, team: TeamId, hold: &LegalHold) -> AuditEvent {
    let covers = if hold.number.is_some() { "one customer" } else { "the whole team" };
    AuditEvent::new(action, caller)
        .team(team)
        .subject(AuditSubjectKind::LegalHold, hold.id.0)
        .detail("covers", covers)
        .detail("reason", &hold.reason)
}

/// What the holds of a team cover.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub(crate) whole_team: bool,
    pub(crate) numbers: Vec<String>,
}

impl Held {
    /// Whether a hold covers the number.
    pub(crate) fn covers(&self, number: &CustomerAddress) -> bool {
        self.whole_team || self.numbers.iter().any(|held| held == number.as_str())
    }
}

/// Returns what the holds of a team cover.
///
/// # Errors
/// Database errors.
pub(crate) fn held(conn: &mut DbConnection, team: TeamId) -> Result<Held, DbError> {
    let mut held = Held::default();
    for hold in queries::list(conn, team)? {
        match hold.number {
            None => held.whole_team = true,
            Some(number) => held.numbers.push(number.to_string()),
        }
    }
    Ok(held)
}
