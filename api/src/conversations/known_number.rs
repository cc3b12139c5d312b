//! Parses a number for a team. A number with which the team has a conversation is valid, even if the metadata of its
//! country rejects it: networks use old number formats for years.

use shared::PhoneNumber;

use super::queries;
use crate::{
    db::{DbConnection, DbError},
    numbers::parse::{InvalidNumber, NumberFault, parse, spelled_out},
};

/// Why the number in a field was not parsed.
#[derive(Debug, thiserror::Error)]
pub enum NumberError {
    /// The number is invalid.
    #[error(transparent)]
    Invalid(#[from] InvalidNumber),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbError),
}

/// Parses a number with [`parse`]. Takes an international number as typed when `team_numbers` have a conversation with
/// it.
pub(crate) fn read(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    typed: &str,
    region: &str,
) -> Result<Result<PhoneNumber, NumberFault>, DbError> {
    let parsed = parse(typed, region);
    match spelled_out(typed) {
        Some(number) if parsed.as_ref() != Ok(&number) && has_conversation(conn, team_numbers, &number)? => {
            Ok(Ok(number))
        }
        _ => Ok(parsed),
    }
}

/// Parses the number in a field of a request.
///
/// # Errors
/// [`NumberError`].
pub(crate) fn field(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    field: &'static str,
    typed: &str,
    region: &str,
) -> Result<PhoneNumber, NumberError> {
    Ok(read(conn, team_numbers, typed, region)?.map_err(|fault| InvalidNumber { field, fault })?)
}

fn has_conversation(
    conn: &mut DbConnection,
    team_numbers: &[PhoneNumber],
    number: &PhoneNumber,
) -> Result<bool, DbError> {
    Ok(!queries::live_in_team(conn, team_numbers, number)?.is_empty()
        || queries::last_team_number(conn, team_numbers, number)?.is_some())
}
