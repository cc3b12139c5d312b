//! Erases a customer of a team by number. The conversations and messages stay as numbers for reports, without what they
//! contained; key data is deleted. Of an opt-out, a keyed hash of the number stays, so that a later import or ad-hoc
//! message does not write to the customer again. The log of changes (`auth::audit_log`) gets the counts and the
//! hash, and not the number.

mod copies;
mod matching;
mod problems;
mod queries;
pub mod routes;

use chrono::{DateTime, Utc};
use shared::{
    CustomerAddress, PhoneNumber,
    audit_entry::{AuditAction, AuditSubjectKind},
    clean::clean_line,
    erasure::{ErasedData, ErasurePreview, MAX_REASON_CHARACTERS, NewErasure},
    event::EventKind,
    ids::{ConversationId, TeamId},
};

use self::{matching::Traces, queries::Team};
use crate::{
    auth::{Caller, LookupError, NotFound, Resource, TokenKeys, audit_log::AuditEvent, token::SigningError},
    consents::erased::{ErasedNumber, PREFIX},
    conversations::known_number::{self, NumberError},
    db::{Db, DbConnection, DbError, Lock},
    events,
    fields::{Invalid, Validation},
    legal_holds, teams,
};

/// Why a customer cannot be erased at the moment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Obstacle {
    /// A conversation with the number is not closed.
    #[error("A conversation with this number is in progress or awaits a reply. Close it first.")]
    Live(ConversationId),
    /// A message to the number has not been sent yet, or its outcome is unknown.
    #[error("A message to this number is being sent. Try again in a few minutes.")]
    Sending,
    /// A legal hold covers the number.
    #[error("A legal hold keeps this customer's data. An administrator must lift it first.")]
    Held,
}

/// Why a customer was not erased.
#[derive(Debug, thiserror::Error)]
pub enum ErasureError {
    /// The team does not exist, or the caller is not in it.
    #[error(transparent)]
    Team(#[from] LookupError),
    /// The number is invalid.
    #[error(transparent)]
    Number(#[from] NumberError),
    /// The reason is missing or too long.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The customer cannot be erased at the moment.
    #[error(transparent)]
    Obstacle(#[from] Obstacle),
    /// The hash cannot be computed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns what an erasure would do.
///
/// # Errors
/// [`ErasureError`].
pub async fn preview(
    db: &Db,
    caller: &Caller,
    team: TeamId,
    typed: String,
) -> Result<ErasurePreview, ErasureError> {
    let caller = caller.clone();
    db.read(move |conn| {
        let (team, number) = find(conn, &caller, team, &typed)?;
        let address = CustomerAddress::from(&number);
        let obstacle = obstacle(conn, &team, &address)?;
        let traces = Traces::find(conn, &team, &address)?;
        let conversation_id = match obstacle {
            Some(Obstacle::Live(id)) => Some(id),
            _ => None,
        };
        Ok(ErasurePreview {
            international: number.display(),
            data: count(conn, &team, &address, &traces)?,
            obstacle: obstacle.map(|obstacle| obstacle.to_string()),
            conversation_id,
            number,
        })
    })
    .await
}

/// Erases a customer, in the caller's transaction. Erasing one of whom there is no data changes nothing.
///
/// # Errors
/// [`ErasureError`].
pub fn erase(
    conn: &mut DbConnection,
    keys: &TokenKeys,
    caller: &Caller,
    team: TeamId,
    new: &NewErasure,
    now: DateTime<Utc>,
) -> Result<ErasedData, ErasureError> {
    let mut validation = Validation::default();
    let reason = validation.text("reason", &clean_line(&new.reason), MAX_REASON_CHARACTERS);
    validation.finish()?;
    let (team, number) = find(conn, caller, team, &new.number)?;
    let number = CustomerAddress::from(&number);
    // Legal holds take the same locks.
    conn.advisory_lock(Lock::Retention(team.id))?;
    conn.advisory_lock(Lock::Number(number.as_str()))?;
    if let Some(obstacle) = obstacle(conn, &team, &number)? {
        return Err(obstacle.into());
    }
    let hash = ErasedNumber::of(keys, &number)?;
    let traces = Traces::find(conn, &team, &number)?;
    let data = count(conn, &team, &number, &traces)?;
    // Random, so that the conversations of a customer who has not opted out cannot be found by the number again.
    let alias = alias();
    queries::erase_consents(conn, &team, &number, hash.as_str(), &alias)?;
    queries::erase_lifted_holds(conn, &team, &number, &alias)?;
    copies::queries::delete_webhook_deliveries(conn, &team, &number)?;
    let conversations = queries::conversation_ids(conn, &team, &number)?;
    queries::erase(conn, &conversations, &alias)?;
    traces.delete(conn, &team, &number)?;
    events::queries::insert_of_team(conn, EventKind::TeamChanged, Some(team.id), now)?;
    AuditEvent::new(AuditAction::CustomerErased, caller)
        .team(team.id)
        .subject(AuditSubjectKind::Team, team.id.0)
        .detail("number_hash", hash.as_str())
        .detail("reason", reason)
        .detail("conversations", data.conversations)
        .detail("messages", data.messages)
        .detail("customers", data.customers)
        .detail("rejected_rows", data.rejected_rows)
        .detail("consents", data.consents)
        .record(conn, now)?;
    Ok(data)
}

/// Returns the team with its numbers, and the customer's number.
fn find(
    conn: &mut DbConnection,
    caller: &Caller,
    id: TeamId,
    typed: &str,
) -> Result<(Team, PhoneNumber), ErasureError> {
    let team = teams::queries::team(conn, &caller.scope, id)?;
    let team = team.ok_or(LookupError::from(NotFound::new(Resource::Team)))?;
    let number = known_number::field(conn, &team.numbers, "number", typed, &team.region)?;
    Ok((Team { id: team.id, numbers: team.numbers }, number))
}

fn obstacle(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
) -> Result<Option<Obstacle>, DbError> {
    if legal_holds::held(conn, team.id)?.covers(number) {
        return Ok(Some(Obstacle::Held));
    }
    if let Some(live) = queries::live_conversation(conn, team, number)? {
        return Ok(Some(Obstacle::Live(live)));
    }
    Ok(queries::is_sending(conn, team, number)?.then_some(Obstacle::Sending))
}

fn count(
    conn: &mut DbConnection,
    team: &Team,
    number: &CustomerAddress,
    traces: &Traces,
) -> Result<ErasedData, DbError> {
    let (conversations, messages) = queries::count_conversations(conn, team, number)?;
    let (consents, opted_out) = queries::count_consents(conn, team, number)?;
    Ok(ErasedData {
        conversations,
        messages,
        customers: traces.customers(),
        rejected_rows: traces.rejected_rows(),
        consents,
        opted_out,
    })
}

/// Erases up to `limit` conversations of a team that were closed until a time, oldest first, except those with the numbers
/// that a legal hold keeps. Returns how many. The consent ledger and the daily files stay.
///
/// # Errors
/// Database errors.
pub(crate) fn erase_old(
    conn: &mut DbConnection,
    team: TeamId,
    held: &[String],
    until: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    let old = queries::closed_until(conn, team, held, until, limit)?;
    for id in &old {
        queries::erase(conn, &[*id], &alias())?;
    }
    Ok(old.len())
}

/// Removes what rows of a campaign contain that has ended by then. Returns the number of rows.
///
/// # Errors
/// Database errors.
pub(crate) fn erase_rows_of_ended_campaign(
    conn: &mut DbConnection,
    team: TeamId,
    until: DateTime<Utc>,
    limit: i64,
) -> Result<usize, DbError> {
    copies::queries::erase_rows_of_ended_campaign(conn, team, until, limit)
}

/// Returns a random text in place of a number.
fn alias() -> String {
    format!("{PREFIX}{:016x}", rand::random::<u64>())
}
