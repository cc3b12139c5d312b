//! Checks before each send that the customer's number has not opted out of the team number's messages (rule 13).

use shared::{
    CustomerAddress, PhoneNumber,
    consent::{Consent, ConsentSource, ConsentState},
};

use super::queries;
use crate::db::{DbConnection, DbError};

/// Why a number must not be sent a message.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The number has opted out, by this entry of the ledger.
    #[error("{}", describe(.0))]
    OptedOut(Box<Consent>),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Returns an error if the number has opted out of the team number's messages.
///
/// # Errors
/// `OptedOut`, with the last entry of the ledger.
pub(crate) fn require_consent(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<(), ConsentError> {
    let last = queries::last(conn, team_number, number)?;
    match last.filter(|consent| consent.state == ConsentState::OptedOut) {
        None => Ok(()),
        Some(consent) => Err(ConsentError::OptedOut(Box::new(consent))),
    }
}

/// Returns whether the number has opted out of the team number's messages.
pub(crate) fn has_opted_out(
    conn: &mut DbConnection,
    team_number: &PhoneNumber,
    number: &CustomerAddress,
) -> Result<bool, DbError> {
    let last = queries::last(conn, team_number, number)?;
    Ok(last.is_some_and(|consent| consent.state == ConsentState::OptedOut))
}

fn describe(consent: &Consent) -> String {
    let how = match (consent.source, &consent.by.name) {
        (ConsentSource::Keyword, _) => "by a message".to_owned(),
        (ConsentSource::Gateway, _) => "reported by the gateway".to_owned(),
        (ConsentSource::Manual, Some(name)) => format!("as {name} recorded"),
        (ConsentSource::Manual, None) => "recorded manually".to_owned(),
    };
    format!(
        "{} opted out of messages from {} on {} UTC, {how}. They can send START to opt in again.",
        consent.number.display(),
        consent.team_number.display(),
        consent.created_at.format("%-d %B %Y, %H:%M"),
    )
}
